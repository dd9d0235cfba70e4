import type { ActorHost } from '../runtime/host/actor-host.ts';
import type { SystemClock } from '../runtime/system-clock.ts';

const EVERY_MS = 1_000;
/** A wall clock that moved by more than this against monotonic time was stepped. */
const STEP_MS = 2_000;

/** Journals the clock's becoming trusted (once) and each step of it; gives back how to stop watching. */
export function watchClock(clock: SystemClock, host: ActorHost): () => void {
  let trust = clock.trust;
  let offsetMs = clock.wallMs() - clock.monotonicMs();
  if (trust === 'untrusted')
    host.alarms.raise('clock.untrusted', 'no trusted time yet; stamps count on from the journal');
  let timer = clock.setTimer(EVERY_MS, check);
  function check(): void {
    const nowOffsetMs = clock.wallMs() - clock.monotonicMs();
    const byMs = nowOffsetMs - offsetMs;
    if (trust === 'untrusted' && clock.trust === 'trusted') {
      host.record({ type: 'clock.corrected', reason: { code: 'clock.corrected', params: { byMs } } });
      host.alarms.clear('clock.untrusted');
    } else if (Math.abs(byMs) > STEP_MS) {
      host.record({ type: 'clock.stepped', reason: { code: 'clock.stepped', params: { byMs } } });
    }
    trust = clock.trust;
    offsetMs = nowOffsetMs;
    timer = clock.setTimer(EVERY_MS, check);
  }
  return () => clock.clearTimer(timer);
}
