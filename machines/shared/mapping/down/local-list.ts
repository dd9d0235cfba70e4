import { idTagKey } from '../../idtag.ts';
import type { SendLocalListReq } from '../../ocpp16.ts';
import { type IdToken, idTagOf, idTokenOf, lostOfToken } from '../id-token.ts';
import { instant, isBadInstant, optionalInstant } from '../instants.ts';
import type { LostField, Payload } from '../mapping.ts';
import {
  fields,
  isRefusal,
  type Refusal,
  refusal,
  refuse16,
  refuse201,
  sendOne,
  statusBy,
  statusInfo,
  type Translation,
  whenUnsupported,
} from '../outcome.ts';

interface IdTagInfo16 {
  status: string;
  expiryDate?: string;
  parentIdTag?: string;
}

/** A list is taken over whole or not at all: a part of it under the version of the whole would be a lie. */
export const sendListTo201: Translation = (payload) => {
  const { listVersion, updateType, localAuthorizationList } = payload as unknown as SendLocalListReq;
  const entries = (localAuthorizationList ?? []) as Array<{ idTag: string; idTagInfo?: IdTagInfo16 }>;
  if (entries.some(({ idTagInfo }) => isBadInstant(idTagInfo?.expiryDate)))
    return refuse16('Failed', refusal('InvalidValue', 'the expiryDate of an entry is no moment'));
  const list = entries.map(({ idTag, idTagInfo }) =>
    fields({
      idToken: idTokenOf(idTag),
      idTokenInfo: idTagInfo === undefined ? undefined : tokenInfoOf(idTagInfo),
    }),
  );
  const sent = sendOne(
    {
      action: 'SendLocalList',
      payload: fields({
        versionNumber: listVersion,
        updateType,
        // 2.0.1 has no empty list; a full update without one clears it.
        localAuthorizationList: list.length === 0 ? undefined : list,
      }),
    },
    [],
    statusBy({ Accepted: 'Accepted', VersionMismatch: 'VersionMismatch' }, 'Failed'),
  );
  return whenUnsupported(sent, { status: 'NotSupported' });
};

function tokenInfoOf({ status, expiryDate, parentIdTag }: IdTagInfo16): Payload {
  return fields({
    status,
    cacheExpiryDateTime: optionalInstant(expiryDate),
    groupIdToken: parentIdTag === undefined ? undefined : idTokenOf(parentIdTag),
  });
}

interface IdTokenInfo201 {
  status: string;
  cacheExpiryDateTime?: string;
  groupIdToken?: IdToken;
  evseId?: number[];
  [other: string]: unknown;
}

interface Entry201 {
  idToken: IdToken;
  idTokenInfo?: IdTokenInfo201;
}

/** Authorisation statuses that 1.6 does not have. None of them lets anybody charge, and neither do these. */
const STATUS_16: ReadonlyMap<string, string> = new Map([
  ['NoCredit', 'Blocked'],
  ['NotAllowedTypeEVSE', 'Blocked'],
  ['NotAtThisLocation', 'Blocked'],
  ['NotAtThisTime', 'Blocked'],
  ['Unknown', 'Invalid'],
]);

const WITHOUT_PLACE = ['chargingPriority', 'language1', 'language2', 'personalMessage'];

export const sendListTo16: Translation = (payload) => {
  const { versionNumber, updateType, localAuthorizationList } = payload as {
    versionNumber: number;
    updateType: string;
    localAuthorizationList?: Entry201[];
  };
  const lost = new Set<LostField>();
  const list: Payload[] = [];
  for (const entry of localAuthorizationList ?? []) {
    const translated = entryTo16(entry, lost);
    if (isRefusal(translated)) return refuse201('Failed', translated);
    list.push(translated);
  }
  const cards = new Set(list.map(({ idTag }) => idTagKey(String(idTag))));
  // Tokens of different types may have the same text; one of their verdicts would stand for both.
  if (cards.size < list.length)
    return refuse201('Failed', refusal('InvalidIdToken', 'two tokens of the list are one idTag in OCPP 1.6'));
  return sendOne(
    {
      action: 'SendLocalList',
      payload: fields({
        listVersion: versionNumber,
        updateType,
        localAuthorizationList: localAuthorizationList === undefined ? undefined : list,
      }),
    },
    [...lost],
    ({ status }) =>
      status === 'NotSupported'
        ? { status: 'Failed', statusInfo: statusInfo('NotEnabled', 'the charger has no local list') }
        : { status: status === 'Accepted' || status === 'VersionMismatch' ? status : 'Failed' },
  );
};

function entryTo16({ idToken, idTokenInfo }: Entry201, lost: Set<LostField>): Payload | Refusal {
  const idTag = idTagOf(idToken);
  if (isRefusal(idTag)) return idTag;
  for (const field of lostOfToken('localAuthorizationList[].idToken', idToken)) lost.add(field);
  if (idTokenInfo === undefined) return { idTag };
  // Left out, the token would be good at every EVSE.
  if (idTokenInfo.evseId !== undefined)
    return refusal('UnsupportedParam', 'OCPP 1.6 cannot hold a token that is good at some EVSEs only');
  const { status, cacheExpiryDateTime, groupIdToken } = idTokenInfo;
  if (cacheExpiryDateTime !== undefined && instant(cacheExpiryDateTime) === null)
    return refusal('InvalidValue', 'the cacheExpiryDateTime of an entry is no moment');
  const info = 'localAuthorizationList[].idTokenInfo';
  for (const field of WITHOUT_PLACE) if (idTokenInfo[field] !== undefined) lost.add(`${info}.${field}`);
  const parent = groupIdToken === undefined ? undefined : idTagOf(groupIdToken);
  // Without its group the card stops and starts fewer sessions, never more.
  if (isRefusal(parent)) lost.add(`${info}.groupIdToken`);
  else if (groupIdToken !== undefined)
    for (const field of lostOfToken(`${info}.groupIdToken`, groupIdToken)) lost.add(field);
  return {
    idTag,
    idTagInfo: fields({
      status: STATUS_16.get(status) ?? status,
      expiryDate: optionalInstant(cacheExpiryDateTime),
      parentIdTag: isRefusal(parent) ? undefined : parent,
    }),
  };
}

/** 1.6 says -1 for "no local list supported", where 2.0.1 says 0, which in 1.6 means an empty list. */
export const listVersionTo201: Translation = () =>
  whenUnsupported(
    sendOne({ action: 'GetLocalListVersion', payload: {} }, [], ({ versionNumber }) => ({
      listVersion: versionNumber,
    })),
    { listVersion: -1 },
  );

export const listVersionTo16: Translation = () =>
  sendOne({ action: 'GetLocalListVersion', payload: {} }, [], ({ listVersion }) => ({
    versionNumber: Math.max(0, listVersion as number),
  }));
