import {
  fields,
  refusal,
  refuse16,
  refuse201,
  sameStatus,
  sendOne,
  statusBy,
  statusInfo,
  type Translation,
} from '../outcome.ts';
import { connectorOf, type Evse, evseOf, lostConnector } from './evse.ts';

/** Reset, UnlockConnector, ChangeAvailability and ClearCache, which both versions have. */

export const resetTo201: Translation = ({ type }) =>
  sendOne(
    { action: 'Reset', payload: { type: type === 'Hard' ? 'Immediate' : 'OnIdle' } },
    [],
    // Scheduled is a promise to reset, and 1.6 has no other word for it.
    statusBy({ Accepted: 'Accepted', Scheduled: 'Accepted' }, 'Rejected'),
  );

export const resetTo16: Translation = ({ type, evseId }, facts) => {
  if (evseId !== undefined && evseId !== 0)
    return refuse201('Rejected', refusal('UnsupportedParam', 'OCPP 1.6 cannot reset one EVSE alone'));
  // Soft ends running transactions; OnIdle is meant to wait for their end.
  if (type === 'OnIdle' && facts.transaction !== undefined)
    return refuse201(
      'Rejected',
      refusal('TxInProgress', 'a soft reset of OCPP 1.6 would end the running transaction'),
    );
  const payload = { type: type === 'Immediate' ? 'Hard' : 'Soft' };
  return sendOne({ action: 'Reset', payload }, [], sameStatus('Accepted', 'Rejected'));
};

export const unlockTo201: Translation = (payload) => {
  const connectorId = payload.connectorId as number;
  if (connectorId <= 0)
    return refuse16('NotSupported', refusal('UnknownEvse', 'only connectors from 1 up can be unlocked'));
  return sendOne(
    { action: 'UnlockConnector', payload: { evseId: connectorId, connectorId: 1 } },
    [],
    // NotSupported is what 1.6 says for a connector that is not there.
    statusBy({ Unlocked: 'Unlocked', UnknownConnector: 'NotSupported' }, 'UnlockFailed'),
  );
};

export const unlockTo16: Translation = (payload, facts) => {
  const { evseId, connectorId } = payload as { evseId: number; connectorId: number };
  if (evseId <= 0) return refuse201('UnknownConnector', refusal('UnknownEvse', 'EVSEs are counted from 1'));
  // A 1.6 charger would end the transaction; 2.0.1 forbids that (F05).
  if (facts.transaction?.connector === evseId)
    return refuse201(
      'OngoingAuthorizedTransaction',
      refusal('TxInProgress', 'OCPP 1.6 would end the running transaction to unlock'),
    );
  return sendOne(
    { action: 'UnlockConnector', payload: { connectorId: evseId } },
    connectorId === 1 ? [] : ['connectorId'],
    ({ status }) =>
      status === 'NotSupported'
        ? {
            status: 'UnlockFailed',
            statusInfo: statusInfo('UnsupportedRequest', 'no such connector, or it has no lock'),
          }
        : { status: status === 'Unlocked' ? 'Unlocked' : 'UnlockFailed' },
  );
};

export const availabilityTo201: Translation = (payload) => {
  const { connectorId, type } = payload as { connectorId: number; type: string };
  if (connectorId < 0) return refuse16('Rejected', refusal('UnknownEvse', 'no connector is below 0'));
  return sendOne(
    {
      action: 'ChangeAvailability',
      payload: fields({ evse: evseOf(connectorId), operationalStatus: type }),
    },
    [],
    availabilityStatus,
  );
};

export const availabilityTo16: Translation = (payload) => {
  const { evse, operationalStatus } = payload as { evse?: Evse; operationalStatus: string };
  const connectorId = connectorOf(evse);
  if (connectorId < 0) return refuse201('Rejected', refusal('UnknownEvse', 'no EVSE is below 0'));
  return sendOne(
    { action: 'ChangeAvailability', payload: { connectorId, type: operationalStatus } },
    lostConnector(evse),
    availabilityStatus,
  );
};

const availabilityStatus = sameStatus('Accepted', 'Scheduled', 'Rejected');

export const clearCache: Translation = () =>
  sendOne({ action: 'ClearCache', payload: {} }, [], sameStatus('Accepted', 'Rejected'));
