import { idTagInfoFrom } from './mapping/up/id-token-info.ts';

/** The parts of OCPP 1.6 payloads that decisions rest on. Payloads passed the schema at the edge; the rest stays raw. */

export interface IdTagInfo {
  status: string;
  expiryDate?: string;
}

export interface StartTransactionReq {
  connectorId: number;
  idTag: string;
  timestamp: string;
  meterStart: number;
}

export interface StopTransactionReq {
  transactionId: number | null;
  timestamp: string;
  meterStop: number;
  idTag?: string;
  reason?: string;
}

export interface SampledValue {
  value: string;
  context?: string;
  format?: string;
  measurand?: string;
  phase?: string;
  location?: string;
  unit?: string;
}

export interface MeterValuesReq {
  connectorId: number;
  transactionId?: number | null;
  meterValue: Array<{ timestamp: string; sampledValue: SampledValue[] }>;
}

export interface StatusNotificationReq {
  connectorId: number;
  status: string;
  errorCode: string;
  info?: string;
  timestamp?: string;
}

export interface SendLocalListReq {
  listVersion: number;
  updateType: 'Full' | 'Differential';
  localAuthorizationList?: Array<{ idTag: string; idTagInfo?: IdTagInfo }>;
}

/** What a connector wants from the site load budget. */
export type Demand = 'idle' | 'preparing' | 'charging' | 'suspended';

/** An open transaction counts as charging unless the status says that it is suspended. */
export function demandOf(status: string | null, transactionOpen: boolean): Demand {
  if (status === 'SuspendedEV' || status === 'SuspendedEVSE') return 'suspended';
  if (transactionOpen || status === 'Charging') return 'charging';
  return status === 'Preparing' || status === 'Finishing' ? 'preparing' : 'idle';
}

/** Messages about something that happened, which a charger sends once and expects nothing from. */
export const NOTICES: ReadonlySet<string> = new Set([
  'FirmwareStatusNotification',
  'DiagnosticsStatusNotification',
  'SecurityEventNotification',
  'LogStatusNotification',
  'SignedFirmwareStatusNotification',
]);

/** The refusing status of those commands that have one and that are pointless later. */
const REFUSALS: Readonly<Record<string, string>> = {
  CancelReservation: 'Rejected',
  ChangeAvailability: 'Rejected',
  ClearCache: 'Rejected',
  ExtendedTriggerMessage: 'Rejected',
  RemoteStartTransaction: 'Rejected',
  RemoteStopTransaction: 'Rejected',
  ReserveNow: 'Rejected',
  Reset: 'Rejected',
  SendLocalList: 'Failed',
  SetChargingProfile: 'Rejected',
  TriggerMessage: 'Rejected',
  UnlockConnector: 'UnlockFailed',
};

/** CALLRESULT payload that refuses the command; null when the action has no such status. */
export function refusalOf(action: string): string | null {
  const status = REFUSALS[action];
  return status === undefined ? null : JSON.stringify({ status });
}

/** The `idTagInfo` of a CALLRESULT payload, or what `idTokenInfo` of 2.0.1 says in its words; null when it has none. */
export function idTagInfoOf({ idTagInfo, idTokenInfo }: Record<string, unknown>): IdTagInfo | null {
  if (hasStatus(idTagInfo)) return idTagInfo;
  return hasStatus(idTokenInfo) ? (idTagInfoFrom(idTokenInfo) as unknown as IdTagInfo) : null;
}

function hasStatus(info: unknown): info is IdTagInfo {
  return typeof (info as IdTagInfo | null | undefined)?.status === 'string';
}

/** Object in the raw text of a payload; null when the text holds anything else. */
export function parsePayload(raw: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
