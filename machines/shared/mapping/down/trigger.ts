import type { Mapped } from '../mapping.ts';
import { fields, refusal, refuse16, refuse201, sameStatus, sendOne, type Translation } from '../outcome.ts';
import { connectorOf, type Evse, evseOf, lostConnector } from './evse.ts';

/** TriggerMessage, and the ExtendedTriggerMessage of the 1.6 security extension. */

const triggerStatus = sameStatus('Accepted', 'NotImplemented', 'Rejected');

/** Names of 1.6, of both its requests, that 2.0.1 spells otherwise. */
const NAMES_201: ReadonlyMap<string, string> = new Map([
  ['DiagnosticsStatusNotification', 'LogStatusNotification'],
  ['SignChargePointCertificate', 'SignChargingStationCertificate'],
]);

export const triggerTo201: Translation = (payload) => {
  const { requestedMessage, connectorId } = payload as { requestedMessage: string; connectorId?: number };
  if (connectorId !== undefined && connectorId < 0)
    return refuse16('Rejected', refusal('UnknownEvse', 'no connector is below 0'));
  const evse = evseOf(connectorId);
  return sendOne(
    {
      action: 'TriggerMessage',
      payload: fields({
        requestedMessage: NAMES_201.get(requestedMessage) ?? requestedMessage,
        // Statuses are those of a connector in 2.0.1, and refused without its number (F06).
        evse: evse && requestedMessage === 'StatusNotification' ? { ...evse, connectorId: 1 } : evse,
      }),
    },
    [],
    triggerStatus,
  );
};

/** What 1.6 calls it, and in which request. Absent: it has no such message. */
const TRIGGERS_16: ReadonlyMap<string, readonly [action: string, name: string]> = new Map([
  ['BootNotification', ['TriggerMessage', 'BootNotification']],
  ['FirmwareStatusNotification', ['TriggerMessage', 'FirmwareStatusNotification']],
  ['Heartbeat', ['TriggerMessage', 'Heartbeat']],
  // A log for diagnostics is asked for with GetDiagnostics.
  ['LogStatusNotification', ['TriggerMessage', 'DiagnosticsStatusNotification']],
  ['MeterValues', ['TriggerMessage', 'MeterValues']],
  ['SignChargingStationCertificate', ['ExtendedTriggerMessage', 'SignChargePointCertificate']],
  ['StatusNotification', ['TriggerMessage', 'StatusNotification']],
  ['TransactionEvent', ['TriggerMessage', 'MeterValues']],
]);

export const triggerTo16: Translation = (payload): Mapped => {
  const { requestedMessage, evse } = payload as { requestedMessage: string; evse?: Evse };
  const trigger = TRIGGERS_16.get(requestedMessage);
  if (trigger === undefined)
    return refuse201(
      'NotImplemented',
      refusal('UnsupportedRequest', `a charger of OCPP 1.6 has no ${requestedMessage}`),
    );
  const connectorId = connectorOf(evse);
  if (connectorId < 0) return refuse201('Rejected', refusal('UnknownEvse', 'no EVSE is below 0'));
  const [action, name] = trigger;
  return sendOne(
    {
      action,
      // Connector numbers of a trigger count from 1; none means all.
      payload: fields({ requestedMessage: name, connectorId: connectorId === 0 ? undefined : connectorId }),
    },
    lostConnector(evse),
    triggerStatus,
  );
};
