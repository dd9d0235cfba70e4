import type { CallErrorData } from '../../actors/ports.ts';
import { withErrorCodeOf } from '../../machines/shared/mapping/call-error-codes.ts';
import { FIRST_VERSION } from '../../machines/shared/ocpp-version.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { CallErrorCode } from './call-error.ts';
import { CallQueue, type OutgoingCall } from './call-queue.ts';
import {
  encodeError,
  encodeResult,
  type Frame,
  type FrameLimits,
  type Payload,
  parseFrame,
} from './frame.ts';
import type { Validator } from './validate.ts';

/** A CALL of the peer that passed the schema; `raw` is its payload as it stood in the frame. */
export interface IncomingCall {
  id: string;
  action: string;
  raw: string;
  payload: Payload;
  /** `raw` and `payload` are not what came (see {@link CallMender}): the names of the repairs, and what came. */
  repaired?: { by: string[]; asCame: string };
}

/** Puts a repaired CALL in the place of one that this peer gets wrong. */
export interface CallMender {
  /** True: it wants to see sound CALLs too. */
  readonly watches: boolean;
  /** A CALL that passes the schema; null: there is none, and the one that came is treated as it stands. */
  mend(call: IncomingCall, isSound: boolean): IncomingCall | null;
}

export interface RpcOptions {
  clock: Clock;
  random: Random;
  /** Its version is that of the socket. */
  validator: Validator;
  /** Which side the peer is: it decides what it may call. */
  peer: 'charger' | 'cpms';
  frame: FrameLimits;
  /** CALLs of the peer waiting for our answer; one more is answered with CALLERROR InternalError. */
  incomingMax: number;
  /** CALLs of ours waiting behind the one in flight. */
  queueMax: number;
  send(text: string): boolean;
  close(code: number, reason: string): void;
  onCall(call: IncomingCall): void;
  /** True while answering the peer's open CALLs should go before ours. Default: never. */
  answerFirst?: () => boolean;
  /** Default: none, what breaks the schema is refused. */
  mender?: CallMender;
}

export interface RpcCounts {
  /** Frames without a readable message id, ignored. */
  unreadable: number;
  /** CALLs of the peer answered with CALLERROR here. */
  refusedCalls: number;
  /** CALLs repeated under an id that is still being answered, ignored. */
  repeatedCalls: number;
  /** Answers of the peer that nobody waits for, ignored. */
  strayAnswers: number;
}

/** Unreadable frames in a row before the socket is closed: a few are forgiven, as careless firmware sends them. */
export const UNREADABLE_MAX = 8;

/** In place of a message id that could not be read (OCPP-J 2.0.1, part 4, 4.2.3). */
const UNKNOWN_ID = '-1';
const INVALID_PAYLOAD = 1007;
const TOO_LARGE = 1009;

/**
 * OCPP-J over one socket, without the socket: text in, text out through `send`, one explicit state per direction.
 * Never throws for anything a peer sends. A CALL of the peer is answered at most once.
 */
export class Rpc {
  readonly #options: RpcOptions;
  readonly #calls: CallQueue;
  /** Message id to action. */
  readonly #unanswered = new Map<string, string>();
  #unreadableInARow = 0;
  readonly #counts = { unreadable: 0, refusedCalls: 0, repeatedCalls: 0 };

  constructor(options: RpcOptions) {
    this.#options = options;
    const { clock, random, validator, queueMax, send, answerFirst } = options;
    const holds = answerFirst === undefined ? () => false : () => this.#unanswered.size > 0 && answerFirst();
    this.#calls = new CallQueue({ clock, random, validator, queueMax, send, holds });
  }

  get counts(): RpcCounts {
    return { ...this.#counts, strayAnswers: this.#calls.strayAnswers };
  }

  /** CALLs of the peer that wait for our answer. */
  get unanswered(): number {
    return this.#unanswered.size;
  }

  /** Action of a CALL of the peer that waits for our answer. */
  actionOf(id: string): string | undefined {
    return this.#unanswered.get(id);
  }

  /** Takes one text frame of the peer. */
  receive(text: string): void {
    const frame = parseFrame(text, this.#options.frame);
    if (frame.kind === 'bad') {
      this.#onBad(frame);
      return;
    }
    this.#unreadableInARow = 0;
    if (frame.kind === 'call') this.#onCall(frame);
    else if (frame.kind === 'result') this.#calls.onResult(frame);
    else this.#calls.onError(frame);
  }

  /** Sends a CALL when its turn comes; `settle` is called exactly once. */
  call(call: OutgoingCall): void {
    this.#calls.push(call);
  }

  /** Answers the peer's CALL with an exact payload; false if it is not waiting for an answer. */
  answer(id: string, raw: string): boolean {
    return this.#reply(id, () => encodeResult(id, raw));
  }

  /** Answers the peer's CALL with CALLERROR; false if it is not waiting for an answer. */
  fail(id: string, error: CallErrorData): boolean {
    return this.#reply(id, () => this.#encodeError(id, error));
  }

  /** Gives the peer's CALL up unanswered: a repeat under the same id is taken as new. */
  forget(id: string): void {
    this.#unanswered.delete(id);
  }

  /** The socket is gone. */
  shut(): void {
    this.#unanswered.clear();
    this.#calls.shut();
  }

  #onCall(call: Extract<Frame, { kind: 'call' }>): void {
    if (this.#unanswered.has(call.id)) {
      this.#counts.repeatedCalls += 1;
      return;
    }
    if (this.#unanswered.size >= this.#options.incomingMax) {
      this.#refuse(call.id, 'InternalError', 'too many unanswered CALLs');
      return;
    }
    const { validator, peer, mender } = this.#options;
    const violation = validator.call(peer, call.action, call.payload);
    const mended = violation !== null || mender?.watches ? mender?.mend(call, violation === null) : null;
    if (violation !== null && !mended) {
      this.#refuse(call.id, violation.code, violation.description);
      return;
    }
    this.#unanswered.set(call.id, call.action);
    this.#options.onCall(mended ?? call);
  }

  #onBad(frame: Extract<Frame, { kind: 'bad' }>): void {
    if (frame.code === 'tooLarge') {
      this.#options.close(TOO_LARGE, frame.why);
    } else if (frame.id === null) {
      this.#onUnreadable(frame.ofCall, frame.why);
    } else if (frame.ofCall) {
      this.#refuse(frame.id, frame.code, frame.why);
    } else if (frame.code === 'ProtocolError' && this.#options.validator.version !== FIRST_VERSION) {
      this.#refuse(frame.id, 'MessageTypeNotSupported', frame.why);
    } else {
      this.#calls.onBrokenAnswer(frame.id, frame.why);
    }
  }

  /** 1.6 has no answer to a CALL without an id. */
  #onUnreadable(ofCall: boolean, why: string): void {
    this.#counts.unreadable += 1;
    this.#unreadableInARow += 1;
    if (this.#unreadableInARow >= UNREADABLE_MAX) this.#options.close(INVALID_PAYLOAD, why);
    else if (ofCall && this.#options.validator.version !== FIRST_VERSION)
      this.#refuse(UNKNOWN_ID, 'RpcFrameworkError', why);
  }

  #refuse(id: string, code: CallErrorCode, description: string): void {
    this.#counts.refusedCalls += 1;
    this.#options.send(this.#encodeError(id, { code, description, details: {} }));
  }

  #encodeError(id: string, error: CallErrorData): string {
    const spelled = withErrorCodeOf(this.#options.validator.version, { error });
    const { code, description, details } = 'error' in spelled ? spelled.error : error;
    return encodeError(id, code, description, details);
  }

  #reply(id: string, encode: () => string): boolean {
    if (!this.#unanswered.delete(id)) return false;
    this.#options.send(encode());
    this.#calls.pump();
    return true;
  }
}
