import type { Clock } from '../clock.ts';
import type { StoredTimer } from './actor-kind.ts';
import type { ActorRecord } from './actor-record.ts';
import type { TimerOperation } from './step.ts';

/** A machine computes delays from wall milliseconds; the clocks' roundings may differ by this much. */
const SAME_INSTANT_MS = 2;

/** Durable deadlines: the table lives in the actor's snapshot row, the clock's handles only here. */
export class TimerService {
  readonly #clock: Clock;
  readonly #onDue: (record: ActorRecord, timerId: string, arm: number) => void;

  constructor(clock: Clock, onDue: (record: ActorRecord, timerId: string, arm: number) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Applies what a turn asked for. True if the actor's table changed. */
  apply(record: ActorRecord, operations: readonly TimerOperation[]): boolean {
    let changed = false;
    for (const operation of operations) {
      if (operation.kind === 'cancel') changed = this.#cancel(record, operation.timerId) || changed;
      else changed = this.#arm(record, operation) || changed;
    }
    return changed;
  }

  /** The deadline if this very arming still stands: a stale expiry does not match. */
  standing(record: ActorRecord, timerId: string, arm: number): StoredTimer | undefined {
    const timer = record.timers.get(timerId);
    return timer?.arm === arm ? timer : undefined;
  }

  /** Starts the clock for every deadline of a restored table. */
  rearm(record: ActorRecord): void {
    for (const timerId of record.handles.keys()) this.#dropHandle(record, timerId);
    for (const timer of record.timers.values()) {
      this.#start(record, timer, this.#remainingMs(record, timer));
    }
  }

  /** The actor has ended: its deadlines with it. */
  clear(record: ActorRecord): void {
    this.silence(record);
    record.timers.clear();
  }

  /** Stops the clock's side only; the deadlines stand. */
  silence(record: ActorRecord): void {
    for (const timerId of [...record.handles.keys()]) this.#dropHandle(record, timerId);
  }

  /** The expiry of this deadline is in the mailbox already. */
  silenceOne(record: ActorRecord, timerId: string): void {
    this.#dropHandle(record, timerId);
  }

  #arm(record: ActorRecord, operation: Extract<TimerOperation, { kind: 'arm' }>): boolean {
    const { timerId, event } = operation;
    const delayMs = Math.max(0, Math.round(operation.delayMs));
    if (this.#isArmedAlike(record.timers.get(timerId), event, delayMs)) return false;
    record.lastArm += 1;
    const timer: StoredTimer = {
      timerId,
      arm: record.lastArm,
      delayMs,
      dueWallMs: this.#clock.wallMs() + delayMs,
      dueMonotonicMs: this.#clock.monotonicMs() + delayMs,
      clockTrust: this.#clock.trust,
      bootId: this.#clock.bootId,
      event,
    };
    record.timers.set(timerId, timer);
    this.#dropHandle(record, timerId);
    this.#start(record, timer, delayMs);
    return true;
  }

  /** Armed again for the same instant: nothing to store. */
  #isArmedAlike(standing: StoredTimer | undefined, event: StoredTimer['event'], delayMs: number): boolean {
    if (standing?.bootId !== this.#clock.bootId) return false;
    if (JSON.stringify(standing.event) !== JSON.stringify(event)) return false;
    return Math.abs(standing.dueMonotonicMs - this.#clock.monotonicMs() - delayMs) <= SAME_INSTANT_MS;
  }

  #cancel(record: ActorRecord, timerId: string): boolean {
    this.#dropHandle(record, timerId);
    return record.timers.delete(timerId);
  }

  #start(record: ActorRecord, timer: StoredTimer, delayMs: number): void {
    const handle = this.#clock.setTimer(delayMs, () => {
      record.handles.delete(timer.timerId);
      this.#onDue(record, timer.timerId, timer.arm);
    });
    record.handles.set(timer.timerId, { arm: timer.arm, handle });
  }

  #dropHandle(record: ActorRecord, timerId: string): void {
    const running = record.handles.get(timerId);
    if (!running) return;
    this.#clock.clearTimer(running.handle);
    record.handles.delete(timerId);
  }

  /**
   * Same boot: monotonic time tells. Another boot, both with a trusted clock: wall time tells. Neither: a safety
   * deadline counts as due, any other starts anew.
   */
  #remainingMs(record: ActorRecord, timer: StoredTimer): number {
    if (timer.bootId === this.#clock.bootId)
      return Math.max(0, timer.dueMonotonicMs - this.#clock.monotonicMs());
    if (this.#clock.trust === 'trusted' && timer.clockTrust === 'trusted') {
      return Math.min(timer.delayMs, Math.max(0, timer.dueWallMs - this.#clock.wallMs()));
    }
    return record.kind.isSafetyTimer?.(timer.timerId) ? 0 : timer.delayMs;
  }
}
