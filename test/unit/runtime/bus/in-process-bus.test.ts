import { beforeEach, describe, expect, it } from 'vitest';
import type { BusMessage } from '../../../../runtime/bus/bus.ts';
import { InProcessBus } from '../../../../runtime/bus/in-process-bus.ts';
import { silentLog } from '../../../../runtime/log.ts';

let deferred: Array<() => void>;
let bus: InProcessBus;
let received: string[];

beforeEach(() => {
  deferred = [];
  received = [];
  bus = new InProcessBus({ clock: { defer: (fn) => deferred.push(fn) }, log: silentLog });
  bus.onMessage((message) => received.push(message.outboxId));
});

function message(outboxId: string): BusMessage {
  return { outboxId, to: 'charger/a', body: '{}' };
}

function runDeferred(): void {
  for (const fn of deferred.splice(0)) fn();
}

describe('the in-process bus', () => {
  it('delivers exactly when the clock grants a macrotask, one for each publish', () => {
    bus.publish([message('1'), message('2')]);
    bus.publish([message('3')]);
    expect(deferred).toHaveLength(2);
    expect(received).toEqual([]);
    deferred.shift()?.();
    expect(received).toEqual(['1', '2']);
    runDeferred();
    expect(received).toEqual(['1', '2', '3']);
  });

  it('loses what is under way when it goes away, even if it is back before the delivery', () => {
    bus.publish([message('1')]);
    bus.stop();
    bus.start();
    bus.publish([message('2')]);
    runDeferred();
    expect(received).toEqual(['2']);
    expect(bus.counts).toEqual({ delivered: 1, dropped: 1 });
  });

  it('loses the rest of a batch whose receiver takes it away', () => {
    bus.onMessage((arrived) => {
      received.push(arrived.outboxId);
      bus.stop();
    });
    bus.publish([message('1'), message('2')]);
    runDeferred();
    expect(received).toEqual(['1']);
  });

  it('drops and counts what is beyond 65 536 messages under way, and takes more once they have arrived', () => {
    const many = Array.from({ length: 65_536 }, (_, n) => message(String(n)));
    bus.publish(many);
    bus.publish([message('beyond')]);
    expect(bus.counts.dropped).toBe(1);
    runDeferred();
    bus.publish([message('later')]);
    runDeferred();
    expect(received).toHaveLength(65_537);
    expect(received.at(-1)).toBe('later');
  });

  it('tells each change of its status once', () => {
    const statuses: string[] = [];
    bus.onStatus((status, detail) => statuses.push(`${status}: ${detail}`));
    bus.start();
    bus.stop('drill');
    bus.stop();
    bus.start();
    expect(statuses).toEqual(['away: drill', 'connected: started']);
  });
});
