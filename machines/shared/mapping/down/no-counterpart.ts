import type { Payload } from '../mapping.ts';
import { answerWith, notSupported, refusal, refuse201, statusInfo, type Translation } from '../outcome.ts';

/** Requests of OCPP 2.0.1 that 1.6 has nothing for, and what a 2.0.1 CPMS is told. */

function refusedAs(status: string, action: string): Translation {
  return () => refuse201(status, refusal('UnsupportedRequest', `OCPP 1.6 has no ${action}`));
}

/** One result for each monitor that was to be set. */
const setVariableMonitoring: Translation = (payload) => {
  const asked = payload.setMonitoringData as Payload[];
  const reason = 'OCPP 1.6 has no variable monitoring';
  return answerWith(
    {
      setMonitoringResult: asked.map(({ type, severity, component, variable }) => ({
        status: 'UnsupportedMonitorType',
        statusInfo: statusInfo('UnsupportedRequest', reason),
        type,
        severity,
        component,
        variable,
      })),
    },
    reason,
  );
};

const clearVariableMonitoring: Translation = (payload) => {
  const asked = payload.id as number[];
  return answerWith(
    { clearMonitoringResult: asked.map((id) => ({ status: 'NotFound', id })) },
    'OCPP 1.6 has no variable monitoring, so no monitor has this id',
  );
};

export const NO_COUNTERPART_IN_16: Readonly<Record<string, Translation>> = {
  ClearDisplayMessage: refusedAs('Unknown', 'display messages'),
  ClearVariableMonitoring: clearVariableMonitoring,
  CostUpdated: () => notSupported('OCPP 1.6 has no CostUpdated'),
  CustomerInformation: refusedAs('Rejected', 'CustomerInformation'),
  GetBaseReport: refusedAs('NotSupported', 'device model to report'),
  GetChargingProfiles: () => notSupported('OCPP 1.6 cannot list charging profiles'),
  GetDisplayMessages: refusedAs('Unknown', 'display messages'),
  GetMonitoringReport: refusedAs('NotSupported', 'variable monitoring'),
  GetReport: refusedAs('NotSupported', 'device model to report'),
  PublishFirmware: refusedAs('Rejected', 'PublishFirmware'),
  SetDisplayMessage: refusedAs('Rejected', 'display messages'),
  SetMonitoringBase: refusedAs('NotSupported', 'variable monitoring'),
  SetMonitoringLevel: refusedAs('Rejected', 'variable monitoring'),
  SetNetworkProfile: refusedAs('Rejected', 'network profiles'),
  SetVariableMonitoring: setVariableMonitoring,
  UnpublishFirmware: () =>
    answerWith({ status: 'NoFirmware' }, 'a charger of OCPP 1.6 publishes no firmware'),
};
