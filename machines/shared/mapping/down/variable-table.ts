/**
 * The standard configuration keys of OCPP 1.6 (core 9, security extension) that a standard variable of 2.0.1
 * (part 2, referenced components and variables) means the same by. Units are the same throughout: seconds, watt hours.
 *
 * Left out because 2.0.1 gives them as characteristic, which GetVariables does not read: LocalAuthListMaxLength,
 * MaxChargingProfilesInstalled, CertificateStoreMaxLength and the `…MaxLength` of measurand lists.
 */
export interface VariableKey {
  key: string;
  component: string;
  variable: string;
  /** Instance of the variable. */
  instance?: string;
  access: 'readWrite' | 'readOnly' | 'writeOnly';
  value: ValueKind;
}

/** How the text of a value differs between the versions. */
export type ValueKind = 'same' | 'boolean' | 'rateUnits' | 'password';

type Row = readonly [key: string, variable: string, access?: VariableKey['access'], value?: ValueKind];

/** Variables as `Component.Variable` or `Component.Variable[Instance]`. */
const ROWS: readonly Row[] = [
  ['HeartbeatInterval', 'OCPPCommCtrlr.HeartbeatInterval'],
  ['WebSocketPingInterval', 'OCPPCommCtrlr.WebSocketPingInterval'],
  ['ResetRetries', 'OCPPCommCtrlr.ResetRetries'],
  ['TransactionMessageAttempts', 'OCPPCommCtrlr.MessageAttempts[TransactionEvent]'],
  ['TransactionMessageRetryInterval', 'OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]'],
  ['UnlockConnectorOnEVSideDisconnect', 'OCPPCommCtrlr.UnlockOnEVSideDisconnect', 'readWrite', 'boolean'],
  ['SupportedFileTransferProtocols', 'OCPPCommCtrlr.FileTransferProtocols', 'readOnly'],
  ['MeterValueSampleInterval', 'SampledDataCtrlr.TxUpdatedInterval'],
  ['MeterValuesSampledData', 'SampledDataCtrlr.TxUpdatedMeasurands'],
  ['StopTxnSampledData', 'SampledDataCtrlr.TxEndedMeasurands'],
  ['ClockAlignedDataInterval', 'AlignedDataCtrlr.Interval'],
  ['MeterValuesAlignedData', 'AlignedDataCtrlr.Measurands'],
  ['StopTxnAlignedData', 'AlignedDataCtrlr.TxEndedMeasurands'],
  ['AuthorizeRemoteTxRequests', 'AuthCtrlr.AuthorizeRemoteStart', 'readWrite', 'boolean'],
  ['LocalAuthorizeOffline', 'AuthCtrlr.LocalAuthorizeOffline', 'readWrite', 'boolean'],
  ['LocalPreAuthorize', 'AuthCtrlr.LocalPreAuthorize', 'readWrite', 'boolean'],
  ['AllowOfflineTxForUnknownId', 'AuthCtrlr.OfflineTxForUnknownIdEnabled', 'readWrite', 'boolean'],
  ['AuthorizationCacheEnabled', 'AuthCacheCtrlr.Enabled', 'readWrite', 'boolean'],
  ['LocalAuthListEnabled', 'LocalAuthListCtrlr.Enabled', 'readWrite', 'boolean'],
  ['SendLocalListMaxLength', 'LocalAuthListCtrlr.ItemsPerMessage', 'readOnly'],
  ['ConnectionTimeOut', 'TxCtrlr.EVConnectionTimeOut'],
  ['MaxEnergyOnInvalidId', 'TxCtrlr.MaxEnergyOnInvalidId'],
  ['StopTransactionOnEVSideDisconnect', 'TxCtrlr.StopTxOnEVSideDisconnect', 'readWrite', 'boolean'],
  ['StopTransactionOnInvalidId', 'TxCtrlr.StopTxOnInvalidId', 'readWrite', 'boolean'],
  ['ChargeProfileMaxStackLevel', 'SmartChargingCtrlr.ProfileStackLevel', 'readOnly'],
  ['ChargingScheduleAllowedChargingRateUnit', 'SmartChargingCtrlr.RateUnit', 'readOnly', 'rateUnits'],
  ['ChargingScheduleMaxPeriods', 'SmartChargingCtrlr.PeriodsPerSchedule', 'readOnly'],
  ['ConnectorSwitch3to1PhaseSupported', 'SmartChargingCtrlr.Phases3to1', 'readOnly', 'boolean'],
  ['ReserveConnectorZeroSupported', 'ReservationCtrlr.NonEvseSpecific', 'readOnly', 'boolean'],
  ['GetConfigurationMaxKeys', 'DeviceDataCtrlr.ItemsPerMessage[GetVariables]', 'readOnly'],
  ['AdditionalRootCertificateCheck', 'SecurityCtrlr.AdditionalRootCertificateCheck', 'readOnly', 'boolean'],
  ['AuthorizationKey', 'SecurityCtrlr.BasicAuthPassword', 'writeOnly', 'password'],
  ['CertSigningRepeatTimes', 'SecurityCtrlr.CertSigningRepeatTimes'],
  ['CertSigningWaitMinimum', 'SecurityCtrlr.CertSigningWaitMinimum'],
  ['CertificateSignedMaxChainSize', 'SecurityCtrlr.MaxCertificateChainSize', 'readOnly'],
  ['CpoName', 'SecurityCtrlr.OrganizationName'],
  // 2.0.1 changes it with a network profile, not as a variable.
  ['SecurityProfile', 'SecurityCtrlr.SecurityProfile', 'readOnly'],
];

function parsed([key, text, access = 'readWrite', value = 'same']: Row): VariableKey {
  const [, component = '', variable = '', instance] = /^(\w+)\.(\w+)(?:\[(\w+)\])?$/.exec(text) ?? [];
  const row = { key, component, variable, access, value };
  return instance === undefined ? row : { ...row, instance };
}

export const VARIABLE_KEYS: readonly VariableKey[] = ROWS.map(parsed);
