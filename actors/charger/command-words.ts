import { mapDown } from '../../machines/shared/mapping/down/map-down.ts';
import type { OcppAnswer, Payload, TransactionFacts } from '../../machines/shared/mapping/mapping.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { TransactionRow } from '../tells.ts';
import { noteOf } from './books.ts';
import type { Called } from './called.ts';
import type { Answer } from './outbound.ts';
import { openByCpmsId, sessionOfEvent, transactionOf } from './transaction-rows.ts';

/** Where this site answers a command of a 2.0.1 CPMS itself, it does so by what the command says in 1.6. */

/**
 * The 1.6 forms of one command, and an answer to all of them as its CPMS reads it; or the answer to a command that
 * 1.6 has no words for.
 */
export type InWordsOf16 =
  | { calls: Called[]; answer(answers: readonly Answer[]): Answer }
  | { calls: null; refusal: Answer };

export function inWordsOf16(turn: Turn, called: Called): InWordsOf16 {
  const { action, payload } = called;
  const facts = {
    nowMs: turn.at,
    ...(isAboutTransaction(payload) ? aboutTransaction(turn, payload, 'session') : {}),
  };
  const mapped = mapDown('2.0.1', '1.6', { action, payload }, facts);
  if (mapped.outcome === 'answered') return { calls: null, refusal: textOf(mapped.answer) };
  return {
    calls: mapped.calls.map((call) => ({ ...called, ...call, raw: JSON.stringify(call.payload) })),
    answer: (answers) => textOf(mapped.answer(answers.map(payloadIn))),
  };
}

function payloadIn(answer: Answer): OcppAnswer {
  return 'error' in answer ? answer : { payload: JSON.parse(answer.raw) as Payload };
}

function textOf(answer: OcppAnswer): Answer {
  return 'error' in answer ? answer : { raw: JSON.stringify(answer.payload), version: '2.0.1' };
}

/**
 * The transaction that a command names, or that runs where it goes to, for the translation: by the id that the charger
 * knows it by, or by our own number where the command is only to be judged.
 */
export function aboutTransaction(
  turn: Turn,
  payload: Payload,
  as: 'charger' | 'session' = 'charger',
): { transaction?: TransactionFacts } {
  const row = transactionNamed(turn, payload);
  if (!row) return {};
  const { eventId, transactionId, connector, idTag } = row;
  const id = as === 'charger' ? (eventId ?? transactionId) : transactionId;
  return {
    transaction: { transactionId: id, connector, idTag, seqNo: 0, offline: false, remoteStartId: null },
  };
}

function transactionNamed(turn: Turn, payload: Payload): TransactionRow | undefined {
  const id = idIn(payload);
  if (typeof id === 'number') return openByCpmsId(turn, id);
  if (typeof id === 'string') return transactionByText(turn, id);
  const connector = connectorIn(payload);
  const session = connector === null ? null : noteOf(turn, connector).session;
  return session === null ? undefined : transactionOf(turn, session);
}

/** Towards a CPMS of 2.0.1 a transaction of a 1.6 charger is called by its session. */
export function transactionByText(turn: Turn, id: string): TransactionRow | undefined {
  return transactionOf(turn, sessionOfEvent(turn, id) ?? id);
}

function isAboutTransaction(payload: Payload): boolean {
  return (
    idIn(payload) !== undefined || memberOf(payload.chargingProfile, 'chargingProfilePurpose') === 'TxProfile'
  );
}

function idIn({ transactionId, csChargingProfiles, chargingProfile }: Payload): unknown {
  return (
    transactionId ??
    memberOf(csChargingProfiles, 'transactionId') ??
    memberOf(chargingProfile, 'transactionId')
  );
}

function connectorIn({ connectorId, evseId, evse }: Payload): number | null {
  const connector = connectorId ?? evseId ?? memberOf(evse, 'id');
  return typeof connector === 'number' && connector > 0 ? connector : null;
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
