import { rfc3339 } from '../../rfc3339.ts';
import { instant, isBadInstant } from '../instants.ts';
import type { ChargingState, Payload } from '../mapping.ts';
import { sendOne, type Translation } from '../outcome.ts';
import { fieldsBut } from './lost-fields.ts';

const OF_CHARGING_STATE: Readonly<Record<ChargingState, string>> = {
  Charging: 'Charging',
  EVConnected: 'Preparing',
  SuspendedEV: 'SuspendedEV',
  SuspendedEVSE: 'SuspendedEVSE',
  Idle: 'Finishing',
};

/**
 * The 1.6 status of a connector of 2.0.1. Only Occupied needs the last known charging state; null: none is known.
 * @param stopped the transaction of the car that is plugged in has ended: EVConnected is no longer a preparation
 */
export function statusTo16(
  connectorStatus: string,
  chargingState: ChargingState | null,
  stopped = false,
): string {
  if (connectorStatus !== 'Occupied') return connectorStatus;
  if (chargingState === 'EVConnected' && stopped) return 'Finishing';
  return chargingState === null ? 'Preparing' : OF_CHARGING_STATE[chargingState];
}

const OCCUPIED = new Set(['Preparing', 'Charging', 'SuspendedEV', 'SuspendedEVSE', 'Finishing']);

/** The 2.0.1 status of a 1.6 connector: whatever goes on there, a car is there. */
export function statusTo201(status: string): string {
  return OCCUPIED.has(status) ? 'Occupied' : status;
}

export const statusNotificationTo201: Translation = (payload, { nowMs }) => {
  const { connectorId, status, errorCode, timestamp } = payload as unknown as Status16;
  const lost = fieldsBut(payload, ['connectorId', 'status', 'timestamp', 'errorCode']);
  if (isBadInstant(timestamp)) lost.push('timestamp');
  if (errorCode !== 'NoError') lost.push('errorCode');
  const told = {
    timestamp: instant(timestamp) ?? rfc3339(nowMs),
    connectorStatus: statusTo201(status),
    evseId: connectorId,
    // The whole charger has no connector of its own.
    connectorId: connectorId === 0 ? 0 : 1,
  };
  return sendOne({ action: 'StatusNotification', payload: told }, lost, empty);
};

export const statusNotificationTo16: Translation = (payload, { nowMs, chargingState }) => {
  const { timestamp, connectorStatus, evseId, connectorId } = payload as unknown as Status201;
  const told = {
    connectorId: evseId,
    errorCode: connectorStatus === 'Faulted' ? 'OtherError' : 'NoError',
    status: statusTo16(connectorStatus, chargingState ?? null),
    timestamp: instant(timestamp) ?? rfc3339(nowMs),
  };
  const lost = connectorId > 1 ? ['connectorId'] : [];
  return sendOne({ action: 'StatusNotification', payload: told }, lost, empty);
};

interface Status16 {
  connectorId: number;
  status: string;
  errorCode: string;
  timestamp?: string;
}

interface Status201 {
  timestamp: string;
  connectorStatus: string;
  evseId: number;
  connectorId: number;
}

function empty(): Payload {
  return {};
}
