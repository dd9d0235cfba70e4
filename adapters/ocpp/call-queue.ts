import type { CallErrorData, CallFailed } from '../../actors/ports.ts';
import type { Clock, TimerHandle } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { encodeCall, type Frame, type Payload } from './frame.ts';
import type { Validator } from './validate.ts';

/** What became of a CALL of ours. Only `why: 'error'` is an explicit answer of the peer. `note`: of a translation. */
export type CallOutcome =
  | { kind: 'answered'; raw: string; payload: Payload; note?: string }
  | { kind: 'failed'; why: CallFailed['kind']; error: CallErrorData; note?: string };

export interface CallPart {
  action: string;
  /** Exact payload text. */
  raw: string;
}

export interface OutgoingCall extends CallPart {
  /** Counts from now: the time in the queue included, so that no command is sent after its caller gave it up. */
  timeoutMs: number;
  /** Wanted message id; another is made when it is in use. */
  id?: string | undefined;
  /** The id must be used as it is; a clash fails the CALL. */
  exactId?: boolean | undefined;
  /**
   * What goes next in the place of this CALL, under an id made here; null: that was all. The time-out counts for all
   * parts together.
   */
  next?(outcome: CallOutcome): CallPart | null;
  /** Called exactly once, with the outcome of the last part that was sent. */
  settle(outcome: CallOutcome): void;
}

export interface CallQueueOptions {
  clock: Clock;
  random: Random;
  validator: Validator;
  /** CALLs waiting behind the one in flight; one more is refused as `queueFull`. */
  queueMax: number;
  send(text: string): boolean;
  /** True while it is better not to send; asked again every {@link HOLD_STEP_MS}, ignored after {@link HOLD_MAX_MS}. */
  holds(): boolean;
}

interface Entry {
  id: string;
  /** Of the part that is sent next or in flight. */
  action: string;
  call: OutgoingCall;
  timer: TimerHandle;
}

export const HOLD_MAX_MS = 2_000;
export const HOLD_STEP_MS = 100;

/** Our CALLs on one socket: one in flight (OCPP-J 1.6, 4.1.1; 2.0.1 part 4, 4.1), the others wait in order. Closed for good by `shut`. */
export class CallQueue {
  readonly #options: CallQueueOptions;
  readonly #waiting: Entry[] = [];
  #inFlight: Entry | undefined;
  #held: { sinceMs: number; timer: TimerHandle } | undefined;
  #open = true;
  /** Answers nobody waits for: late, doubled or invented. */
  strayAnswers = 0;

  constructor(options: CallQueueOptions) {
    this.#options = options;
  }

  /** CALLs without an outcome. */
  get size(): number {
    return this.#waiting.length + (this.#inFlight === undefined ? 0 : 1);
  }

  push(call: OutgoingCall): void {
    const clash = call.id !== undefined && this.#isInUse(call.id);
    const refusal = this.#refusalOf(call, clash);
    if (refusal !== null) {
      call.settle(refusal);
      return;
    }
    const id = call.id === undefined || clash ? this.#options.random.uuid() : call.id;
    const entry: Entry = {
      id,
      action: call.action,
      call,
      timer: this.#options.clock.setTimer(call.timeoutMs, () => this.#expire(entry)),
    };
    this.#waiting.push(entry);
    this.pump();
  }

  /** Sends the next CALL if nothing is in flight and nothing holds it back. */
  pump(): void {
    if (!this.#open || this.#inFlight !== undefined || this.#waiting.length === 0 || this.#isHeld()) return;
    const entry = this.#waiting.shift();
    if (entry === undefined) return;
    this.#inFlight = entry;
    // A refused send means that the socket is being cut: its close settles this entry.
    this.#options.send(encodeCall(entry.id, entry.call.action, entry.call.raw));
  }

  onResult(frame: Extract<Frame, { kind: 'result' }>): void {
    const entry = this.#takeInFlight(frame.id);
    if (entry === undefined) return;
    const violation = this.#options.validator.result(entry.action, frame.payload);
    this.#conclude(
      entry,
      violation === null
        ? { kind: 'answered', raw: frame.raw, payload: frame.payload }
        : failure('invalid', violation.description, violation.code),
    );
  }

  onError(frame: Extract<Frame, { kind: 'error' }>): void {
    const entry = this.#takeInFlight(frame.id);
    if (entry === undefined) return;
    const { code, description, details } = frame;
    this.#conclude(entry, { kind: 'failed', why: 'error', error: { code, description, details } });
  }

  /** An answer whose id could be read but not its rest. */
  onBrokenAnswer(id: string, why: string): void {
    const entry = this.#takeInFlight(id);
    if (entry !== undefined) this.#conclude(entry, failure('invalid', why, 'FormationViolation'));
  }

  /** The socket is gone: everything without an outcome ends as `closed`. */
  shut(): void {
    this.#open = false;
    this.#endHold();
    const left = this.#waiting.splice(0);
    if (this.#inFlight !== undefined) left.unshift(this.#inFlight);
    this.#inFlight = undefined;
    for (const entry of left) this.#finish(entry, failure('closed', 'socket closed before the answer'));
  }

  #refusalOf(call: OutgoingCall, clash: boolean): CallOutcome | null {
    if (!this.#open) return failure('closed', 'socket is closed');
    if (this.#waiting.length >= this.#options.queueMax) {
      return failure('queueFull', 'too many CALLs wait for this peer');
    }
    return clash && call.exactId === true ? failure('invalid', 'message id is in use') : null;
  }

  #expire(entry: Entry): void {
    if (this.#inFlight === entry) this.#inFlight = undefined;
    else this.#waiting.splice(this.#waiting.indexOf(entry), 1);
    this.#finish(entry, failure('timeout', `no answer within ${entry.call.timeoutMs} ms`));
  }

  #takeInFlight(id: string): Entry | undefined {
    const entry = this.#inFlight;
    if (entry?.id !== id) {
      this.strayAnswers += 1;
      return undefined;
    }
    this.#inFlight = undefined;
    return entry;
  }

  /** The peer spoke: the next part goes out before any CALL that waits. */
  #conclude(entry: Entry, outcome: CallOutcome): void {
    const part = entry.call.next?.(outcome) ?? null;
    if (part === null) {
      this.#finish(entry, outcome);
      return;
    }
    entry.id = this.#options.random.uuid();
    entry.action = part.action;
    this.#inFlight = entry;
    this.#options.send(encodeCall(entry.id, part.action, part.raw));
  }

  #finish(entry: Entry, outcome: CallOutcome): void {
    this.#options.clock.clearTimer(entry.timer);
    entry.call.settle(outcome);
    this.pump();
  }

  #isHeld(): boolean {
    if (!this.#options.holds()) {
      this.#endHold();
      return false;
    }
    const nowMs = this.#options.clock.monotonicMs();
    const sinceMs = this.#held?.sinceMs ?? nowMs;
    this.#endHold();
    if (nowMs - sinceMs >= HOLD_MAX_MS) return false;
    this.#held = { sinceMs, timer: this.#options.clock.setTimer(HOLD_STEP_MS, () => this.pump()) };
    return true;
  }

  #endHold(): void {
    if (this.#held !== undefined) this.#options.clock.clearTimer(this.#held.timer);
    this.#held = undefined;
  }

  #isInUse(id: string): boolean {
    return this.#inFlight?.id === id || this.#waiting.some((entry) => entry.id === id);
  }
}

export function failure(why: CallFailed['kind'], description: string, code = 'GenericError'): CallOutcome {
  return { kind: 'failed', why, error: { code, description, details: {} } };
}
