import type { Clock, TimerHandle } from '../runtime/clock.ts';

/** Runs `fn` every `periodMs` until the returned function is called. Late ticks are not made up for. */
export function repeatEvery(clock: Clock, periodMs: number, fn: () => void): () => void {
  let stopped = false;
  let timer: TimerHandle = clock.setTimer(periodMs, tick);
  function tick(): void {
    if (stopped) return;
    fn();
    if (!stopped) timer = clock.setTimer(periodMs, tick);
  }
  return () => {
    stopped = true;
    clock.clearTimer(timer);
  };
}

/** Resolves `delayMs` from now. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(delayMs, resolve);
  });
}
