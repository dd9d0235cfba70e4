import { refusalOf } from '../ocpp16.ts';
import type { CommandFacts } from './judge.ts';
import type { CommandName } from './rules.ts';

/** Commands of OCPP 1.6 and of its security extension, in the terms of the rules, and the answers that 1.6 has for them. */

const NAMES: Readonly<Record<string, CommandName>> = {
  CancelReservation: 'cancelReservation',
  CertificateSigned: 'certificateSigned',
  ChangeAvailability: 'changeAvailability',
  ChangeConfiguration: 'changeConfiguration',
  ClearCache: 'clearCache',
  ClearChargingProfile: 'clearChargingProfile',
  DataTransfer: 'dataTransfer',
  DeleteCertificate: 'deleteCertificate',
  ExtendedTriggerMessage: 'triggerMessage',
  GetCompositeSchedule: 'readCompositeSchedule',
  GetConfiguration: 'readConfiguration',
  GetDiagnostics: 'uploadLog',
  GetInstalledCertificateIds: 'readCertificates',
  GetLocalListVersion: 'readLocalListVersion',
  GetLog: 'uploadLog',
  InstallCertificate: 'installCertificate',
  RemoteStartTransaction: 'remoteStart',
  RemoteStopTransaction: 'remoteStop',
  ReserveNow: 'reserve',
  Reset: 'reset',
  SendLocalList: 'sendLocalList',
  SetChargingProfile: 'setChargingProfile',
  SignedUpdateFirmware: 'updateFirmware',
  TriggerMessage: 'triggerMessage',
  UnlockConnector: 'unlockConnector',
  UpdateFirmware: 'updateFirmware',
};

/** Answers that say that it will be done later; UpdateFirmware has only one answer, which promises no time. */
const DEFERRED: Readonly<Record<string, string>> = {
  ChangeAvailability: '{"status":"Scheduled"}',
  UpdateFirmware: '{}',
};

/** Answers to a command that is held: it counts as done. */
const HELD: Readonly<Record<string, string>> = {
  ...DEFERRED,
  Reset: '{"status":"Accepted"}',
  SignedUpdateFirmware: '{"status":"Accepted"}',
  UnlockConnector: '{"status":"Unlocked"}',
};

/** Refusing statuses beyond those that a charger that is away is answered for with. */
const REFUSED: Readonly<Record<string, string>> = {
  CertificateSigned: '{"status":"Rejected"}',
  ChangeConfiguration: '{"status":"Rejected"}',
  DataTransfer: '{"status":"Rejected"}',
  DeleteCertificate: '{"status":"Failed"}',
  GetCompositeSchedule: '{"status":"Rejected"}',
  GetLog: '{"status":"Rejected"}',
  InstallCertificate: '{"status":"Rejected"}',
  SignedUpdateFirmware: '{"status":"Rejected"}',
};

export function factsOf16(action: string, payload: Record<string, unknown>): CommandFacts {
  const name = NAMES[action] ?? 'other';
  const { connectorId } = payload;
  return {
    name,
    connector: typeof connectorId === 'number' && connectorId > 0 ? connectorId : null,
    disturbs: disturbs(name, payload),
    canSayDeferred: action in DEFERRED,
    canBeHeld: action in HELD,
    numbers: Object.fromEntries(
      Object.entries(payload).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    ),
    urls: urlsIn(action, payload),
    setting: settingIn(action, payload),
  };
}

/** Making a connector available again disturbs nobody. */
function disturbs(name: CommandName, payload: Record<string, unknown>): boolean {
  if (name === 'changeAvailability') return payload.type !== 'Operative';
  return name === 'reset' || name === 'unlockConnector' || name === 'updateFirmware';
}

function urlsIn(action: string, payload: Record<string, unknown>): string[] {
  if (action === 'UpdateFirmware' || action === 'GetDiagnostics') return texts(payload.location);
  if (action === 'SignedUpdateFirmware') return texts(memberOf(payload.firmware, 'location'));
  return action === 'GetLog' ? texts(memberOf(payload.log, 'remoteLocation')) : [];
}

function settingIn(action: string, { key, value }: Record<string, unknown>): CommandFacts['setting'] {
  const isSetting = action === 'ChangeConfiguration' && typeof key === 'string' && typeof value === 'string';
  return isSetting ? { key, value } : null;
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function texts(value: unknown): string[] {
  return typeof value === 'string' ? [value] : [];
}

/** CALLRESULT payload that defers the command, or counts it as done; null when 1.6 has none. */
export function deferralAnswer16(action: string): string | null {
  return HELD[action] ?? null;
}

/** CALLRESULT payload that refuses the command by policy; null when it can only be refused with a CALLERROR. */
export function policyRefusal16(action: string): string | null {
  return refusalOf(action) ?? REFUSED[action] ?? null;
}
