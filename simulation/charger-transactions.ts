import type { Clock } from '../runtime/clock.ts';
import { BoundedLog } from './bounded-log.ts';
import type { SimulatedChargerOptions } from './charger-options.ts';
import type { ChargerWords, Moment } from './charger-words.ts';
import type { ReadingContext } from './meter-values.ts';
import type { Payload } from './ocpp-j.ts';
import type { Prng } from './prng.ts';
import type { SimulatedConnector } from './simulated-connector.ts';
import type { AnsweredMessage, LocalTransaction, TransactionMessage } from './transaction-message.ts';
import { TransactionQueue } from './transaction-queue.ts';

/** Why a transaction ends here; `ChargerWords` has the words for it. */
export type StopReason =
  | 'Local'
  | 'Remote'
  | 'EVDisconnected'
  | 'DeAuthorized'
  | 'PowerLoss'
  | 'SoftReset'
  | 'HardReset'
  | 'UnlockCommand';

const ANSWERED_MAX = 1_000_000;

/** The transactions of one charger: what happened in them, kept until it is answered, and what it was answered. */
export class ChargerTransactions {
  readonly queue = new TransactionQueue();
  meterIntervalMs: number;
  readonly #identity: string;
  readonly #clock: Clock;
  readonly #words: ChargerWords;
  readonly #random: Prng;
  readonly #isOnline: () => boolean;
  readonly #answered = new BoundedLog<AnsweredMessage>(ANSWERED_MAX);
  #count = 0;

  constructor(
    options: SimulatedChargerOptions,
    words: ChargerWords,
    random: Prng,
    /** The charger has its link. */
    isOnline: () => boolean,
  ) {
    this.#identity = options.identity;
    this.#clock = options.clock;
    this.#words = words;
    this.#random = random;
    this.#isOnline = isOnline;
    this.meterIntervalMs = options.meterIntervalMs;
  }

  get answered(): readonly AnsweredMessage[] {
    if (this.#answered.dropped > 0)
      throw new RangeError('more answered messages than the charger can record');
    return this.#answered.entries;
  }

  /** A car came, and nobody knows yet whether it may charge. */
  plugged(connector: SimulatedConnector): void {
    if (!this.#words.beginsWithCable || !connector.isOperative) return;
    const transaction = this.#open(connector);
    connector.unauthorised = transaction;
    this.queue.add(this.#words.begun(transaction, this.#moment(), null), transaction);
  }

  begin(connector: SimulatedConnector, idTag: string): void {
    const transaction = connector.unauthorised ?? this.#open(connector);
    const moment = this.#moment();
    transaction.idTag = idTag;
    transaction.remoteStartId = connector.remoteStartId;
    transaction.startedAtMs = moment.wallMs;
    transaction.nextSampleAtMs = this.#clock.monotonicMs() + this.meterIntervalMs;
    const reservationId = connector.beginTransaction(transaction);
    this.queue.add(this.#words.begun(transaction, moment, reservationId), transaction);
  }

  /** False when no transaction runs there. */
  end(connector: SimulatedConnector, reason: StopReason): boolean {
    const transaction = connector.transaction ?? connector.unauthorised;
    if (!transaction) return false;
    const said = this.#words.stopped(transaction, connector.energyWh, reason, this.#moment());
    if (connector.transaction) connector.endTransaction();
    // Whose card has not come may still bring it.
    else connector.unauthorised = null;
    this.queue.add(said, transaction);
    return true;
  }

  /** False when no transaction runs there. */
  sample(connector: SimulatedConnector, context: ReadingContext): boolean {
    const { transaction } = connector;
    if (!transaction) return false;
    this.queue.add(this.#words.sampled(transaction, connector, context, this.#moment()), transaction);
    return true;
  }

  /** Tells what the car does, where that is part of its transaction. */
  noteState(connector: SimulatedConnector): void {
    const { transaction } = connector;
    const said = transaction && this.#words.stateChanged(transaction, connector, this.#moment());
    if (said) this.queue.add(said, transaction);
  }

  /** True while the sampling interval has passed; the next one begins now. */
  isSampleDue(connector: SimulatedConnector): boolean {
    const { transaction } = connector;
    const nowMs = this.#clock.monotonicMs();
    if (!transaction || nowMs < transaction.nextSampleAtMs) return false;
    transaction.nextSampleAtMs = nowMs + this.meterIntervalMs;
    return true;
  }

  /** Records the answer; true when it forbids the transaction. */
  settle(message: TransactionMessage, answer: Payload): boolean {
    const { transaction } = message;
    this.#answered.push({
      action: message.action,
      connector: transaction.connector,
      transaction: transaction.localId,
      messageIds: message.messageIds,
      payload: message.payload ?? {},
      answeredAtMs: this.#clock.wallMs(),
      answer,
    });
    if (message.kind !== 'start') return false;
    const { transactionId, isForbidden } = this.#words.startAnswered(transaction, answer);
    transaction.transactionId = transactionId;
    return isForbidden;
  }

  #open(connector: SimulatedConnector): LocalTransaction {
    return {
      localId: `${this.#identity}/${++this.#count}`,
      connector: connector.number,
      idTag: null,
      remoteStartId: null,
      startedAtMs: this.#clock.wallMs(),
      meterStartWh: connector.energyWh,
      transactionId: this.#words.nameTransaction(this.#random),
      nextSampleAtMs: 0,
      messages: 0,
      toldState: null,
    };
  }

  #moment(): Moment {
    return { wallMs: this.#clock.wallMs(), isOffline: !this.#isOnline() };
  }
}
