import type { OcppVersion } from '../../../machines/shared/ocpp-version.ts';
import { ID_TAG, now, type Payload } from './peer-words.ts';

export type Command = readonly [action: string, payload: Payload];

/** What a CPMS commands, in the words of one version; as a charger of that version gets it. */
export interface CpmsCommands {
  remoteStart: Command;
  remoteStop(transactionId: unknown): Command;
  profile: Command;
  reset: Command;
  localList: Command;
}

export const PROFILE_ID = 4711;
const PERIODS = [{ startPeriod: 0, limit: 10 }];
const PROFILE = {
  stackLevel: 0,
  chargingProfilePurpose: 'TxDefaultProfile',
  chargingProfileKind: 'Relative',
};
const SCHEDULE = { chargingRateUnit: 'A', chargingSchedulePeriod: PERIODS };
const TOKEN = { idToken: ID_TAG, type: 'Central' };
const LISTED = { idToken: 'LISTED', type: 'Central' };
const ACCEPTED = { status: 'Accepted' };

export const COMMANDS: Readonly<Record<OcppVersion, CpmsCommands>> = {
  '1.6': {
    remoteStart: ['RemoteStartTransaction', { idTag: ID_TAG, connectorId: 1 }],
    remoteStop: (transactionId) => ['RemoteStopTransaction', { transactionId }],
    profile: [
      'SetChargingProfile',
      {
        connectorId: 1,
        csChargingProfiles: { chargingProfileId: PROFILE_ID, ...PROFILE, chargingSchedule: SCHEDULE },
      },
    ],
    reset: ['Reset', { type: 'Soft' }],
    localList: [
      'SendLocalList',
      {
        listVersion: 3,
        updateType: 'Full',
        localAuthorizationList: [{ idTag: LISTED.idToken, idTagInfo: ACCEPTED }],
      },
    ],
  },
  '2.0.1': {
    remoteStart: ['RequestStartTransaction', { idToken: TOKEN, evseId: 1, remoteStartId: 77 }],
    remoteStop: (transactionId) => ['RequestStopTransaction', { transactionId }],
    profile: [
      'SetChargingProfile',
      {
        evseId: 1,
        chargingProfile: { id: PROFILE_ID, ...PROFILE, chargingSchedule: [{ id: PROFILE_ID, ...SCHEDULE }] },
      },
    ],
    reset: ['Reset', { type: 'OnIdle' }],
    localList: [
      'SendLocalList',
      {
        versionNumber: 3,
        updateType: 'Full',
        localAuthorizationList: [{ idToken: LISTED, idTokenInfo: ACCEPTED }],
      },
    ],
  },
};

/** Answers of a CPMS that accepts everything and counts transactions from 1. */
export function cpmsAnswers(version: OcppVersion): (action: string, payload: Payload) => Payload {
  let transactions = 0;
  return (action, payload) => {
    if (action === 'BootNotification') return { ...ACCEPTED, currentTime: now(), interval: 300 };
    if (action === 'Heartbeat') return { currentTime: now() };
    if (action === 'StartTransaction') return { transactionId: ++transactions, idTagInfo: ACCEPTED };
    if (action === 'Authorize')
      return version === '1.6' ? { idTagInfo: ACCEPTED } : { idTokenInfo: ACCEPTED };
    if (action === 'TransactionEvent' && payload.idToken) return { idTokenInfo: ACCEPTED };
    return {};
  };
}

/** Answers of a charger that does what it is told, but has no settings and nothing to trigger. */
export function chargerAnswers(action: string, payload: Payload): Payload {
  if (action === 'TriggerMessage') return { status: 'NotImplemented' };
  if (action === 'GetConfiguration') return { configurationKey: [], unknownKey: payload.key ?? [] };
  if (action === 'GetVariables') return { getVariableResult: unknownVariables(payload.getVariableData) };
  if (action === 'SetVariables') return { setVariableResult: unknownVariables(payload.setVariableData) };
  return ACCEPTED;
}

function unknownVariables(asked: unknown): Payload[] {
  return (asked as Payload[]).map(({ component, variable }) => ({
    attributeStatus: 'UnknownVariable',
    component,
    variable,
  }));
}
