import type { Clock } from '../runtime/clock.ts';
import { BoundedLog } from './bounded-log.ts';
import { meterValue, type ReadingContext, registerValue } from './meter-values.ts';
import { idTagStatus, integerOf, isoTime, type Payload } from './ocpp-j.ts';
import type { SimulatedConnector } from './simulated-connector.ts';
import type { AnsweredMessage, LocalTransaction, TransactionMessage } from './transaction-message.ts';
import { TransactionQueue } from './transaction-queue.ts';

/** StopTransaction reasons that the simulated charger gives. */
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

/** The transactions of one charger: what it says about them, and what it was answered. */
export class ChargerTransactions {
  readonly queue = new TransactionQueue();
  meterIntervalMs: number;
  readonly #identity: string;
  readonly #clock: Clock;
  readonly #withTransactionData: boolean;
  readonly #answered = new BoundedLog<AnsweredMessage>(ANSWERED_MAX);
  #count = 0;

  constructor(options: {
    identity: string;
    clock: Clock;
    meterIntervalMs: number;
    transactionData?: boolean;
  }) {
    this.#identity = options.identity;
    this.#clock = options.clock;
    this.#withTransactionData = options.transactionData ?? false;
    this.meterIntervalMs = options.meterIntervalMs;
  }

  get answered(): readonly AnsweredMessage[] {
    if (this.#answered.dropped > 0)
      throw new RangeError('more answered messages than the charger can record');
    return this.#answered.entries;
  }

  begin(connector: SimulatedConnector, idTag: string): void {
    const atMs = this.#clock.wallMs();
    const transaction: LocalTransaction = {
      localId: `${this.#identity}/${++this.#count}`,
      connector: connector.number,
      idTag,
      startedAtMs: atMs,
      meterStartWh: connector.energyWh,
      transactionId: null,
      nextSampleAtMs: this.#clock.monotonicMs() + this.meterIntervalMs,
    };
    const reservation = connector.beginTransaction(transaction);
    this.queue.add('StartTransaction', transaction, {
      connectorId: connector.number,
      idTag,
      meterStart: transaction.meterStartWh,
      timestamp: isoTime(atMs),
      ...(reservation === null ? {} : { reservationId: reservation }),
    });
  }

  /** False when no transaction runs there. */
  end(connector: SimulatedConnector, reason: StopReason): boolean {
    const { transaction } = connector;
    if (!transaction) return false;
    const atMs = this.#clock.wallMs();
    const meterStopWh = connector.energyWh;
    connector.endTransaction();
    this.queue.add('StopTransaction', transaction, {
      idTag: transaction.idTag,
      meterStop: meterStopWh,
      timestamp: isoTime(atMs),
      reason,
      ...(this.#withTransactionData ? { transactionData: beginAndEnd(transaction, meterStopWh, atMs) } : {}),
    });
    return true;
  }

  /** Content of MeterValues, kept if a transaction runs; otherwise given back, as it need not be kept. */
  sample(connector: SimulatedConnector, context: ReadingContext): Payload | null {
    const content = {
      connectorId: connector.number,
      meterValue: [meterValue(connector, context, this.#clock.wallMs())],
    };
    if (!connector.transaction) return content;
    this.queue.add('MeterValues', connector.transaction, content);
    return null;
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
    if (message.action !== 'StartTransaction') return false;
    transaction.transactionId = integerOf(answer.transactionId);
    return idTagStatus(answer) !== 'Accepted';
  }
}

function beginAndEnd(transaction: LocalTransaction, meterStopWh: number, atMs: number): Payload[] {
  return [
    registerValue(transaction.meterStartWh, 'Transaction.Begin', transaction.startedAtMs),
    registerValue(meterStopWh, 'Transaction.End', atMs),
  ];
}
