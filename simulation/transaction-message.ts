import type { Payload } from './ocpp-j.ts';

/** A charging session as the charger knows it. */
export interface LocalTransaction {
  /** Unique within the run; never on the wire. */
  readonly localId: string;
  readonly connector: number;
  readonly idTag: string;
  readonly startedAtMs: number;
  readonly meterStartWh: number;
  /** From StartTransaction.conf; null until it came. */
  transactionId: number | null;
  nextSampleAtMs: number;
}

export type TransactionAction = 'StartTransaction' | 'MeterValues' | 'StopTransaction';

/** A message that a charger must keep until it is answered. */
export interface TransactionMessage {
  readonly action: TransactionAction;
  readonly transaction: LocalTransaction;
  /** Content but for the transaction id, which is filled in when the message is first sent. */
  readonly content: Payload;
  /** As sent, from the first sending on: every repeat carries the same. */
  payload: Payload | null;
  messageIds: string[];
  errors: number;
}

/** What the charger may forget, as it was answered with a CALLRESULT. */
export interface AnsweredMessage {
  action: TransactionAction;
  connector: number;
  /** `LocalTransaction.localId`. */
  transaction: string;
  messageIds: readonly string[];
  payload: Payload;
  answeredAtMs: number;
  answer: Payload;
}
