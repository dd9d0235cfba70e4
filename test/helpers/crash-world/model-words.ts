/** A message as the model charger queues it. */
export interface Message {
  action: string;
  payload: Record<string, unknown>;
}

/** A transaction of the model charger. */
export interface ModelTransaction {
  /** Undefined until the other side has named it, where that is its part. */
  id: number | string | undefined;
  idTag: string;
  /** Events told so far. */
  events: number;
}

/** What SetChargingProfile asks for, whatever version says it. */
export interface ProfileAsked {
  purpose: string;
  transactionId: number | string | undefined;
  startSchedule: string | undefined;
  periods: Array<{ startPeriod: number; limit: number }>;
}

export interface Reading {
  energyWh: number;
  amps: number;
  timestamp: string;
}

/** What a model charger says in one version of OCPP. */
export interface ModelWords {
  subprotocol: 'ocpp1.6' | 'ocpp2.0.1';
  /** Undefined: the answer to the start names it. */
  nameTransaction(charger: string, count: number): string | undefined;
  boot(): Message;
  status(status: string, timestamp: string): Message;
  /** One message or more; the first is told when the car comes. */
  start(transaction: ModelTransaction, energyWh: number, timestamp: string): Message[];
  meter(transaction: ModelTransaction, reading: Reading): Message;
  stop(transaction: ModelTransaction, energyWh: number, timestamp: string): Message;
  profileIn(payload: Record<string, unknown>): ProfileAsked;
}

const PHASES = ['L1', 'L2', 'L3'];

export const words16: ModelWords = {
  subprotocol: 'ocpp1.6',
  nameTransaction: () => undefined,
  boot: () => ({
    action: 'BootNotification',
    payload: { chargePointVendor: 'Model', chargePointModel: 'M1' },
  }),
  status: (status, timestamp) => ({
    action: 'StatusNotification',
    payload: { connectorId: 1, errorCode: 'NoError', status, timestamp },
  }),
  start: ({ idTag }, meterStart, timestamp) => [
    { action: 'StartTransaction', payload: { connectorId: 1, idTag, meterStart, timestamp } },
  ],
  meter: ({ id }, { energyWh, amps, timestamp }) => {
    const value = (measurand: string, text: string, unit: string, phase?: string) => ({
      measurand,
      value: text,
      unit,
      context: 'Sample.Periodic',
      ...(phase ? { phase } : {}),
    });
    const sampledValue = [
      value('Energy.Active.Import.Register', String(energyWh), 'Wh'),
      ...PHASES.map((phase) => value('Current.Import', amps.toFixed(1), 'A', phase)),
    ];
    const payload = { connectorId: 1, transactionId: id, meterValue: [{ timestamp, sampledValue }] };
    return { action: 'MeterValues', payload };
  },
  stop: ({ id }, meterStop, timestamp) => ({
    action: 'StopTransaction',
    payload: { transactionId: id, meterStop, timestamp, reason: 'Local' },
  }),
  profileIn: (payload) => {
    const profile = payload.csChargingProfiles as {
      chargingProfilePurpose: string;
      transactionId?: number;
      chargingSchedule: { startSchedule?: string; chargingSchedulePeriod: ProfileAsked['periods'] };
    };
    const { startSchedule, chargingSchedulePeriod } = profile.chargingSchedule;
    return {
      purpose: profile.chargingProfilePurpose,
      transactionId: profile.transactionId,
      startSchedule,
      periods: chargingSchedulePeriod,
    };
  },
};

/** `cardFirst`: the card before the cable, so that Started names it; else it comes with the event behind it. */
export function words201({ cardFirst }: { cardFirst: boolean }): ModelWords {
  return {
    subprotocol: 'ocpp2.0.1',
    nameTransaction: (charger, count) => `${charger}-${count}`,
    boot: () => ({
      action: 'BootNotification',
      payload: { chargingStation: { vendorName: 'Model', model: 'M1' }, reason: 'PowerUp' },
    }),
    status: (status, timestamp) => ({
      action: 'StatusNotification',
      payload: {
        timestamp,
        connectorStatus: status === 'Available' ? 'Available' : 'Occupied',
        evseId: 1,
        connectorId: 1,
      },
    }),
    start: (transaction, energyWh, timestamp) => {
      const card = { idToken: { idToken: transaction.idTag, type: 'ISO14443' } };
      const meterValue = [{ timestamp, sampledValue: [register(energyWh, 'Transaction.Begin')] }];
      const begin = { eventType: 'Started', timestamp, meterValue };
      const charging = { chargingState: 'Charging' };
      if (cardFirst) return [event(transaction, 'Authorized', { ...begin, ...card }, charging)];
      return [
        event(transaction, 'CablePluggedIn', begin, { chargingState: 'EVConnected' }),
        event(transaction, 'Authorized', { eventType: 'Updated', timestamp, ...card }, charging),
      ];
    },
    meter: (transaction, { energyWh, amps, timestamp }) => {
      const current = PHASES.map((phase) => ({
        value: amps,
        measurand: 'Current.Import',
        context: 'Sample.Periodic',
        phase,
        unitOfMeasure: { unit: 'A' },
      }));
      const meterValue = [{ timestamp, sampledValue: [register(energyWh, 'Sample.Periodic'), ...current] }];
      const told = { eventType: 'Updated', timestamp, meterValue };
      return event(transaction, 'MeterValuePeriodic', told, { chargingState: 'Charging' });
    },
    stop: (transaction, energyWh, timestamp) => {
      const meterValue = [{ timestamp, sampledValue: [register(energyWh, 'Transaction.End')] }];
      const told = { eventType: 'Ended', timestamp, meterValue };
      return event(transaction, 'StopAuthorized', told, { stoppedReason: 'Local' });
    },
    profileIn: (payload) => {
      const profile = payload.chargingProfile as {
        chargingProfilePurpose: string;
        transactionId?: string;
        chargingSchedule: [{ startSchedule?: string; chargingSchedulePeriod: ProfileAsked['periods'] }];
      };
      const [{ startSchedule, chargingSchedulePeriod }] = profile.chargingSchedule;
      return {
        purpose: profile.chargingProfilePurpose,
        transactionId: profile.transactionId,
        startSchedule,
        periods: chargingSchedulePeriod,
      };
    },
  };
}

function register(energyWh: number, context: string) {
  return { value: energyWh, measurand: 'Energy.Active.Import.Register', context };
}

/** Counted when it is made, as a charger does: events keep their numbers while they wait. */
function event(
  transaction: ModelTransaction,
  triggerReason: string,
  told: Record<string, unknown>,
  transactionInfo: Record<string, unknown>,
): Message {
  const seqNo = transaction.events;
  transaction.events += 1;
  const payload = {
    ...told,
    triggerReason,
    seqNo,
    transactionInfo: { transactionId: transaction.id, ...transactionInfo },
    evse: { id: 1, connectorId: 1 },
  };
  return { action: 'TransactionEvent', payload };
}
