import type { OcppVersion } from '../ocpp-version.ts';

/** A payload as parsed; it passed the schema of its own version. */
export type Payload = Record<string, unknown>;

export interface OcppCall {
  action: string;
  payload: Payload;
}

/** What a peer answered: a CALLRESULT payload, or the content of a CALLERROR. */
export type OcppAnswer =
  | { payload: Payload }
  | { error: { code: string; description: string; details: Record<string, unknown> } };

/** A field that has no place in the other version, by its path in the source (`customData`, `meterValue[].signedMeterValue`). */
export type LostField = string;

/**
 * What becomes of a CALL on a leg of another version.
 * `sent`: these CALLs, one after the other; `answer` makes one answer in the asker's version of theirs, in that order.
 * `answered`: nothing corresponds; the asker gets this, and the journal the reason.
 */
export type Mapped =
  | {
      outcome: 'sent';
      calls: readonly OcppCall[];
      lost: readonly LostField[];
      answer(answers: readonly OcppAnswer[]): OcppAnswer;
    }
  | { outcome: 'answered'; answer: OcppAnswer; reason: string };

/** What the translation of a message about a transaction must know besides the message. */
export interface TransactionFacts {
  /** As the receiving leg calls the transaction: text in 2.0.1, a number in 1.6; null: it has no name there yet. */
  transactionId: string | number | null;
  connector: number;
  /** The card that it was started with; null: not known (yet). */
  idTag: string | null;
  /** Place of this message among those of its transaction; counts from 0 without gaps. Only towards 2.0.1. */
  seqNo: number;
  /** It happened while the CPMS was away. */
  offline: boolean;
  /** The RequestStartTransaction that it answers. */
  remoteStartId: number | null;
}

/** What a 2.0.1 charger says of the car in a TransactionEvent. */
export type ChargingState = 'Charging' | 'EVConnected' | 'SuspendedEV' | 'SuspendedEVSE' | 'Idle';

export interface MappingFacts {
  nowMs: number;
  transaction?: TransactionFacts;
  /** Last known charging state of the EVSE of a 2.0.1 charger; only for its StatusNotification towards 1.6. */
  chargingState?: ChargingState;
}

/** Translates a CALL from one version to the other. Pure. Never throws for a payload that passed its schema. */
export type CallMapper = (from: OcppVersion, to: OcppVersion, call: OcppCall, facts: MappingFacts) => Mapped;

/** All translations, as the sockets use them. */
export interface Mappers {
  /** CALLs of a charger, towards the CPMS. */
  up: CallMapper;
  /** CALLs of the CPMS, towards a charger. */
  down: CallMapper;
  /** An answer of our own, in 1.6, to a CALL that a charger of 2.0.1 made: as that charger reads it. */
  ownAnswer(action201: string, payload16: Payload): Payload;
}
