import type { SimulatedCharger } from './charger.ts';
import type { ChargerDeeds } from './charger-deeds.ts';
import type { CommandAnswer } from './charger-link.ts';
import type { SimulatedChargerOptions } from './charger-options.ts';
import type { StopReason } from './charger-transactions.ts';
import { Words16 } from './charger-words16.ts';
import { Words201 } from './charger-words201.ts';
import type { ReadingContext } from './meter-values.ts';
import type { Payload } from './ocpp-j.ts';
import type { Prng } from './prng.ts';
import type { SimulatedConnector } from './simulated-connector.ts';
import type { LocalTransaction, SaidMessage, TransactionMessage } from './transaction-message.ts';

export type BootCause = 'PowerUp' | 'RemoteReset' | 'Triggered';

/** What the charger does on a command, and the words of its answer. */
export type CommandHandler = (payload: Payload) => CommandAnswer;

/** When something happened to a transaction, and whether the charger was without its link then. */
export interface Moment {
  wallMs: number;
  isOffline: boolean;
}

/**
 * What a charger says and understands in one version of OCPP. That it is said, when, and what follows from it, is the
 * same in all of them and not decided here.
 */
export interface ChargerWords {
  /** The charger's own name for its next transaction; null: the answer to its start names it. */
  nameTransaction(random: Prng): string | null;
  boot(identity: string, cause: BootCause): Payload;
  authorise(idTag: string): Payload;
  /** What an answer says of the card; null: nothing. */
  cardStatus(answer: Payload): string | null;
  /** The status that this version has for the connector. */
  statusOf(connector: SimulatedConnector): string;
  /** StatusNotification; null where the version has none: 0 is the charger as a whole. */
  status(number: number, status: string, wallMs: number): Payload | null;
  /** MeterValues of no transaction. */
  meterValues(connector: SimulatedConnector, context: ReadingContext, wallMs: number): Payload;
  /** A transaction begins when the cable is in, whether or not a card was shown. */
  readonly beginsWithCable: boolean;
  /** It began, or its card came. `reservationId` is that of the reservation that the card uses up. */
  begun(transaction: LocalTransaction, moment: Moment, reservationId: number | null): SaidMessage;
  /** The car does something else than was told last; null: not told. */
  stateChanged(
    transaction: LocalTransaction,
    connector: SimulatedConnector,
    moment: Moment,
  ): SaidMessage | null;
  sampled(
    transaction: LocalTransaction,
    connector: SimulatedConnector,
    context: ReadingContext,
    moment: Moment,
  ): SaidMessage;
  stopped(
    transaction: LocalTransaction,
    meterStopWh: number,
    reason: StopReason,
    moment: Moment,
  ): SaidMessage;
  /** The payload of a message as it goes on the wire, fixed at its first sending. */
  sealed(message: TransactionMessage): Payload;
  /** What the answer to the start makes of its transaction. */
  startAnswered(
    transaction: LocalTransaction,
    answer: Payload,
  ): { transactionId: number | string | null; isForbidden: boolean };
  /** By action; what is not there is NotImplemented. */
  commands(charger: SimulatedCharger, deeds: ChargerDeeds): ReadonlyMap<string, CommandHandler>;
}

export function wordsOf(options: SimulatedChargerOptions): ChargerWords {
  return options.version === '2.0.1' ? new Words201(options) : new Words16(options);
}
