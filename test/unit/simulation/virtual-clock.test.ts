import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../simulation/virtual-clock.ts';

describe('virtual clock', () => {
  it('runs each timer at its own due time, also one that a timer sets', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.setTimer(30, () => seen.push(`late ${clock.monotonicMs()}`));
    clock.setTimer(10, () => {
      seen.push(`first ${clock.monotonicMs()}`);
      clock.setTimer(10, () => seen.push(`chained ${clock.monotonicMs()}`));
    });
    await clock.advance(100);
    expect(seen).toEqual(['first 10', 'chained 20', 'late 30']);
    expect(clock.monotonicMs()).toBe(100);
  });

  it('keeps the order of entries that fall due together', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    for (let index = 0; index < 50; index += 1) clock.setTimer(5, () => seen.push(index));
    await clock.advance(5);
    expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  it('fires in order of due time whatever the order of setting', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    for (const delay of [70, 3, 41, 9, 100, 55, 3, 88, 1]) clock.setTimer(delay, () => seen.push(delay));
    await clock.advance(100);
    expect(seen).toEqual([1, 3, 3, 9, 41, 55, 70, 88, 100]);
  });

  it('lets long chains of promises settle before the next entry', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.setTimer(1, async () => {
      for (let step = 0; step < 100; step += 1) await Promise.resolve();
      seen.push(`chain at ${clock.monotonicMs()}`);
    });
    clock.setTimer(2, () => seen.push('next'));
    await clock.advance(2);
    expect(seen).toEqual(['chain at 1', 'next']);
  });

  it('does not run a timer that was cleared', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    const handle = clock.setTimer(10, () => seen.push('cleared'));
    clock.setTimer(5, () => clock.clearTimer(handle));
    await clock.advance(20);
    expect(seen).toEqual([]);
  });

  it('does not let a timer run before it is due', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    clock.setTimer(10, () => seen.push(clock.monotonicMs()));
    await clock.advance(9);
    expect(seen).toEqual([]);
    await clock.advance(1);
    expect(seen).toEqual([10]);
  });

  it('moves wall time without touching monotonic time or timers', async () => {
    const clock = new VirtualClock({ wallMs: 1_000_000 });
    const seen: number[] = [];
    clock.setTimer(10, () => seen.push(clock.wallMs()));
    clock.setWallMs(50);
    await clock.advance(10);
    expect(seen).toEqual([60]);
    expect(clock.monotonicMs()).toBe(10);
  });

  it('forgets its timers at a reboot and starts monotonic time anew', async () => {
    const clock = new VirtualClock({ wallMs: 1_000 });
    const seen: string[] = [];
    clock.setTimer(10, () => seen.push('of the old boot'));
    await clock.advance(5);
    clock.reboot('boot-2');
    clock.trust = 'untrusted';
    await clock.advance(100);
    expect(seen).toEqual([]);
    expect([clock.bootId, clock.trust, clock.monotonicMs(), clock.wallMs()]).toEqual([
      'boot-2',
      'untrusted',
      100,
      1_105,
    ]);
  });

  it('runs until nothing is left, and says when something is left beyond the bound', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    clock.setTimer(7_000, () => seen.push(clock.monotonicMs()));
    expect(await clock.runUntilIdle()).toBe(true);
    expect(seen).toEqual([7_000]);
    const again = (): void => {
      clock.setTimer(1_000, again);
    };
    again();
    expect(await clock.runUntilIdle(10_000)).toBe(false);
  });
});
