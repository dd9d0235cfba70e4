import type { OcppVersion } from '../../ocpp-version.ts';
import { withErrorCodeOf } from '../call-error-codes.ts';
import { customDataIn } from '../custom-data.ts';
import { dataTransferTo16, dataTransferTo201 } from '../data-transfer.ts';
import type { CallMapper, Mapped, OcppCall } from '../mapping.ts';
import { answerAt, callError, type Translation } from '../outcome.ts';
import { authorizeTo16, authorizeTo201 } from './authorize.ts';
import { bootTo16, bootTo201 } from './boot.ts';
import { meterValuesTo16Call, meterValuesTo201Call } from './meter-values.ts';
import { NO_COUNTERPART_IN_16 } from './no-counterpart.ts';
import * as notices from './notices.ts';
import { statusNotificationTo16, statusNotificationTo201 } from './status.ts';
import { transactionEvent } from './transaction-event.ts';
import { endedTo201, startedTo201 } from './transaction-to201.ts';

/** Every request that a 1.6 charger makes, towards a CPMS of 2.0.1. */
const TO_201: ReadonlyMap<string, Translation> = new Map(
  Object.entries({
    Authorize: authorizeTo201,
    BootNotification: bootTo201,
    DataTransfer: dataTransferTo201,
    DiagnosticsStatusNotification: notices.diagnosticsStatusTo201,
    FirmwareStatusNotification: notices.firmwareStatusTo201,
    Heartbeat: notices.heartbeat,
    LogStatusNotification: notices.logStatusTo201,
    MeterValues: meterValuesTo201Call,
    SecurityEventNotification: notices.securityEvent,
    SignCertificate: notices.signCertificateTo201,
    SignedFirmwareStatusNotification: notices.signedFirmwareStatusTo201,
    StartTransaction: startedTo201,
    StatusNotification: statusNotificationTo201,
    StopTransaction: endedTo201,
  }),
);

/** Every request that a 2.0.1 charger makes, towards a CPMS of 1.6. */
const TO_16: ReadonlyMap<string, Translation> = new Map(
  Object.entries({
    ...NO_COUNTERPART_IN_16,
    Authorize: authorizeTo16,
    BootNotification: bootTo16,
    DataTransfer: dataTransferTo16,
    FirmwareStatusNotification: notices.firmwareStatusTo16,
    Heartbeat: notices.heartbeat,
    LogStatusNotification: notices.logStatusTo16,
    MeterValues: meterValuesTo16Call,
    SecurityEventNotification: notices.securityEvent,
    SignCertificate: notices.signCertificateTo16,
    StatusNotification: statusNotificationTo16,
    TransactionEvent: transactionEvent,
  }),
);

/**
 * Translates the CALLs of a charger towards a CPMS of the other version (docs/ocpp-mapping.md). An action that no
 * charger of that version sends is answered NotImplemented.
 */
export const mapUp: CallMapper = (from, to, call, facts) => {
  if (from === to) return unchanged(call);
  const translate = (to === '2.0.1' ? TO_201 : TO_16).get(call.action);
  if (translate === undefined)
    return {
      outcome: 'answered',
      answer: callError('NotImplemented', 'unknown action'),
      reason: `no charger of OCPP ${from} sends ${call.action}`,
    };
  return completed(from, call, translate(call.payload, facts));
};

function unchanged(call: OcppCall): Mapped {
  return { outcome: 'sent', calls: [call], lost: [], answer: (answers) => answerAt(answers, 0) };
}

/** What is the same for all actions: what `customData` is lost, and how the asker spells error codes. */
function completed(from: OcppVersion, call: OcppCall, mapped: Mapped): Mapped {
  if (mapped.outcome === 'answered') return { ...mapped, answer: withErrorCodeOf(from, mapped.answer) };
  const customData = from === '1.6' ? [] : customDataIn(call.payload);
  return {
    ...mapped,
    lost: [...new Set([...mapped.lost, ...customData])],
    answer: (answers) => withErrorCodeOf(from, mapped.answer(answers)),
  };
}
