import type {
  CallMapper,
  MappingFacts,
  OcppAnswer,
  OcppCall,
  Payload,
} from '../../machines/shared/mapping/mapping.ts';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';

export const NOON = Date.parse('2026-11-25T12:00:00Z');
export const NO_FACTS: MappingFacts = { nowMs: NOON };

/** About a transaction that the receiving leg calls so, at connector 1. */
export function transactionFacts(transactionId: string | number | null): MappingFacts {
  const transaction = {
    transactionId,
    connector: 1,
    idTag: null,
    seqNo: 0,
    offline: false,
    remoteStartId: null,
  };
  return { nowMs: NOON, transaction };
}

export interface Sent {
  calls: readonly OcppCall[];
  lost: readonly string[];
  answer(...payloads: Array<Payload | { error: string }>): unknown;
}

/** One direction of the translation, from either version to the other. */
export interface MappingBench {
  /** The CALLs that a request becomes; throws when it becomes none. */
  sent(from: OcppVersion, action: string, payload: Payload, facts?: MappingFacts): Sent;
  /** What the asker is told at once: the payload, or `error: Code`; throws when the request is sent. */
  answered(from: OcppVersion, action: string, payload: Payload, facts?: MappingFacts): unknown;
}

export function benchOf(mapper: CallMapper): MappingBench {
  const mapped = (from: OcppVersion, action: string, payload: Payload, facts = NO_FACTS) =>
    mapper(from, from === '1.6' ? '2.0.1' : '1.6', { action, payload }, facts);
  return {
    sent(from, action, payload, facts) {
      const made = mapped(from, action, payload, facts);
      if (made.outcome !== 'sent') throw new Error(`${action} is not sent: ${made.reason}`);
      return {
        calls: made.calls,
        lost: made.lost,
        answer: (...payloads) => shown(made.answer(payloads.map(answerFrom))),
      };
    },
    answered(from, action, payload, facts) {
      const made = mapped(from, action, payload, facts);
      if (made.outcome !== 'answered') throw new Error(`${action} is sent: ${JSON.stringify(made.calls)}`);
      return shown(made.answer);
    },
  };
}

function answerFrom(given: Payload | { error: string }): OcppAnswer {
  if (typeof given.error === 'string')
    return { error: { code: given.error, description: 'because', details: {} } };
  return { payload: given };
}

function shown(answer: OcppAnswer): unknown {
  return 'error' in answer ? { error: answer.error.code } : answer.payload;
}
