import type { CommandAnswer } from './charger-link.ts';
import type { Setting } from './charger-settings.ts';
import { isPayload, type Payload, textOf } from './ocpp-j.ts';

/** Variables of OCPP 2.0.1 as `Component.Variable`, and the key of the setting that each of them is. */
const KEYS: ReadonlyMap<string, string> = new Map([
  ['OCPPCommCtrlr.HeartbeatInterval', 'HeartbeatInterval'],
  ['SampledDataCtrlr.TxUpdatedInterval', 'MeterValueSampleInterval'],
  ['SampledDataCtrlr.TxUpdatedMeasurands', 'MeterValuesSampledData'],
  ['AuthCtrlr.LocalAuthorizeOffline', 'LocalAuthorizeOffline'],
  ['AuthCtrlr.AuthorizeRemoteStart', 'AuthorizeRemoteTxRequests'],
  ['TxCtrlr.StopTxOnInvalidId', 'StopTransactionOnInvalidId'],
  ['SmartChargingCtrlr.ProfileStackLevel', 'ChargeProfileMaxStackLevel'],
  ['SmartChargingCtrlr.PeriodsPerSchedule', 'ChargingScheduleMaxPeriods'],
]);
const COMPONENTS: ReadonlySet<string> = new Set([...KEYS.keys()].map((name) => name.split('.')[0]!));

type Settings = ReadonlyMap<string, Setting>;
type Found = { setting: Setting } | { attributeStatus: string };

export function getVariables(settings: Settings, { getVariableData }: Payload): CommandAnswer {
  return resultsOf('getVariableResult', getVariableData, (asked) => {
    const found = variableOf(settings, asked);
    if (!('setting' in found)) return found;
    return { attributeStatus: 'Accepted', attributeValue: found.setting.read() };
  });
}

export function setVariables(settings: Settings, { setVariableData }: Payload): CommandAnswer {
  return resultsOf('setVariableResult', setVariableData, (asked) => {
    const found = variableOf(settings, asked);
    if (!('setting' in found)) return found;
    const isWritten = !found.setting.isReadonly && found.setting.write(textOf(asked.attributeValue) ?? '');
    return { attributeStatus: isWritten ? 'Accepted' : 'Rejected' };
  });
}

/** One result per variable, with the names as they were asked for. */
function resultsOf(name: string, data: unknown, resultOf: (asked: Payload) => Payload): CommandAnswer {
  const asked = Array.isArray(data) ? (data as unknown[]).filter(isPayload) : [];
  const results = asked.map((one) => {
    const { component, variable, attributeType } = one;
    const type = attributeType === undefined ? {} : { attributeType };
    return { component, variable, ...type, ...resultOf(one) };
  });
  return { payload: { [name]: results } };
}

function variableOf(settings: Settings, { component, variable, attributeType }: Payload): Found {
  const componentName = isPayload(component) ? (textOf(component.name) ?? '') : '';
  const variableName = isPayload(variable) ? (textOf(variable.name) ?? '') : '';
  if (!COMPONENTS.has(componentName)) return { attributeStatus: 'UnknownComponent' };
  const setting = settings.get(KEYS.get(`${componentName}.${variableName}`) ?? '');
  if (!setting) return { attributeStatus: 'UnknownVariable' };
  if (attributeType !== undefined && attributeType !== 'Actual')
    return { attributeStatus: 'NotSupportedAttributeType' };
  return { setting };
}
