import { type IdToken, idTagOf, idTokenOf, lostOfToken } from '../id-token.ts';
import { instant } from '../instants.ts';
import type { LostField } from '../mapping.ts';
import {
  fields,
  isRefusal,
  refusal,
  refuse16,
  refuse201,
  sameStatus,
  sendOne,
  type Translation,
} from '../outcome.ts';

const reservationStatus = sameStatus('Accepted', 'Faulted', 'Occupied', 'Unavailable', 'Rejected');

interface ReserveNow16 {
  connectorId: number;
  expiryDate: string;
  idTag: string;
  parentIdTag?: string;
  reservationId: number;
}

export const reserveTo201: Translation = (payload) => {
  const { connectorId, expiryDate, idTag, parentIdTag, reservationId } = payload as unknown as ReserveNow16;
  const expiryDateTime = instant(expiryDate);
  if (expiryDateTime === null)
    return refuse16('Rejected', refusal('InvalidValue', 'expiryDate is no moment'));
  if (connectorId < 0) return refuse16('Rejected', refusal('UnknownEvse', 'no connector is below 0'));
  return sendOne(
    {
      action: 'ReserveNow',
      payload: fields({
        id: reservationId,
        expiryDateTime,
        idToken: idTokenOf(idTag),
        evseId: connectorId === 0 ? undefined : connectorId,
        groupIdToken: parentIdTag === undefined ? undefined : idTokenOf(parentIdTag),
      }),
    },
    [],
    reservationStatus,
  );
};

interface ReserveNow201 {
  id: number;
  expiryDateTime: string;
  connectorType?: string;
  idToken: IdToken;
  evseId?: number;
  groupIdToken?: IdToken;
}

export const reserveTo16: Translation = (payload) => {
  const { id, expiryDateTime, connectorType, idToken, evseId, groupIdToken } =
    payload as unknown as ReserveNow201;
  const idTag = idTagOf(idToken);
  if (isRefusal(idTag)) return refuse201('Rejected', idTag);
  const expiryDate = instant(expiryDateTime);
  if (expiryDate === null)
    return refuse201('Rejected', refusal('InvalidValue', 'expiryDateTime is no moment'));
  if (evseId !== undefined && evseId < 0)
    return refuse201('Rejected', refusal('UnknownEvse', 'no EVSE is below 0'));
  if (connectorType !== undefined && (evseId ?? 0) === 0)
    return refuse201('Rejected', refusal('UnsupportedParam', 'OCPP 1.6 cannot reserve a kind of connector'));
  const parent = groupIdToken === undefined ? undefined : idTagOf(groupIdToken);
  const lost: LostField[] = lostOfToken('idToken', idToken);
  if (connectorType !== undefined) lost.push('connectorType');
  // Without its group the reservation holds for fewer cards, never for more.
  if (isRefusal(parent)) lost.push('groupIdToken');
  else if (groupIdToken !== undefined) lost.push(...lostOfToken('groupIdToken', groupIdToken));
  return sendOne(
    {
      action: 'ReserveNow',
      payload: fields({
        connectorId: evseId ?? 0,
        expiryDate,
        idTag,
        parentIdTag: isRefusal(parent) ? undefined : parent,
        reservationId: id,
      }),
    },
    lost,
    reservationStatus,
  );
};

/** The same fields and words in both versions. */
export const cancelReservation: Translation = ({ reservationId }) =>
  sendOne(
    { action: 'CancelReservation', payload: { reservationId } },
    [],
    sameStatus('Accepted', 'Rejected'),
  );
