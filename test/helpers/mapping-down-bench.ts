import { mapDown } from '../../machines/shared/mapping/down/map-down.ts';
import type { MappingFacts, OcppAnswer, OcppCall, Payload } from '../../machines/shared/mapping/mapping.ts';
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

/** The CALLs that a request of the CPMS becomes; throws when it becomes none. */
export function sent(from: OcppVersion, action: string, payload: Payload, facts = NO_FACTS): Sent {
  const mapped = mapDown(from, from === '1.6' ? '2.0.1' : '1.6', { action, payload }, facts);
  if (mapped.outcome !== 'sent') throw new Error(`${action} is not sent: ${mapped.reason}`);
  return {
    calls: mapped.calls,
    lost: mapped.lost,
    answer: (...payloads) => shown(mapped.answer(payloads.map(answerFrom))),
  };
}

/** What the CPMS is told at once: the payload, or `error: Code`; throws when the request is sent. */
export function answered(from: OcppVersion, action: string, payload: Payload, facts = NO_FACTS): unknown {
  const mapped = mapDown(from, from === '1.6' ? '2.0.1' : '1.6', { action, payload }, facts);
  if (mapped.outcome !== 'answered') throw new Error(`${action} is sent: ${JSON.stringify(mapped.calls)}`);
  return shown(mapped.answer);
}

function answerFrom(given: Payload | { error: string }): OcppAnswer {
  if (typeof given.error === 'string')
    return { error: { code: given.error, description: 'because', details: {} } };
  return { payload: given };
}

function shown(answer: OcppAnswer): unknown {
  return 'error' in answer ? { error: answer.error.code } : answer.payload;
}
