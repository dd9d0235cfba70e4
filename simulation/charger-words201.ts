import { commands201 } from './charger-commands201.ts';
import type { SimulatedChargerOptions } from './charger-options.ts';
import type { StopReason } from './charger-transactions.ts';
import type { BootCause, ChargerWords, Moment } from './charger-words.ts';
import { type Reading, type ReadingContext, readingsOf, registerReading } from './meter-values.ts';
import { idTokenStatus, isoTime, type Payload } from './ocpp-j.ts';
import type { Prng } from './prng.ts';
import type { SimulatedConnector } from './simulated-connector.ts';
import type {
  LocalTransaction,
  MessageKind,
  SaidMessage,
  TransactionMessage,
} from './transaction-message.ts';

/** Why a transaction ended, in the words of 2.0.1: its reason, and what set the event off. */
const STOPS: Readonly<Record<StopReason, { stoppedReason: string; triggerReason: string }>> = {
  Local: { stoppedReason: 'Local', triggerReason: 'StopAuthorized' },
  Remote: { stoppedReason: 'Remote', triggerReason: 'RemoteStop' },
  EVDisconnected: { stoppedReason: 'EVDisconnected', triggerReason: 'EVCommunicationLost' },
  DeAuthorized: { stoppedReason: 'DeAuthorized', triggerReason: 'Deauthorized' },
  PowerLoss: { stoppedReason: 'PowerLoss', triggerReason: 'AbnormalCondition' },
  SoftReset: { stoppedReason: 'ImmediateReset', triggerReason: 'ResetCommand' },
  HardReset: { stoppedReason: 'ImmediateReset', triggerReason: 'ResetCommand' },
  UnlockCommand: { stoppedReason: 'Other', triggerReason: 'UnlockCommand' },
};

/** OCPP 2.0.1; outlet n is EVSE n with one connector. */
export class Words201 implements ChargerWords {
  readonly commands = commands201;
  readonly beginsWithCable: boolean;

  constructor({ beginsWith = 'card' }: Pick<SimulatedChargerOptions, 'beginsWith'>) {
    this.beginsWithCable = beginsWith === 'cable';
  }

  nameTransaction(random: Prng): string {
    return random.uuid();
  }

  boot(identity: string, cause: BootCause): Payload {
    return {
      chargingStation: {
        vendorName: 'Holdfast',
        model: 'Simulated',
        serialNumber: identity,
        firmwareVersion: '2.0',
      },
      reason: cause,
    };
  }

  authorise(idTag: string): Payload {
    return { idToken: cardOf(idTag) };
  }

  cardStatus(answer: Payload): string | null {
    return idTokenStatus(answer);
  }

  /** A connector is occupied when a cable is in; what the car does there is told by the events of its transaction. */
  statusOf({ status, vehicle }: SimulatedConnector): string {
    if (status === 'Unavailable' || status === 'Reserved') return status;
    return vehicle ? 'Occupied' : 'Available';
  }

  status(number: number, connectorStatus: string, wallMs: number): Payload | null {
    if (number === 0) return null;
    return { timestamp: isoTime(wallMs), connectorStatus, evseId: number, connectorId: 1 };
  }

  meterValues(connector: SimulatedConnector, context: ReadingContext, wallMs: number): Payload {
    return { evseId: connector.number, meterValue: [meterValue(readingsOf(connector), context, wallMs)] };
  }

  /** The contactor is still open: that the car charges is told when it does. */
  begun(transaction: LocalTransaction, moment: Moment, reservationId: number | null): SaidMessage {
    const { idTag, remoteStartId, messages } = transaction;
    const isFirst = messages === 0;
    const begin = meterValue([registerReading(transaction.meterStartWh)], 'Transaction.Begin', moment.wallMs);
    return event(idTag === null ? 'notice' : 'start', transaction, moment, {
      eventType: isFirst ? 'Started' : 'Updated',
      triggerReason: beginTrigger(transaction),
      info: { chargingState: 'EVConnected', ...(remoteStartId === null ? {} : { remoteStartId }) },
      ...(idTag === null ? {} : { idToken: cardOf(idTag) }),
      ...(reservationId === null ? {} : { reservationId }),
      ...(isFirst ? { evse: { id: transaction.connector, connectorId: 1 }, meterValue: [begin] } : {}),
    });
  }

  stateChanged(
    transaction: LocalTransaction,
    { status }: SimulatedConnector,
    moment: Moment,
  ): SaidMessage | null {
    if (status === transaction.toldState) return null;
    return event('notice', transaction, moment, {
      eventType: 'Updated',
      triggerReason: 'ChargingStateChanged',
      info: { chargingState: status },
    });
  }

  sampled(
    transaction: LocalTransaction,
    connector: SimulatedConnector,
    context: ReadingContext,
    moment: Moment,
  ): SaidMessage {
    return event('sample', transaction, moment, {
      eventType: 'Updated',
      triggerReason: context === 'Trigger' ? 'Trigger' : 'MeterValuePeriodic',
      info: { chargingState: connector.status },
      meterValue: [meterValue(readingsOf(connector), context, moment.wallMs)],
    });
  }

  /** A card is named only where it ended the transaction. */
  stopped(
    transaction: LocalTransaction,
    meterStopWh: number,
    reason: StopReason,
    moment: Moment,
  ): SaidMessage {
    const { stoppedReason, triggerReason } = STOPS[reason];
    const { idTag } = transaction;
    const chargingState = reason === 'EVDisconnected' ? 'Idle' : 'EVConnected';
    return event(idTag === null ? 'notice' : 'stop', transaction, moment, {
      eventType: 'Ended',
      triggerReason,
      info: { chargingState, stoppedReason },
      ...(idTag !== null && reason === 'Local' ? { idToken: cardOf(idTag) } : {}),
      meterValue: [meterValue([registerReading(meterStopWh)], 'Transaction.End', moment.wallMs)],
    });
  }

  sealed(message: TransactionMessage): Payload {
    message.payload ??= message.content;
    return message.payload;
  }

  /** An answer that says nothing of the card has nothing against it. */
  startAnswered({ transactionId }: LocalTransaction, answer: Payload) {
    return { transactionId, isForbidden: (idTokenStatus(answer) ?? 'Accepted') !== 'Accepted' };
  }
}

interface EventParts {
  eventType: 'Started' | 'Updated' | 'Ended';
  triggerReason: string;
  info: { chargingState: string; stoppedReason?: string; remoteStartId?: number };
  evse?: Payload;
  idToken?: Payload;
  reservationId?: number;
  meterValue?: Payload[];
}

/** Numbered when it is made, so that events keep their numbers while they wait. */
function event(
  kind: MessageKind,
  transaction: LocalTransaction,
  { wallMs, isOffline }: Moment,
  { info, ...parts }: EventParts,
): SaidMessage {
  const seqNo = transaction.messages;
  transaction.messages += 1;
  transaction.toldState = info.chargingState;
  const content = {
    ...parts,
    timestamp: isoTime(wallMs),
    seqNo,
    ...(isOffline ? { offline: true } : {}),
    transactionInfo: { transactionId: transaction.transactionId, ...info },
  };
  return { action: 'TransactionEvent', kind, content };
}

function beginTrigger({ idTag, remoteStartId }: LocalTransaction): string {
  if (idTag === null) return 'CablePluggedIn';
  return remoteStartId === null ? 'Authorized' : 'RemoteStart';
}

function cardOf(idTag: string): Payload {
  return { idToken: idTag, type: 'ISO14443' };
}

function meterValue(readings: readonly Reading[], context: ReadingContext, wallMs: number): Payload {
  const sampledValue = readings.map(({ value, decimals, measurand, phase, unit }) => ({
    value: Number(value.toFixed(decimals)),
    context,
    measurand,
    ...(phase === undefined ? {} : { phase }),
    unitOfMeasure: { unit },
  }));
  return { timestamp: isoTime(wallMs), sampledValue };
}
