import { rowOfVariable } from '../mapping/down/variable-lookup.ts';
import { valueTo16 } from '../mapping/down/variable-value.ts';
import { type ReasonCode, statusInfo } from '../mapping/outcome.ts';
import type { CommandFacts, CommandReason } from './judge.ts';
import type { CommandName } from './rules.ts';
import { isKeyVariable } from './secrets.ts';

/**
 * Commands of OCPP 2.0.1 in the terms of the rules, and the answers that 2.0.1 has for them. They are judged by what
 * they say themselves and never by a translation, which may have no words for a part that the rules are about.
 */

const NAMES: Readonly<Record<string, CommandName>> = {
  CancelReservation: 'cancelReservation',
  CertificateSigned: 'certificateSigned',
  ChangeAvailability: 'changeAvailability',
  ClearCache: 'clearCache',
  ClearChargingProfile: 'clearChargingProfile',
  DataTransfer: 'dataTransfer',
  DeleteCertificate: 'deleteCertificate',
  GetBaseReport: 'readConfiguration',
  GetChargingProfiles: 'readCompositeSchedule',
  GetCompositeSchedule: 'readCompositeSchedule',
  GetInstalledCertificateIds: 'readCertificates',
  GetLocalListVersion: 'readLocalListVersion',
  GetLog: 'uploadLog',
  GetReport: 'readConfiguration',
  GetVariables: 'readConfiguration',
  InstallCertificate: 'installCertificate',
  PublishFirmware: 'updateFirmware',
  RequestStartTransaction: 'remoteStart',
  RequestStopTransaction: 'remoteStop',
  ReserveNow: 'reserve',
  Reset: 'reset',
  SendLocalList: 'sendLocalList',
  SetChargingProfile: 'setChargingProfile',
  SetVariables: 'changeConfiguration',
  TriggerMessage: 'triggerMessage',
  UnlockConnector: 'unlockConnector',
  UpdateFirmware: 'updateFirmware',
};

/** Those that would end or disturb a running session. */
const DISTURBING: ReadonlySet<string> = new Set(['Reset', 'UnlockConnector', 'UpdateFirmware']);

/** Answers to a command that is done later, or counts as done (B12.FR.03 for Reset). */
const DEFERRED: Readonly<Record<string, string>> = {
  ChangeAvailability: '{"status":"Scheduled"}',
  Reset: '{"status":"Scheduled"}',
  UnlockConnector: '{"status":"Unlocked"}',
  UpdateFirmware: '{"status":"Accepted"}',
};

/** Of those, the ones that claim that it was done already. */
const CLAIMS_DONE: ReadonlySet<string> = new Set(['UnlockConnector']);

/** Refusing status of each response that has one. */
const REFUSED: Readonly<Record<string, string>> = {
  CancelReservation: 'Rejected',
  CertificateSigned: 'Rejected',
  ChangeAvailability: 'Rejected',
  ClearCache: 'Rejected',
  CustomerInformation: 'Rejected',
  DataTransfer: 'Rejected',
  DeleteCertificate: 'Failed',
  GetBaseReport: 'Rejected',
  GetCompositeSchedule: 'Rejected',
  GetLog: 'Rejected',
  GetMonitoringReport: 'Rejected',
  GetReport: 'Rejected',
  InstallCertificate: 'Rejected',
  PublishFirmware: 'Rejected',
  RequestStartTransaction: 'Rejected',
  RequestStopTransaction: 'Rejected',
  ReserveNow: 'Rejected',
  Reset: 'Rejected',
  SendLocalList: 'Failed',
  SetChargingProfile: 'Rejected',
  SetDisplayMessage: 'Rejected',
  SetMonitoringBase: 'Rejected',
  SetMonitoringLevel: 'Rejected',
  SetNetworkProfile: 'Rejected',
  TriggerMessage: 'Rejected',
  UnlockConnector: 'UnlockFailed',
  UpdateFirmware: 'Rejected',
};

/** Words of 2.0.1 (part 2, appendix 5) for the reasons of a refusal; the others have none of their own. */
const REASON_CODES: Readonly<Record<string, ReasonCode>> = {
  'command.beyondLimits': 'InvalidValue',
  'command.sessionRuns': 'TxInProgress',
  'command.urlNotAllowed': 'InvalidURL',
  'setting.beyondLimits': 'InvalidValue',
  'setting.guarded': 'ReadOnly',
};

type Payload = Record<string, unknown>;

/** What the rules are asked about: one thing, or each variable of a list. */
export function factsOf201(action: string, payload: Payload): CommandFacts[] {
  const facts: CommandFacts = {
    name: NAMES[action] ?? 'other',
    connector: evseIn(payload),
    disturbs: disturbs(action, payload),
    canSayDeferred: action in DEFERRED && !CLAIMS_DONE.has(action),
    canBeHeld: action in DEFERRED,
    numbers: Object.fromEntries(
      Object.entries(payload).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    ),
    urls: urlsIn(payload),
    setting: null,
  };
  if (action !== 'SetVariables') return [facts];
  return itemsOf(payload).map((item) => ({ ...facts, setting: settingIn(item) }));
}

function evseIn({ evseId, evse }: Payload): number | null {
  const id = evseId ?? memberOf(evse, 'id');
  return typeof id === 'number' && id > 0 ? id : null;
}

/** Making an EVSE available again disturbs nobody. */
function disturbs(action: string, { operationalStatus }: Payload): boolean {
  return action === 'ChangeAvailability' ? operationalStatus !== 'Operative' : DISTURBING.has(action);
}

/** Every place of a command that names where to fetch something, or to send it. */
function urlsIn({ location, firmware, log }: Payload): string[] {
  const urls = [location, memberOf(firmware, 'location'), memberOf(log, 'remoteLocation')];
  return urls.filter((url) => typeof url === 'string');
}

interface SetVariable {
  attributeType?: string;
  attributeValue: string;
  component: { name: string };
  variable: { name: string; instance?: string };
}

function itemsOf({ setVariableData }: Payload): SetVariable[] {
  return setVariableData as SetVariable[];
}

/**
 * By the key that it is in 1.6, whatever EVSE or instance of the component it names; without one by its own name. A
 * bound of the setting has no value that could be within bounds.
 */
function settingIn({ attributeType, attributeValue, component, variable }: SetVariable): {
  key: string;
  value: string;
} {
  const row = rowOfVariable({ name: component.name }, variable);
  if (typeof row === 'string')
    return { key: variable.name, value: actualOnly(attributeType, attributeValue) };
  const text = valueTo16(row.value, attributeValue) ?? attributeValue;
  return { key: row.key, value: actualOnly(attributeType, text) };
}

function actualOnly(attributeType: string | undefined, text: string): string {
  return (attributeType ?? 'Actual') === 'Actual' ? text : '';
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

/**
 * CALLRESULT payload that refuses what no rule lets through: the charger's key and its network are not the CPMS's to
 * change behind this site, and their secrets are masked before anybody here sees them. Null: the rules decide.
 */
export function refusalAlways201(action: string, payload: Payload): Payload | null {
  const isNever =
    action === 'SetNetworkProfile' || (action === 'SetVariables' && itemsOf(payload).some(isKeyVariable));
  return isNever ? refusal201(action, payload, () => NEVER) : null;
}

const NEVER = { code: 'setting.guarded', text: "what a charger logs in with is not the CPMS's to change" };

/**
 * CALLRESULT payload that refuses a command with the reason, for a list of variables each with its own; null when it
 * can only be refused with a CALLERROR.
 */
export function refusal201(
  action: string,
  payload: Payload,
  why: (index: number) => Pick<CommandReason, 'code' | 'text'>,
): Payload | null {
  if (action === 'SetVariables')
    return {
      setVariableResult: itemsOf(payload).map((item, index) => ({
        ...resultFor(item, 'Rejected'),
        attributeStatusInfo: infoOf(why(index)),
      })),
    };
  const status = REFUSED[action];
  return status === undefined ? null : { status, statusInfo: infoOf(why(0)) };
}

function infoOf({ code, text }: Pick<CommandReason, 'code' | 'text'>): Payload {
  return statusInfo(REASON_CODES[code] ?? 'Unspecified', text);
}

/** CALLRESULT payload for variables that are kept here. */
export function keptVariables201(payload: Payload): Payload {
  return { setVariableResult: itemsOf(payload).map((item) => resultFor(item, 'Accepted')) };
}

function resultFor({ attributeType, component, variable }: SetVariable, attributeStatus: string): Payload {
  return { ...(attributeType === undefined ? {} : { attributeType }), attributeStatus, component, variable };
}

/** CALLRESULT payload that defers the command, or counts it as done; null when there is none. */
export function deferralAnswer201(action: string): string | null {
  return DEFERRED[action] ?? null;
}
