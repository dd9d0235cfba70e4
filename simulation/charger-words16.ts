import { commands16 } from './charger-commands16.ts';
import type { SimulatedChargerOptions } from './charger-options.ts';
import type { StopReason } from './charger-transactions.ts';
import type { ChargerWords, Moment } from './charger-words.ts';
import { type Reading, type ReadingContext, readingsOf, registerReading } from './meter-values.ts';
import { idTagStatus, integerOf, isoTime, type Payload } from './ocpp-j.ts';
import type { SimulatedConnector } from './simulated-connector.ts';
import type { LocalTransaction, SaidMessage, TransactionMessage } from './transaction-message.ts';

/** OCPP 1.6J. */
export class Words16 implements ChargerWords {
  readonly commands = commands16;
  readonly beginsWithCable = false;
  readonly #withTransactionData: boolean;

  constructor({ transactionData = false }: Pick<SimulatedChargerOptions, 'transactionData'>) {
    this.#withTransactionData = transactionData;
  }

  nameTransaction(): null {
    return null;
  }

  boot(identity: string): Payload {
    return {
      chargePointVendor: 'Holdfast',
      chargePointModel: 'Simulated',
      chargePointSerialNumber: identity,
      firmwareVersion: '1.0',
    };
  }

  authorise(idTag: string): Payload {
    return { idTag };
  }

  cardStatus(answer: Payload): string | null {
    return idTagStatus(answer);
  }

  statusOf(connector: SimulatedConnector): string {
    return connector.status;
  }

  status(number: number, status: string, wallMs: number): Payload {
    return { connectorId: number, errorCode: 'NoError', status, timestamp: isoTime(wallMs) };
  }

  meterValues(connector: SimulatedConnector, context: ReadingContext, wallMs: number): Payload {
    return {
      connectorId: connector.number,
      meterValue: [meterValue(readingsOf(connector), context, wallMs)],
    };
  }

  begun(transaction: LocalTransaction, { wallMs }: Moment, reservationId: number | null): SaidMessage {
    const content = {
      connectorId: transaction.connector,
      idTag: transaction.idTag,
      meterStart: transaction.meterStartWh,
      timestamp: isoTime(wallMs),
      ...(reservationId === null ? {} : { reservationId }),
    };
    return { action: 'StartTransaction', kind: 'start', content };
  }

  /** StatusNotification tells it. */
  stateChanged(): null {
    return null;
  }

  sampled(
    _transaction: LocalTransaction,
    connector: SimulatedConnector,
    context: ReadingContext,
    { wallMs }: Moment,
  ): SaidMessage {
    return { action: 'MeterValues', kind: 'sample', content: this.meterValues(connector, context, wallMs) };
  }

  stopped(
    transaction: LocalTransaction,
    meterStopWh: number,
    reason: StopReason,
    { wallMs }: Moment,
  ): SaidMessage {
    const { idTag, startedAtMs, meterStartWh } = transaction;
    const transactionData = [
      meterValue([registerReading(meterStartWh)], 'Transaction.Begin', startedAtMs),
      meterValue([registerReading(meterStopWh)], 'Transaction.End', wallMs),
    ];
    const content = {
      idTag,
      meterStop: meterStopWh,
      timestamp: isoTime(wallMs),
      reason,
      ...(this.#withTransactionData ? { transactionData } : {}),
    };
    return { action: 'StopTransaction', kind: 'stop', content };
  }

  /** The id of the transaction may have come with the answer to its start, which was sent before. */
  sealed(message: TransactionMessage): Payload {
    const { kind, content, transaction } = message;
    message.payload ??= kind === 'start' ? content : { ...content, transactionId: transaction.transactionId };
    return message.payload;
  }

  startAnswered(_transaction: LocalTransaction, answer: Payload) {
    return {
      transactionId: integerOf(answer.transactionId),
      isForbidden: idTagStatus(answer) !== 'Accepted',
    };
  }
}

function meterValue(readings: readonly Reading[], context: ReadingContext, wallMs: number): Payload {
  const sampledValue = readings.map(({ value, decimals, measurand, phase, unit }) => ({
    value: value.toFixed(decimals),
    context,
    measurand,
    ...(phase === undefined ? {} : { phase }),
    unit,
  }));
  return { timestamp: isoTime(wallMs), sampledValue };
}
