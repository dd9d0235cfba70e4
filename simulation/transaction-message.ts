import type { Payload } from './ocpp-j.ts';

/** A charging session as the charger knows it. */
export interface LocalTransaction {
  /** Unique within the run; never on the wire. */
  readonly localId: string;
  readonly connector: number;
  /** Null while the cable is in and no card was shown yet. */
  idTag: string | null;
  /** Of the command that started it; null for a card at the charger. */
  remoteStartId: number | null;
  startedAtMs: number;
  readonly meterStartWh: number;
  /** As it is called on the wire; in 1.6 null until the answer to its start came. */
  transactionId: number | string | null;
  nextSampleAtMs: number;
  /** Messages about it so far: what 2.0.1 numbers them by. */
  messages: number;
  /** What the car does, as it was last told; null where the version does not tell it. */
  toldState: string | null;
}

export type TransactionAction = 'StartTransaction' | 'MeterValues' | 'StopTransaction' | 'TransactionEvent';

/** What a message means, whatever its version: `notice` is an event that 1.6 has no message for. */
export type MessageKind = 'start' | 'sample' | 'stop' | 'notice';

/** A transaction message in the words of one version. */
export interface SaidMessage {
  readonly action: TransactionAction;
  readonly kind: MessageKind;
  /** But for what is known only when it is sent first (`ChargerWords.sealed`). */
  readonly content: Payload;
}

/** A message that a charger must keep until it is answered. */
export interface TransactionMessage extends SaidMessage {
  readonly transaction: LocalTransaction;
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
