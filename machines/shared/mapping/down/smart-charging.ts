import type { CsChargingProfiles } from '../../charging-profile-types.ts';
import type { LostField, Mapped, Payload } from '../mapping.ts';
import {
  answerAt,
  answerWith,
  fields,
  isRefusal,
  refusal,
  refuse16,
  refuse201,
  sameStatus,
  sendOne,
  statusInfo,
  type Translation,
  whenUnsupported,
} from '../outcome.ts';
import { type ChargingProfile201, profileTo16, profileTo201 } from './charging-profile.ts';

/** SetChargingProfile and ClearChargingProfile. */

const TX_NOT_FOUND = refusal('TxNotFound', 'the charger has no transaction that the profile could be for');

export const setProfileTo201: Translation = (payload, facts) => {
  const { connectorId, csChargingProfiles: given } = payload as unknown as {
    connectorId: number;
    csChargingProfiles: CsChargingProfiles;
  };
  if (connectorId < 0) return refuse16('Rejected', refusal('UnknownEvse', 'no connector is below 0'));
  const isForTransaction = given.chargingProfilePurpose === 'TxProfile';
  if (!isForTransaction && given.transactionId !== undefined)
    return refuse16('Rejected', refusal('InvalidProfile', 'only a TxProfile is for a transaction'));
  // 1.6 may leave the id out and mean whatever runs there; 2.0.1 wants it.
  const transactionId = facts.transaction?.transactionId;
  if (isForTransaction && typeof transactionId !== 'string') return refuse16('Rejected', TX_NOT_FOUND);
  const translated = profileTo201(given, isForTransaction ? String(transactionId) : undefined);
  if (isRefusal(translated)) return refuse16('Rejected', translated);
  const sent = sendOne(
    { action: 'SetChargingProfile', payload: { evseId: connectorId, chargingProfile: translated.profile } },
    translated.lost,
    sameStatus('Accepted', 'Rejected'),
  );
  return whenUnsupported(sent, { status: 'NotSupported' });
};

export const setProfileTo16: Translation = (payload, facts) => {
  const { evseId, chargingProfile: given } = payload as unknown as {
    evseId: number;
    chargingProfile: ChargingProfile201;
  };
  if (evseId < 0) return refuse201('Rejected', refusal('UnknownEvse', 'no EVSE is below 0'));
  const isForTransaction = given.chargingProfilePurpose === 'TxProfile';
  if (isForTransaction !== (given.transactionId !== undefined))
    return refuse201(
      'Rejected',
      refusal('InvalidProfile', 'a TxProfile, and only that, names its transaction'),
    );
  const transactionId = facts.transaction?.transactionId;
  if (isForTransaction && typeof transactionId !== 'number') return refuse201('Rejected', TX_NOT_FOUND);
  const translated = profileTo16(given, isForTransaction ? Number(transactionId) : undefined);
  if (isRefusal(translated)) return refuse201('Rejected', translated);
  return sendOne(
    {
      action: 'SetChargingProfile',
      payload: { connectorId: evseId, csChargingProfiles: translated.profile },
    },
    translated.lost,
    ({ status }) =>
      status === 'NotSupported'
        ? {
            status: 'Rejected',
            statusInfo: statusInfo('UnsupportedRequest', 'the charger has no smart charging'),
          }
        : { status: status === 'Accepted' ? 'Accepted' : 'Rejected' },
  );
};

interface ClearProfile16 {
  id?: number;
  connectorId?: number;
  chargingProfilePurpose?: string;
  stackLevel?: number;
}

/** The purposes that a CPMS can set; together they are all of its profiles. */
const PURPOSES_201 = ['TxProfile', 'TxDefaultProfile', 'ChargingStationMaxProfile'] as const;

export const clearProfileTo201: Translation = (payload) => {
  const { id, connectorId, chargingProfilePurpose, stackLevel } = payload as ClearProfile16;
  if (id !== undefined) {
    const lost = ['connectorId', 'chargingProfilePurpose', 'stackLevel'].filter(
      (field) => payload[field] !== undefined,
    );
    return clearIn201([{ chargingProfileId: id }], lost);
  }
  const purpose =
    chargingProfilePurpose === 'ChargePointMaxProfile' ? 'ChargingStationMaxProfile' : chargingProfilePurpose;
  const criteria = fields({ evseId: connectorId, chargingProfilePurpose: purpose, stackLevel });
  if (Object.keys(criteria).length > 0) return clearIn201([{ chargingProfileCriteria: criteria }], []);
  // 2.0.1 clears nothing without a criterion, so all profiles are cleared purpose by purpose.
  return clearIn201(
    PURPOSES_201.map((each) => ({ chargingProfileCriteria: { chargingProfilePurpose: each } })),
    [],
  );
};

function clearIn201(payloads: readonly Payload[], lost: readonly LostField[]): Mapped {
  return {
    outcome: 'sent',
    calls: payloads.map((payload) => ({ action: 'ClearChargingProfile', payload })),
    lost,
    answer(answers) {
      const all = payloads.map((_, index) => answerAt(answers, index));
      const failed = all.find((answer) => 'error' in answer);
      if (failed !== undefined) return failed;
      const isCleared = all.some((answer) => 'payload' in answer && answer.payload.status === 'Accepted');
      return { payload: { status: isCleared ? 'Accepted' : 'Unknown' } };
    },
  };
}

interface ClearProfile201 {
  chargingProfileId?: number;
  chargingProfileCriteria?: { evseId?: number; chargingProfilePurpose?: string; stackLevel?: number };
}

export const clearProfileTo16: Translation = (payload) => {
  const { chargingProfileId, chargingProfileCriteria = {} } = payload as ClearProfile201;
  const { evseId, chargingProfilePurpose, stackLevel } = chargingProfileCriteria;
  const clear = (criteria: Payload, lost: LostField[]): Mapped =>
    sendOne({ action: 'ClearChargingProfile', payload: criteria }, lost, sameStatus('Accepted', 'Unknown'));
  if (chargingProfileId !== undefined)
    return clear(
      { id: chargingProfileId },
      Object.keys(fields({ evseId, chargingProfilePurpose, stackLevel })).map(
        (field) => `chargingProfileCriteria.${field}`,
      ),
    );
  if (chargingProfilePurpose === 'ChargingStationExternalConstraints')
    return answerWith({ status: 'Unknown' }, 'OCPP 1.6 knows no external constraints');
  const criteria = fields({
    connectorId: evseId,
    chargingProfilePurpose:
      chargingProfilePurpose === 'ChargingStationMaxProfile'
        ? 'ChargePointMaxProfile'
        : chargingProfilePurpose,
    stackLevel,
  });
  // To a 1.6 charger an empty request means all of them, which a 2.0.1 CPMS cannot have asked for.
  if (Object.keys(criteria).length === 0)
    return answerWith({ status: 'Unknown' }, 'neither an id nor a criterion says which profile to clear');
  return clear(criteria, []);
};
