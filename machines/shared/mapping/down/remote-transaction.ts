import type { CsChargingProfiles } from '../../charging-profile-types.ts';
import { type IdToken, idTagOf, idTokenOf, lostOfToken } from '../id-token.ts';
import type { LostField } from '../mapping.ts';
import {
  fields,
  isRefusal,
  notSupported,
  refusal,
  refuse16,
  refuse201,
  sameStatus,
  sendOne,
  type Translation,
} from '../outcome.ts';
import { type ChargingProfile201, profileForStartTo16, profileForStartTo201 } from './charging-profile.ts';
import { synthesisedId } from './synthesised-id.ts';

/** Starting and stopping from afar: RemoteStart/RemoteStopTransaction and RequestStart/RequestStopTransaction. */

const startStatus = sameStatus('Accepted', 'Rejected');

interface RemoteStartReq {
  connectorId?: number;
  idTag: string;
  chargingProfile?: CsChargingProfiles;
}

export const remoteStartTo201: Translation = (payload, facts) => {
  const { connectorId, idTag, chargingProfile } = payload as unknown as RemoteStartReq;
  if (connectorId !== undefined && connectorId < 0)
    return refuse16('Rejected', refusal('UnknownEvse', 'no connector is below 0'));
  // Without its limit the car is not started: that would be a higher limit.
  const profile = chargingProfile === undefined ? undefined : profileForStartTo201(chargingProfile);
  if (isRefusal(profile)) return refuse16('Rejected', profile);
  const remoteStartId =
    facts.transaction?.remoteStartId ?? synthesisedId(facts.nowMs, connectorId ?? 0, idTag);
  return sendOne(
    {
      action: 'RequestStartTransaction',
      payload: fields({
        // Many CPMS say connector 0 for "any", which 2.0.1 says by leaving it out.
        evseId: connectorId === 0 ? undefined : connectorId,
        idToken: idTokenOf(idTag),
        remoteStartId,
        chargingProfile: profile?.profile,
      }),
    },
    profile?.lost ?? [],
    startStatus,
  );
};

interface RequestStartReq {
  evseId?: number;
  idToken: IdToken;
  groupIdToken?: IdToken;
  chargingProfile?: ChargingProfile201;
}

export const remoteStartTo16: Translation = (payload) => {
  const { evseId, idToken, groupIdToken, chargingProfile } = payload as unknown as RequestStartReq;
  if (evseId !== undefined && evseId <= 0)
    return refuse201('Rejected', refusal('UnknownEvse', 'EVSEs are counted from 1'));
  const idTag = idTagOf(idToken);
  if (isRefusal(idTag)) return refuse201('Rejected', idTag);
  const profile = chargingProfile === undefined ? undefined : profileForStartTo16(chargingProfile);
  if (isRefusal(profile)) return refuse201('Rejected', profile);
  const lost: LostField[] = ['remoteStartId', ...lostOfToken('idToken', idToken)];
  if (groupIdToken !== undefined) lost.push('groupIdToken');
  return sendOne(
    {
      action: 'RemoteStartTransaction',
      payload: fields({ connectorId: evseId, idTag, chargingProfile: profile?.profile }),
    },
    [...lost, ...(profile?.lost ?? [])],
    startStatus,
  );
};

export const remoteStopTo201: Translation = (_payload, facts) => {
  const transactionId = facts.transaction?.transactionId;
  if (typeof transactionId !== 'string')
    return refuse16('Rejected', refusal('TxNotFound', 'the charger has no such transaction'));
  return sendOne({ action: 'RequestStopTransaction', payload: { transactionId } }, [], startStatus);
};

export const remoteStopTo16: Translation = (_payload, facts) => {
  const transactionId = facts.transaction?.transactionId;
  if (typeof transactionId !== 'number')
    return refuse201('Rejected', refusal('TxNotFound', 'the charger has no such transaction'));
  return sendOne({ action: 'RemoteStopTransaction', payload: { transactionId } }, [], startStatus);
};

/** A charger of 1.6 cannot tell; whoever keeps its messages can, and answers before it comes to this. */
export const transactionStatusTo16: Translation = () => notSupported('OCPP 1.6 has no GetTransactionStatus');
