import type {
  CallMapper,
  Mapped,
  MappingFacts,
  OcppAnswer,
  OcppCall,
  Payload,
  TransactionFacts,
} from '../../machines/shared/mapping/mapping.ts';
import { FIRST_VERSION, type OcppVersion } from '../../machines/shared/ocpp-version.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { type CallOutcome, type CallPart, failure, type OutgoingCall } from './call-queue.ts';

/** A CALL that may be written in another version than the socket's; its outcome is told in its own. */
export interface VersionedCall extends OutgoingCall {
  /** Absent: 1.6. */
  version?: OcppVersion | undefined;
  transaction?: TransactionFacts | undefined;
}

export interface TranslationOptions {
  mapper: CallMapper;
  clock: Clock;
  log: Log;
  charger: string;
  /**
   * What a fan-out gives when it breaks off half-way without an answer. True: the asker's answer is made of the parts
   * that were answered. False: the whole CALL failed, so that its owner repeats it.
   */
  mergesPartial: boolean;
}

export function isOfVersion(call: { version?: OcppVersion | undefined }, version: OcppVersion): boolean {
  return (call.version ?? FIRST_VERSION) === version;
}

/**
 * The CALL as a socket of another version takes it, its outcome translated back; null when there is nothing to send:
 * it is settled then.
 */
export function translateCall(
  call: VersionedCall,
  to: OcppVersion,
  options: TranslationOptions,
): OutgoingCall | null {
  const { log, charger, clock } = options;
  const from = call.version ?? FIRST_VERSION;
  const { action, raw, transaction } = call;
  const facts: MappingFacts = { nowMs: clock.wallMs(), ...(transaction ? { transaction } : {}) };
  const mapped = attempt(options, action, () =>
    options.mapper(from, to, { action, payload: JSON.parse(raw) as Payload }, facts),
  );
  if (mapped === null) {
    call.settle(UNTRANSLATABLE);
    return null;
  }
  if (mapped.outcome === 'answered') {
    log.debug({ charger, action, from, to, reason: mapped.reason }, 'answered here: no counterpart');
    call.settle(outcomeOf(mapped.answer, mapped.reason));
    return null;
  }
  const lost = mapped.lost.length === 0 ? undefined : `no place in OCPP ${to} for ${mapped.lost.join(', ')}`;
  if (lost !== undefined) log.debug({ charger, action, from, to, lost: mapped.lost }, 'fields left out');
  return new FanOut(call, mapped, lost, options);
}

type Sent = Extract<Mapped, { outcome: 'sent' }>;

/** The CALLs that one CALL became: one after the other in its place, the first failure ends them. */
class FanOut implements OutgoingCall {
  readonly action: string;
  readonly raw: string;
  readonly timeoutMs: number;
  readonly id: string | undefined;
  readonly exactId: boolean | undefined;
  readonly #asked: OutgoingCall;
  readonly #mapped: Sent;
  readonly #note: string | undefined;
  readonly #options: TranslationOptions;
  readonly #answers: OcppAnswer[] = [];

  constructor(asked: OutgoingCall, mapped: Sent, note: string | undefined, options: TranslationOptions) {
    const first = partOf(mapped.calls[0]!);
    this.action = first.action;
    this.raw = first.raw;
    this.timeoutMs = asked.timeoutMs;
    this.id = asked.id;
    this.exactId = asked.exactId;
    this.#asked = asked;
    this.#mapped = mapped;
    this.#note = note;
    this.#options = options;
  }

  next(outcome: CallOutcome): CallPart | null {
    if (outcome.kind !== 'answered') return null;
    const call = this.#mapped.calls[this.#answers.length + 1];
    if (call === undefined) return null;
    this.#answers.push({ payload: outcome.payload });
    return partOf(call);
  }

  settle(outcome: CallOutcome): void {
    const answer = answerOf(outcome);
    if (answer !== null) this.#answers.push(answer);
    else if (this.#answers.length === 0 || !this.#options.mergesPartial) {
      this.#asked.settle(outcome);
      return;
    }
    const merged = attempt(this.#options, this.#asked.action, () => this.#mapped.answer(this.#answers));
    this.#asked.settle(merged === null ? UNTRANSLATABLE : outcomeOf(merged, this.#note));
  }
}

const UNTRANSLATABLE = failure('invalid', 'the message could not be translated', 'InternalError');

/** Peers decide what is translated, so a fault of the mapping must end no more than the one CALL. */
function attempt<T>({ log, charger }: TranslationOptions, action: string, map: () => T): T | null {
  try {
    return map();
  } catch (error) {
    log.error({ err: error, charger, action }, 'translation failed');
    return null;
  }
}

function partOf({ action, payload }: OcppCall): CallPart {
  return { action, raw: JSON.stringify(payload) };
}

/** What the peer said; null when it said nothing that counts. */
function answerOf(outcome: CallOutcome): OcppAnswer | null {
  if (outcome.kind === 'answered') return { payload: outcome.payload };
  return outcome.why === 'error' ? { error: outcome.error } : null;
}

function outcomeOf(answer: OcppAnswer, note: string | undefined): CallOutcome {
  const noted = note === undefined ? {} : { note };
  if ('error' in answer) return { kind: 'failed', why: 'error', error: answer.error, ...noted };
  return { kind: 'answered', raw: JSON.stringify(answer.payload), payload: answer.payload, ...noted };
}
