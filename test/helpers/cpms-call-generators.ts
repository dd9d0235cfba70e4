import fc, { type Arbitrary } from 'fast-check';
import { VARIABLE_KEYS } from '../../machines/shared/mapping/down/variable-table.ts';

/** Generated requests of a CPMS and responses of a charger, valid by the schemas of their version. */

export type Part = Arbitrary<unknown>;

/** An object with the fields of `required` always and those of `optional` sometimes. */
export function object(
  required: Record<string, Part>,
  optional: Record<string, Part> = {},
): Arbitrary<object> {
  return fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required) });
}

export const oneOf = (...words: string[]): Arbitrary<string> => fc.constantFrom(...words);
export const text = (max: number): Arbitrary<string> =>
  fc.oneof(
    fc.string({ maxLength: Math.min(max, 24) }),
    fc.string({ minLength: Math.min(max, 90), maxLength: max }),
  );
export const whole: Arbitrary<number> = fc.integer({ min: -3, max: 100_000 });
export const connector = fc.oneof(fc.integer({ min: 0, max: 4 }), whole);
export const moment: Arbitrary<string> = fc.oneof(
  fc
    .date({ min: new Date('1970-01-01'), max: new Date('9000-01-01'), noInvalidDate: true })
    .map((d) => d.toISOString()),
  oneOf('2026-02-28T10:00:00+01:00', '2026-11-25T09:00:00.123456Z', '2024-02-29T23:59:59-23:59'),
);
const uri = oneOf(
  'https://u:p%40@files.example:8443/a/b.bin?x=1#y',
  'ftp://10.0.0.9/log',
  'https://files.example',
);
const customData = object({ vendorId: text(255) });
export const withCustom = { customData };
export const idTag = fc.oneof(
  text(20),
  oneOf('04A1B2C3', '04A1B2C3D4E5F6', 'DE8ACC12E46L89', '00112233445566AA'),
);
export const hash = {
  hashAlgorithm: oneOf('SHA256', 'SHA384', 'SHA512'),
  issuerNameHash: text(128),
  issuerKeyHash: text(128),
  serialNumber: text(40),
};
export const statusInfo = object({ reasonCode: text(20) }, { additionalInfo: text(512) });

/** Limits of 1.6: tenths. Of 2.0.1: any number. */
export const tenths = fc.integer({ min: 0, max: 1_000_000 }).map((n) => n / 10);
export const anyLimit = fc.oneof(
  tenths,
  fc.double({ min: 0, max: 500_000, noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -1e15, max: 1e15, noNaN: true }),
);
const period16 = object({ startPeriod: whole, limit: tenths }, { numberPhases: whole });
export const schedule16 = object(
  { chargingRateUnit: oneOf('A', 'W'), chargingSchedulePeriod: fc.array(period16, { maxLength: 4 }) },
  { duration: whole, startSchedule: moment, minChargingRate: tenths },
);
export const profile16 = object(
  {
    chargingProfileId: whole,
    stackLevel: whole,
    chargingProfilePurpose: oneOf('ChargePointMaxProfile', 'TxDefaultProfile', 'TxProfile'),
    chargingProfileKind: oneOf('Absolute', 'Recurring', 'Relative'),
    chargingSchedule: schedule16,
  },
  { transactionId: whole, recurrencyKind: oneOf('Daily', 'Weekly'), validFrom: moment, validTo: moment },
);
const period201 = object(
  { startPeriod: whole, limit: anyLimit },
  { numberPhases: fc.integer({ min: 1, max: 3 }), phaseToUse: fc.constant(2), ...withCustom },
);
const plainPeriod201 = object(
  { startPeriod: whole, limit: anyLimit },
  { numberPhases: fc.integer({ min: 1, max: 3 }) },
);
export const schedule201 = object(
  {
    id: whole,
    chargingRateUnit: oneOf('A', 'W'),
    chargingSchedulePeriod: fc.oneof(
      { weight: 4, arbitrary: fc.array(plainPeriod201, { minLength: 1, maxLength: 4 }) },
      fc.array(period201, { minLength: 1, maxLength: 4 }),
    ),
  },
  {
    duration: whole,
    startSchedule: moment,
    minChargingRate: anyLimit,
    salesTariff: fc.constant({ id: 1, salesTariffEntry: [{ relativeTimeInterval: { start: 0 } }] }),
  },
);
export const profile201 = object(
  {
    id: whole,
    stackLevel: whole,
    chargingProfilePurpose: oneOf(
      'ChargingStationMaxProfile',
      'TxDefaultProfile',
      'TxProfile',
      'ChargingStationExternalConstraints',
    ),
    chargingProfileKind: oneOf('Absolute', 'Recurring', 'Relative'),
    chargingSchedule: fc.oneof(
      { weight: 5, arbitrary: fc.array(schedule201, { minLength: 1, maxLength: 1 }) },
      fc.array(schedule201, { minLength: 2, maxLength: 3 }),
    ),
  },
  {
    transactionId: text(36),
    recurrencyKind: oneOf('Daily', 'Weekly'),
    validFrom: moment,
    validTo: moment,
    ...withCustom,
  },
);

export const idTagInfo = object(
  { status: oneOf('Accepted', 'Blocked', 'Expired', 'Invalid', 'ConcurrentTx') },
  { expiryDate: moment, parentIdTag: text(20) },
);
export const idToken = object(
  {
    idToken: fc.oneof({ weight: 4, arbitrary: idTag }, text(36)),
    type: oneOf(
      'Central',
      'eMAID',
      'ISO14443',
      'ISO15693',
      'KeyCode',
      'Local',
      'MacAddress',
      'NoAuthorization',
    ),
  },
  {
    additionalInfo: fc.array(object({ additionalIdToken: text(36), type: text(50) }), {
      minLength: 1,
      maxLength: 2,
    }),
    ...withCustom,
  },
);
const idTokenInfo = object(
  { status: oneOf('Accepted', 'Blocked', 'NoCredit', 'NotAtThisTime', 'Unknown', 'ConcurrentTx') },
  { cacheExpiryDateTime: moment, groupIdToken: idToken, chargingPriority: whole, language1: text(8) },
);
export const evse = object({ id: connector }, { connectorId: whole, ...withCustom });
const retrying = { retries: whole, retryInterval: whole };
const log = object(
  { remoteLocation: fc.oneof(uri, text(512)) },
  { oldestTimestamp: moment, latestTimestamp: moment },
);
const row = fc.constantFrom(...VARIABLE_KEYS);
const address = fc.oneof(
  {
    weight: 4,
    arbitrary: row.map(({ component, variable, instance }) => ({
      component: { name: component },
      variable: instance === undefined ? { name: variable } : { name: variable, instance },
    })),
  },
  fc.record({
    component: object({ name: text(50) }, { instance: text(50), evse }),
    variable: object({ name: text(50) }),
  }),
);
const key = fc.oneof({ weight: 4, arbitrary: row.map((each) => each.key) }, text(50));
const value = fc.oneof(oneOf('true', 'False', '60', 'Current,Power', 'W', '0123456789abcdef'), text(1000));
const attributeType = oneOf('Actual', 'Target', 'MinSet', 'MaxSet');
const addressed = (required: Record<string, Part>, optional: Record<string, Part> = {}): Part =>
  fc.tuple(address, object(required, optional)).map(([at, rest]) => ({ ...rest, ...at }));
export const some = (part: Part, maxLength = 4): Part => fc.array(part, { minLength: 1, maxLength });
const monitor = addressed({
  value: whole,
  type: oneOf('UpperThreshold', 'Delta', 'Periodic'),
  severity: fc.integer({ min: 0, max: 9 }),
});
const message = object({ format: oneOf('UTF8', 'URI'), content: text(512) });
const answer201 = (...words: string[]): Part => object({ status: oneOf(...words) }, { statusInfo });
const answer16 = (...words: string[]): Part => object({ status: oneOf(...words) });

export const REQUESTS_16: Readonly<Record<string, Part>> = {
  CancelReservation: object({ reservationId: whole }),
  CertificateSigned: object({ certificateChain: text(10_000) }),
  ChangeAvailability: object({ connectorId: connector, type: oneOf('Operative', 'Inoperative') }),
  ChangeConfiguration: object({ key, value: fc.oneof(value, text(2048)) }),
  ClearCache: object({}),
  ClearChargingProfile: object(
    {},
    {
      id: whole,
      connectorId: connector,
      stackLevel: whole,
      chargingProfilePurpose: oneOf('ChargePointMaxProfile', 'TxDefaultProfile', 'TxProfile'),
    },
  ),
  DataTransfer: object({ vendorId: text(255) }, { messageId: text(50), data: text(900) }),
  DeleteCertificate: object({ certificateHashData: object(hash) }),
  ExtendedTriggerMessage: object(
    {
      requestedMessage: oneOf(
        'BootNotification',
        'LogStatusNotification',
        'FirmwareStatusNotification',
        'Heartbeat',
        'MeterValues',
        'SignChargePointCertificate',
        'StatusNotification',
      ),
    },
    { connectorId: connector },
  ),
  GetCompositeSchedule: object(
    { connectorId: connector, duration: whole },
    { chargingRateUnit: oneOf('A', 'W') },
  ),
  GetConfiguration: object({}, { key: fc.array(key, { maxLength: 6 }) }),
  GetDiagnostics: object({ location: uri }, { ...retrying, startTime: moment, stopTime: moment }),
  GetInstalledCertificateIds: object({
    certificateType: oneOf('CentralSystemRootCertificate', 'ManufacturerRootCertificate'),
  }),
  GetLocalListVersion: object({}),
  GetLog: object({ log, logType: oneOf('DiagnosticsLog', 'SecurityLog'), requestId: whole }, retrying),
  InstallCertificate: object({
    certificateType: oneOf('CentralSystemRootCertificate', 'ManufacturerRootCertificate'),
    certificate: text(5500),
  }),
  RemoteStartTransaction: object({ idTag }, { connectorId: connector, chargingProfile: profile16 }),
  RemoteStopTransaction: object({ transactionId: whole }),
  ReserveNow: object(
    { connectorId: connector, expiryDate: moment, idTag, reservationId: whole },
    { parentIdTag: idTag },
  ),
  Reset: object({ type: oneOf('Hard', 'Soft') }),
  SendLocalList: object(
    { listVersion: whole, updateType: oneOf('Full', 'Differential') },
    {
      localAuthorizationList: fc.array(object({ idTag }, { idTagInfo }), { maxLength: 4 }),
    },
  ),
  SetChargingProfile: object({ connectorId: connector, csChargingProfiles: profile16 }),
  SignedUpdateFirmware: object(
    {
      requestId: whole,
      firmware: object(
        {
          location: text(512),
          retrieveDateTime: moment,
          signingCertificate: text(5500),
          signature: text(800),
        },
        { installDateTime: moment },
      ),
    },
    retrying,
  ),
  TriggerMessage: object(
    {
      requestedMessage: oneOf(
        'BootNotification',
        'DiagnosticsStatusNotification',
        'FirmwareStatusNotification',
        'Heartbeat',
        'MeterValues',
        'StatusNotification',
      ),
    },
    { connectorId: connector },
  ),
  UnlockConnector: object({ connectorId: connector }),
  UpdateFirmware: object({ location: uri, retrieveDate: moment }, retrying),
};

export const REQUESTS_201: Readonly<Record<string, Part>> = {
  CancelReservation: object({ reservationId: whole }, withCustom),
  CertificateSigned: object(
    { certificateChain: text(10_000) },
    { certificateType: oneOf('ChargingStationCertificate', 'V2GCertificate') },
  ),
  ChangeAvailability: object(
    { operationalStatus: oneOf('Operative', 'Inoperative') },
    { evse, ...withCustom },
  ),
  ClearCache: object({}, withCustom),
  ClearChargingProfile: object(
    {},
    {
      chargingProfileId: whole,
      chargingProfileCriteria: object(
        {},
        {
          evseId: connector,
          stackLevel: whole,
          chargingProfilePurpose: oneOf(
            'ChargingStationMaxProfile',
            'TxDefaultProfile',
            'TxProfile',
            'ChargingStationExternalConstraints',
          ),
        },
      ),
    },
  ),
  ClearDisplayMessage: object({ id: whole }),
  ClearVariableMonitoring: object({ id: some(whole) }),
  CostUpdated: object({ totalCost: tenths, transactionId: text(36) }),
  CustomerInformation: object({ requestId: whole, report: fc.boolean(), clear: fc.boolean() }, { idToken }),
  DataTransfer: object({ vendorId: text(255) }, { messageId: text(50), data: fc.jsonValue(), ...withCustom }),
  DeleteCertificate: object({ certificateHashData: object(hash, withCustom) }),
  GetBaseReport: object({ requestId: whole, reportBase: oneOf('FullInventory', 'SummaryInventory') }),
  GetChargingProfiles: object({ requestId: whole, chargingProfile: object({}) }, { evseId: connector }),
  GetCompositeSchedule: object({ evseId: connector, duration: whole }, { chargingRateUnit: oneOf('A', 'W') }),
  GetDisplayMessages: object({ requestId: whole }),
  GetInstalledCertificateIds: object(
    {},
    {
      certificateType: some(
        oneOf(
          'V2GRootCertificate',
          'MORootCertificate',
          'CSMSRootCertificate',
          'V2GCertificateChain',
          'ManufacturerRootCertificate',
        ),
      ),
    },
  ),
  GetLocalListVersion: object({}),
  GetLog: object({ log, logType: oneOf('DiagnosticsLog', 'SecurityLog'), requestId: whole }, retrying),
  GetMonitoringReport: object({ requestId: whole }),
  GetReport: object({ requestId: whole }),
  GetTransactionStatus: object({}, { transactionId: text(36) }),
  GetVariables: object({ getVariableData: some(addressed({}, { attributeType }), 52) }),
  InstallCertificate: object({
    certificateType: oneOf(
      'V2GRootCertificate',
      'MORootCertificate',
      'CSMSRootCertificate',
      'ManufacturerRootCertificate',
    ),
    certificate: text(5500),
  }),
  PublishFirmware: object({ location: text(512), checksum: text(32), requestId: whole }, retrying),
  RequestStartTransaction: object(
    { idToken, remoteStartId: whole },
    { evseId: connector, groupIdToken: idToken, chargingProfile: profile201 },
  ),
  RequestStopTransaction: object({ transactionId: text(36) }),
  ReserveNow: object(
    { id: whole, expiryDateTime: moment, idToken },
    { evseId: connector, groupIdToken: idToken, connectorType: oneOf('cCCS2', 'sType2') },
  ),
  Reset: object({ type: oneOf('Immediate', 'OnIdle') }, { evseId: connector }),
  SendLocalList: object(
    { versionNumber: whole, updateType: oneOf('Full', 'Differential') },
    {
      localAuthorizationList: some(
        object({ idToken: object({ idToken: idTag, type: oneOf('Central', 'ISO14443') }) }, { idTokenInfo }),
      ),
    },
  ),
  SetChargingProfile: object({ evseId: connector, chargingProfile: profile201 }),
  SetDisplayMessage: object({
    message: object({ id: whole, priority: oneOf('AlwaysFront', 'InFront'), message }),
  }),
  SetMonitoringBase: object({ monitoringBase: oneOf('All', 'FactoryDefault') }),
  SetMonitoringLevel: object({ severity: whole }),
  SetNetworkProfile: object({
    configurationSlot: whole,
    connectionData: object({
      ocppVersion: oneOf('OCPP20'),
      ocppTransport: oneOf('JSON'),
      ocppCsmsUrl: text(512),
      messageTimeout: whole,
      securityProfile: whole,
      ocppInterface: oneOf('Wired0', 'Wireless0'),
    }),
  }),
  SetVariableMonitoring: object({ setMonitoringData: some(monitor) }),
  SetVariables: object({
    setVariableData: some(addressed({ attributeValue: value }, { attributeType }), 52),
  }),
  TriggerMessage: object(
    {
      requestedMessage: oneOf(
        'BootNotification',
        'LogStatusNotification',
        'FirmwareStatusNotification',
        'Heartbeat',
        'MeterValues',
        'SignChargingStationCertificate',
        'SignV2GCertificate',
        'StatusNotification',
        'TransactionEvent',
        'SignCombinedCertificate',
        'PublishFirmwareStatusNotification',
      ),
    },
    { evse },
  ),
  UnlockConnector: object({ evseId: connector, connectorId: whole }),
  UnpublishFirmware: object({ checksum: text(32) }),
  UpdateFirmware: object(
    {
      requestId: whole,
      firmware: object(
        { location: fc.oneof(uri, text(512)), retrieveDateTime: moment },
        { installDateTime: moment, signingCertificate: text(5500), signature: text(800) },
      ),
    },
    retrying,
  ),
};

/** What a charger of 1.6 answers to the requests that a 2.0.1 CPMS's are turned into. */
export const RESPONSES_16: Readonly<Record<string, Part>> = {
  CancelReservation: answer16('Accepted', 'Rejected'),
  CertificateSigned: answer16('Accepted', 'Rejected'),
  ChangeAvailability: answer16('Accepted', 'Rejected', 'Scheduled'),
  ChangeConfiguration: answer16('Accepted', 'Rejected', 'RebootRequired', 'NotSupported'),
  ClearCache: answer16('Accepted', 'Rejected'),
  ClearChargingProfile: answer16('Accepted', 'Unknown'),
  DataTransfer: object({ status: oneOf('Accepted', 'UnknownVendorId') }, { data: text(900) }),
  DeleteCertificate: answer16('Accepted', 'Failed', 'NotFound'),
  ExtendedTriggerMessage: answer16('Accepted', 'Rejected', 'NotImplemented'),
  GetCompositeSchedule: object(
    { status: oneOf('Accepted', 'Rejected') },
    { connectorId: whole, scheduleStart: moment, chargingSchedule: schedule16 },
  ),
  GetConfiguration: object(
    {},
    {
      configurationKey: fc.array(
        object({ key, readonly: fc.boolean() }, { value: fc.oneof(value, text(2048)) }),
        { maxLength: 5 },
      ),
      unknownKey: fc.array(key, { maxLength: 3 }),
    },
  ),
  GetDiagnostics: object({}, { fileName: text(255) }),
  GetInstalledCertificateIds: object(
    { status: oneOf('Accepted', 'NotFound') },
    { certificateHashData: some(object(hash)) },
  ),
  GetLocalListVersion: object({ listVersion: whole }),
  GetLog: object({ status: oneOf('Accepted', 'Rejected', 'AcceptedCanceled') }, { filename: text(255) }),
  InstallCertificate: answer16('Accepted', 'Failed', 'Rejected'),
  RemoteStartTransaction: answer16('Accepted', 'Rejected'),
  RemoteStopTransaction: answer16('Accepted', 'Rejected'),
  ReserveNow: answer16('Accepted', 'Faulted', 'Occupied', 'Rejected', 'Unavailable'),
  Reset: answer16('Accepted', 'Rejected'),
  SendLocalList: answer16('Accepted', 'Failed', 'NotSupported', 'VersionMismatch'),
  SetChargingProfile: answer16('Accepted', 'Rejected', 'NotSupported'),
  SignedUpdateFirmware: answer16(
    'Accepted',
    'Rejected',
    'AcceptedCanceled',
    'InvalidCertificate',
    'RevokedCertificate',
  ),
  TriggerMessage: answer16('Accepted', 'Rejected', 'NotImplemented'),
  UnlockConnector: answer16('Unlocked', 'UnlockFailed', 'NotSupported'),
  UpdateFirmware: object({}),
};

/** What a charger of 2.0.1 answers to the requests that a 1.6 CPMS's are turned into. */
export const RESPONSES_201: Readonly<Record<string, Part>> = {
  CancelReservation: answer201('Accepted', 'Rejected'),
  CertificateSigned: answer201('Accepted', 'Rejected'),
  ChangeAvailability: answer201('Accepted', 'Rejected', 'Scheduled'),
  ClearCache: answer201('Accepted', 'Rejected'),
  ClearChargingProfile: answer201('Accepted', 'Unknown'),
  DataTransfer: object(
    { status: oneOf('Accepted', 'UnknownMessageId') },
    { data: fc.jsonValue(), statusInfo },
  ),
  DeleteCertificate: answer201('Accepted', 'Failed', 'NotFound'),
  GetCompositeSchedule: object(
    { status: oneOf('Accepted', 'Rejected') },
    {
      schedule: object({
        evseId: whole,
        duration: whole,
        scheduleStart: moment,
        chargingRateUnit: oneOf('A', 'W'),
        chargingSchedulePeriod: some(period201),
      }),
    },
  ),
  GetInstalledCertificateIds: object(
    { status: oneOf('Accepted', 'NotFound') },
    {
      certificateHashDataChain: some(
        object({
          certificateType: oneOf('CSMSRootCertificate', 'ManufacturerRootCertificate', 'MORootCertificate'),
          certificateHashData: object(hash, withCustom),
        }),
      ),
    },
  ),
  GetLocalListVersion: object({ versionNumber: whole }),
  GetLog: object(
    { status: oneOf('Accepted', 'Rejected', 'AcceptedCanceled') },
    { filename: text(255), statusInfo },
  ),
  GetVariables: object({
    getVariableResult: some(
      addressed(
        {
          attributeStatus: oneOf(
            'Accepted',
            'Rejected',
            'UnknownComponent',
            'UnknownVariable',
            'NotSupportedAttributeType',
          ),
        },
        { attributeValue: fc.oneof(value, text(2500)) },
      ),
      8,
    ),
  }),
  InstallCertificate: answer201('Accepted', 'Failed', 'Rejected'),
  RequestStartTransaction: object(
    { status: oneOf('Accepted', 'Rejected') },
    { transactionId: text(36), statusInfo },
  ),
  RequestStopTransaction: answer201('Accepted', 'Rejected'),
  ReserveNow: answer201('Accepted', 'Faulted', 'Occupied', 'Rejected', 'Unavailable'),
  Reset: answer201('Accepted', 'Rejected', 'Scheduled'),
  SendLocalList: answer201('Accepted', 'Failed', 'VersionMismatch'),
  SetChargingProfile: answer201('Accepted', 'Rejected'),
  SetVariables: object({
    setVariableResult: some(
      addressed({
        attributeStatus: oneOf(
          'Accepted',
          'Rejected',
          'UnknownComponent',
          'UnknownVariable',
          'NotSupportedAttributeType',
          'RebootRequired',
        ),
      }),
      1,
    ),
  }),
  TriggerMessage: answer201('Accepted', 'Rejected', 'NotImplemented'),
  UnlockConnector: answer201('Unlocked', 'UnlockFailed', 'OngoingAuthorizedTransaction', 'UnknownConnector'),
  UpdateFirmware: answer201(
    'Accepted',
    'Rejected',
    'AcceptedCanceled',
    'InvalidCertificate',
    'RevokedCertificate',
  ),
};

export const callErrors: Arbitrary<{ code: string; description: string; details: Record<string, unknown> }> =
  fc.record({
    code: oneOf(
      'NotImplemented',
      'NotSupported',
      'InternalError',
      'GenericError',
      'FormationViolation',
      'FormatViolation',
      'OccurrenceConstraintViolation',
      'OccurenceConstraintViolation',
      'RpcFrameworkError',
    ),
    description: text(255),
    details: fc.constant({}),
  });
