import type { OcppVersion } from '../../ocpp-version.ts';
import { withErrorCodeOf } from '../call-error-codes.ts';
import { customDataIn } from '../custom-data.ts';
import { dataTransferTo16, dataTransferTo201 } from '../data-transfer.ts';
import type { CallMapper, Mapped, OcppCall } from '../mapping.ts';
import { callError, type Translation } from '../outcome.ts';
import * as certificates from './certificates.ts';
import { compositeTo16, compositeTo201 } from './composite-schedule.ts';
import { changeConfigurationTo201, getConfigurationTo201 } from './configuration-to201.ts';
import * as firmware from './firmware.ts';
import * as localList from './local-list.ts';
import { getDiagnosticsTo201, getLogTo16, getLogTo201 } from './log.ts';
import { NO_COUNTERPART_IN_16 } from './no-counterpart.ts';
import * as remote from './remote-transaction.ts';
import { cancelReservation, reserveTo16, reserveTo201 } from './reservation.ts';
import * as control from './session-control.ts';
import * as smartCharging from './smart-charging.ts';
import { triggerTo16, triggerTo201 } from './trigger.ts';
import { getVariablesTo16, setVariablesTo16 } from './variables-to16.ts';

/** Every request that a 1.6 CPMS makes, towards a charger of 2.0.1. */
const TO_201: ReadonlyMap<string, Translation> = new Map(
  Object.entries({
    CancelReservation: cancelReservation,
    CertificateSigned: certificates.certificateSignedTo201,
    ChangeAvailability: control.availabilityTo201,
    ChangeConfiguration: changeConfigurationTo201,
    ClearCache: control.clearCache,
    ClearChargingProfile: smartCharging.clearProfileTo201,
    DataTransfer: dataTransferTo201,
    DeleteCertificate: certificates.deleteCertificate,
    ExtendedTriggerMessage: triggerTo201,
    GetCompositeSchedule: compositeTo201,
    GetConfiguration: getConfigurationTo201,
    GetDiagnostics: getDiagnosticsTo201,
    GetInstalledCertificateIds: certificates.installedIdsTo201,
    GetLocalListVersion: localList.listVersionTo201,
    GetLog: getLogTo201,
    InstallCertificate: certificates.installTo201,
    RemoteStartTransaction: remote.remoteStartTo201,
    RemoteStopTransaction: remote.remoteStopTo201,
    ReserveNow: reserveTo201,
    Reset: control.resetTo201,
    SendLocalList: localList.sendListTo201,
    SetChargingProfile: smartCharging.setProfileTo201,
    SignedUpdateFirmware: firmware.signedUpdateFirmwareTo201,
    TriggerMessage: triggerTo201,
    UnlockConnector: control.unlockTo201,
    UpdateFirmware: firmware.updateFirmwareTo201,
  }),
);

/** Every request that a 2.0.1 CPMS makes, towards a charger of 1.6. */
const TO_16: ReadonlyMap<string, Translation> = new Map(
  Object.entries({
    ...NO_COUNTERPART_IN_16,
    CancelReservation: cancelReservation,
    CertificateSigned: certificates.certificateSignedTo16,
    ChangeAvailability: control.availabilityTo16,
    ClearCache: control.clearCache,
    ClearChargingProfile: smartCharging.clearProfileTo16,
    DataTransfer: dataTransferTo16,
    DeleteCertificate: certificates.deleteCertificate,
    GetCompositeSchedule: compositeTo16,
    GetInstalledCertificateIds: certificates.installedIdsTo16,
    GetLocalListVersion: localList.listVersionTo16,
    GetLog: getLogTo16,
    GetTransactionStatus: remote.transactionStatusTo16,
    GetVariables: getVariablesTo16,
    InstallCertificate: certificates.installTo16,
    RequestStartTransaction: remote.remoteStartTo16,
    RequestStopTransaction: remote.remoteStopTo16,
    ReserveNow: reserveTo16,
    Reset: control.resetTo16,
    SendLocalList: localList.sendListTo16,
    SetChargingProfile: smartCharging.setProfileTo16,
    SetVariables: setVariablesTo16,
    TriggerMessage: triggerTo16,
    UnlockConnector: control.unlockTo16,
    UpdateFirmware: firmware.updateFirmwareTo16,
  }),
);

/**
 * Translates the CALLs of a CPMS towards a charger of the other version (docs/ocpp-mapping-down.md).
 * An action that no CPMS of that version sends is answered NotImplemented.
 */
export const mapDown: CallMapper = (from, to, call, facts) => {
  if (from === to) return unchanged(call);
  const translate = (to === '2.0.1' ? TO_201 : TO_16).get(call.action);
  if (translate === undefined)
    return {
      outcome: 'answered',
      answer: callError('NotImplemented', 'unknown action'),
      reason: `no CPMS of OCPP ${from} sends ${call.action}`,
    };
  return completed(from, call, translate(call.payload, facts));
};

function unchanged(call: OcppCall): Mapped {
  return {
    outcome: 'sent',
    calls: [call],
    lost: [],
    answer: ([answer]) => answer ?? callError('GenericError', 'the charger did not answer'),
  };
}

/** What is the same for all actions: what `customData` is lost, and how the asker spells error codes. */
function completed(from: OcppVersion, call: OcppCall, mapped: Mapped): Mapped {
  if (mapped.outcome === 'answered') return { ...mapped, answer: withErrorCodeOf(from, mapped.answer) };
  return {
    ...mapped,
    lost: from === '1.6' ? mapped.lost : [...mapped.lost, ...customDataIn(call.payload)],
    answer: (answers) => withErrorCodeOf(from, mapped.answer(answers)),
  };
}
