import { performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock, TimerHandle } from '../runtime/clock.ts';

const LOOK_EVERY_MS = 3_000;
/** Of the time since the last look: below this the process counts as quiet. */
const QUIET_UTILIZATION = 0.5;
/** So many quiet looks in a row: actors that were busy have gone to sleep by then, and need no memory. */
const QUIET_LOOKS = 4;
/** Grown by less, the heap is not worth the pause. */
const GROWTH_BYTES_MIN = 16 * 2 ** 20;
const TRIM_EVERY_MIN_MS = 30_000;

export interface IdleMemoryOptions {
  clock: Clock;
  /** Bytes that the heap has taken from the system, used or not. */
  heapBytes?: () => number;
  /** Part of the time since the last call in which the process was busy, from 0 to 1. */
  utilization?: () => number;
  trim?: () => void;
}

/**
 * Gives memory back to the system once a busy time is over, such as the reconnecting of all chargers: V8 keeps the
 * holes that it leaves in its heap (some 80 KB per charger were seen) until they are compacted, which it does on its
 * own only when memory is short. The pause is some milliseconds per 10 MB in use, taken only while the process is
 * quiet, at most once in 30 s. Returns what ends the watch.
 */
export function watchIdleMemory(options: IdleMemoryOptions): () => void {
  const {
    clock,
    heapBytes = () => getHeapStatistics().total_heap_size,
    utilization = loopUtilization(),
    trim = compactHeap,
  } = options;
  let trimmedAtMs = Number.NEGATIVE_INFINITY;
  let trimmedToBytes = heapBytes();
  let quietLooks = 0;
  let timer: TimerHandle;
  const look = (): void => {
    quietLooks = utilization() < QUIET_UTILIZATION ? quietLooks + 1 : 0;
    const isWorthIt = heapBytes() - trimmedToBytes >= GROWTH_BYTES_MIN;
    if (quietLooks >= QUIET_LOOKS && isWorthIt && clock.monotonicMs() - trimmedAtMs >= TRIM_EVERY_MIN_MS) {
      trim();
      trimmedAtMs = clock.monotonicMs();
      trimmedToBytes = heapBytes();
    }
    timer = clock.setTimer(LOOK_EVERY_MS, look);
  };
  timer = clock.setTimer(LOOK_EVERY_MS, look);
  return () => clock.clearTimer(timer);
}

function loopUtilization(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}

/** The flag holds for this one collection: as a rule for all it would cost a tenth of the throughput. */
function compactHeap(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--compact-on-every-full-gc');
  collect();
  setFlagsFromString('--no-compact-on-every-full-gc');
}
