import { beforeEach, describe, expect, it } from 'vitest';
import type { FrameSocket } from '../../../adapters/ocpp/frame-socket.ts';
import { createMemoryLink, type MemoryLink } from '../../../simulation/memory-link.ts';
import { VirtualClock } from '../../../simulation/virtual-clock.ts';

let clock: VirtualClock;
let link: MemoryLink;
let a: FrameSocket;
let b: FrameSocket;
let seen: string[];

function connect(options: { delayMs?: number; bufferedBytesMax?: number } = {}): void {
  clock = new VirtualClock();
  link = createMemoryLink({ clock, ...options });
  [a, b] = link.ends;
  seen = [];
  for (const [name, end] of Object.entries({ a, b })) {
    end.onText((text) => seen.push(`${name} got ${text}`));
    end.onClose((code, reason) => seen.push(`${name} closed ${code} ${reason}`));
    end.onPong(() => seen.push(`${name} pong`));
  }
}

beforeEach(() => connect());

describe('memory link', () => {
  it('carries texts in order, never within the call of send', async () => {
    a.send('1');
    a.send('2');
    expect(seen).toEqual([]);
    await clock.advance(0);
    expect(seen).toEqual(['b got 1', 'b got 2']);
  });

  it('takes its delay each way', async () => {
    connect({ delayMs: 50 });
    a.ping();
    await clock.advance(99);
    expect(seen).toEqual([]);
    await clock.advance(1);
    expect(seen).toEqual(['a pong']);
  });

  it('closes after what was sent before, and tells both ends the code once', async () => {
    a.send('last');
    a.close(1001, 'bye');
    expect(a.send('too late')).toBe(false);
    await clock.advance(10_000);
    expect(seen).toEqual(['b got last', 'b closed 1001 bye', 'a closed 1001 bye']);
  });

  it('loses what was under way when an end is cut', async () => {
    connect({ delayMs: 10 });
    a.send('lost');
    a.terminate();
    await clock.advance(100);
    expect(seen).toEqual(['a closed 1006 ', 'b closed 1006 ']);
    expect(b.send('into nothing')).toBe(false);
  });

  it('tells nobody when the path is gone, and delivers when it is back', async () => {
    link.stall();
    a.send('kept');
    a.ping();
    await clock.advance(60_000);
    expect(seen).toEqual([]);
    expect(a.bufferedBytes).toBe(4);
    link.resume();
    await clock.advance(0);
    expect(seen).toEqual(['b got kept', 'a pong']);
    expect(a.bufferedBytes).toBe(0);
  });

  it('leaves the other end believing that all is well when one is cut on a dead path', async () => {
    link.stall();
    a.terminate();
    await clock.advance(60_000);
    expect(seen).toEqual(['a closed 1006 ']);
    link.resume();
    expect(seen).toEqual(['a closed 1006 ', 'b closed 1006 ']);
  });

  it('gives up a closing handshake that is never answered', async () => {
    link.stall();
    a.close(1000, '');
    await clock.advance(5_000);
    expect(seen).toEqual(['a closed 1006 ']);
  });

  it('cuts a sender whose peer does not read', async () => {
    connect({ bufferedBytesMax: 100 });
    b.pause?.();
    const accepted = Array.from({ length: 20 }, () => a.send('0123456789'));
    await clock.advance(0);
    expect(accepted.filter(Boolean)).toHaveLength(11);
    expect(seen).toContain('a closed 1006 ');
  });

  it('keeps what comes while reading is paused', async () => {
    b.pause?.();
    a.send('1');
    await clock.advance(100);
    expect(seen).toEqual([]);
    b.resume?.();
    expect(seen).toEqual(['b got 1']);
  });
});
