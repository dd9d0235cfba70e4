import fc from 'fast-check';
import {
  connector,
  evse,
  hash,
  idTag,
  idTagInfo,
  idToken,
  moment,
  object,
  oneOf,
  type Part,
  schedule201,
  some,
  statusInfo,
  text,
  whole,
  withCustom,
} from './cpms-call-generators.ts';
import { meterValue16, meterValue201 } from './meter-value-generators.ts';

/** Generated requests of a charger and responses of a CPMS, valid by the schemas of their version. */

const FIRMWARE_CORE = [
  ...['Downloaded', 'DownloadFailed', 'Downloading', 'Idle', 'InstallationFailed', 'Installing', 'Installed'],
];
const FIRMWARE = [
  ...FIRMWARE_CORE,
  ...['DownloadScheduled', 'DownloadPaused', 'InstallRebooting', 'InstallScheduled'],
  ...['InstallVerificationFailed', 'InvalidSignature', 'SignatureVerified'],
];
const LOG = [
  ...['BadMessage', 'Idle', 'NotSupportedOperation', 'PermissionDenied', 'Uploaded', 'UploadFailure'],
  'Uploading',
];
const securityEvent = object({ type: text(50), timestamp: moment }, { techInfo: text(255) });

export const CHARGER_REQUESTS_16: Readonly<Record<string, Part>> = {
  Authorize: object({ idTag }),
  BootNotification: object(
    { chargePointVendor: text(20), chargePointModel: text(20) },
    {
      chargePointSerialNumber: text(25),
      chargeBoxSerialNumber: text(25),
      firmwareVersion: text(50),
      iccid: text(20),
      imsi: text(20),
      meterType: text(25),
      meterSerialNumber: text(25),
    },
  ),
  DataTransfer: object({ vendorId: text(255) }, { messageId: text(50), data: text(900) }),
  DiagnosticsStatusNotification: object({ status: oneOf('Idle', 'Uploaded', 'UploadFailed', 'Uploading') }),
  FirmwareStatusNotification: object({ status: oneOf(...FIRMWARE_CORE) }),
  Heartbeat: object({}),
  LogStatusNotification: object({ status: oneOf(...LOG) }, { requestId: whole }),
  MeterValues: object(
    { connectorId: connector, meterValue: fc.array(meterValue16, { maxLength: 4 }) },
    { transactionId: whole },
  ),
  SecurityEventNotification: securityEvent,
  SignCertificate: object({ csr: text(5500) }),
  SignedFirmwareStatusNotification: object({ status: oneOf(...FIRMWARE) }, { requestId: whole }),
  StartTransaction: object(
    { connectorId: connector, idTag, meterStart: fc.integer(), timestamp: moment },
    { reservationId: whole },
  ),
  StatusNotification: object(
    {
      connectorId: connector,
      errorCode: oneOf('NoError', 'GroundFailure', 'OtherError'),
      status: oneOf(
        ...['Available', 'Preparing', 'Charging', 'SuspendedEVSE', 'SuspendedEV', 'Finishing'],
        ...['Reserved', 'Unavailable', 'Faulted'],
      ),
    },
    { info: text(50), timestamp: moment, vendorId: text(255), vendorErrorCode: text(50) },
  ),
  StopTransaction: object(
    { meterStop: fc.integer(), timestamp: moment, transactionId: whole },
    {
      idTag,
      reason: oneOf(
        ...['EmergencyStop', 'EVDisconnected', 'HardReset', 'Local', 'Other', 'PowerLoss', 'Reboot'],
        ...['Remote', 'SoftReset', 'UnlockCommand', 'DeAuthorized'],
      ),
      transactionData: fc.array(meterValue16, { maxLength: 4 }),
    },
  ),
};

const TRIGGERS = [
  ...['Authorized', 'CablePluggedIn', 'ChargingRateChanged', 'ChargingStateChanged', 'Deauthorized'],
  ...['EnergyLimitReached', 'EVCommunicationLost', 'EVConnectTimeout', 'MeterValueClock'],
  ...['MeterValuePeriodic', 'TimeLimitReached', 'Trigger', 'UnlockCommand', 'StopAuthorized', 'EVDeparted'],
  ...['EVDetected', 'RemoteStop', 'RemoteStart', 'AbnormalCondition', 'SignedDataReceived', 'ResetCommand'],
];
export const STOPPED_REASONS: readonly string[] = [
  ...['DeAuthorized', 'EmergencyStop', 'EnergyLimitReached', 'EVDisconnected', 'GroundFault'],
  ...['ImmediateReset', 'Local', 'LocalOutOfCredit', 'MasterPass', 'Other', 'OvercurrentFault', 'PowerLoss'],
  ...['PowerQuality', 'Reboot', 'Remote', 'SOCLimitReached', 'StoppedByEV', 'TimeLimitReached', 'Timeout'],
];
const limitSource = oneOf('EMS', 'Other', 'SO', 'CSO');
const component = object({ name: text(50) }, { instance: text(50) });
const variable = object({ name: text(50) });

export const CHARGER_REQUESTS_201: Readonly<Record<string, Part>> = {
  Authorize: object(
    { idToken },
    {
      certificate: text(5500),
      iso15118CertificateHashData: some(object({ ...hash, responderURL: text(512) }), 2),
      ...withCustom,
    },
  ),
  BootNotification: object(
    {
      chargingStation: object(
        { model: text(20), vendorName: text(50) },
        {
          serialNumber: text(25),
          firmwareVersion: text(50),
          modem: object({}, { iccid: text(20), imsi: text(20), ...withCustom }),
          ...withCustom,
        },
      ),
      reason: oneOf('PowerUp', 'Unknown', 'Watchdog'),
    },
    withCustom,
  ),
  ClearedChargingLimit: object({ chargingLimitSource: limitSource }, { evseId: connector }),
  DataTransfer: object({ vendorId: text(255) }, { messageId: text(50), data: fc.jsonValue(), ...withCustom }),
  FirmwareStatusNotification: object({ status: oneOf(...FIRMWARE) }, { requestId: whole, ...withCustom }),
  Get15118EVCertificate: object({
    iso15118SchemaVersion: text(50),
    action: oneOf('Install', 'Update'),
    exiRequest: text(5600),
  }),
  GetCertificateStatus: object({ ocspRequestData: object({ ...hash, responderURL: text(512) }) }),
  Heartbeat: object({}, withCustom),
  LogStatusNotification: object({ status: oneOf(...LOG, 'AcceptedCanceled') }, { requestId: whole }),
  MeterValues: object({ evseId: connector, meterValue: some(meterValue201) }, withCustom),
  NotifyChargingLimit: object(
    { chargingLimit: object({ chargingLimitSource: limitSource }, { isGridCritical: fc.boolean() }) },
    { evseId: connector, chargingSchedule: some(schedule201, 2) },
  ),
  NotifyCustomerInformation: object(
    { data: text(512), seqNo: whole, generatedAt: moment, requestId: whole },
    { tbc: fc.boolean() },
  ),
  NotifyDisplayMessages: object({ requestId: whole }, { tbc: fc.boolean() }),
  NotifyEVChargingNeeds: object({
    evseId: connector,
    chargingNeeds: object(
      { requestedEnergyTransfer: oneOf('DC', 'AC_three_phase') },
      { departureTime: moment },
    ),
  }),
  NotifyEVChargingSchedule: object({ timeBase: moment, chargingSchedule: schedule201, evseId: connector }),
  NotifyEvent: object(
    {
      generatedAt: moment,
      seqNo: whole,
      eventData: some(
        object({
          eventId: whole,
          timestamp: moment,
          trigger: oneOf('Alerting', 'Delta', 'Periodic'),
          actualValue: text(2500),
          eventNotificationType: oneOf('HardWiredMonitor', 'CustomMonitor'),
          component,
          variable,
        }),
      ),
    },
    { tbc: fc.boolean() },
  ),
  NotifyMonitoringReport: object(
    { requestId: whole, seqNo: whole, generatedAt: moment },
    { tbc: fc.boolean() },
  ),
  NotifyReport: object(
    { requestId: whole, seqNo: whole, generatedAt: moment },
    {
      reportData: some(
        object({ component, variable, variableAttribute: some(object({}, { value: text(2500) })) }),
      ),
    },
  ),
  PublishFirmwareStatusNotification: object({ status: oneOf('Idle', 'Published') }, { requestId: whole }),
  ReportChargingProfiles: object({
    requestId: whole,
    chargingLimitSource: limitSource,
    evseId: connector,
    chargingProfile: some(
      object({
        id: whole,
        stackLevel: whole,
        chargingProfilePurpose: oneOf('TxProfile', 'ChargingStationExternalConstraints'),
        chargingProfileKind: oneOf('Absolute', 'Relative'),
        chargingSchedule: some(schedule201, 3),
      }),
    ),
  }),
  ReservationStatusUpdate: object({
    reservationId: whole,
    reservationUpdateStatus: oneOf('Expired', 'Removed'),
  }),
  SecurityEventNotification: securityEvent,
  SignCertificate: object(
    { csr: text(5500) },
    { certificateType: oneOf('ChargingStationCertificate', 'V2GCertificate') },
  ),
  StatusNotification: object(
    {
      timestamp: moment,
      connectorStatus: oneOf('Available', 'Occupied', 'Reserved', 'Unavailable', 'Faulted'),
      evseId: connector,
      connectorId: whole,
    },
    withCustom,
  ),
  TransactionEvent: object(
    {
      eventType: oneOf('Started', 'Updated', 'Ended'),
      timestamp: moment,
      triggerReason: oneOf(...TRIGGERS),
      seqNo: whole,
      transactionInfo: object(
        { transactionId: text(36) },
        {
          chargingState: oneOf('Charging', 'EVConnected', 'SuspendedEV', 'SuspendedEVSE', 'Idle'),
          timeSpentCharging: whole,
          stoppedReason: oneOf(...STOPPED_REASONS),
          remoteStartId: whole,
          ...withCustom,
        },
      ),
    },
    {
      meterValue: some(meterValue201),
      offline: fc.boolean(),
      numberOfPhasesUsed: whole,
      cableMaxCurrent: whole,
      reservationId: whole,
      evse,
      idToken,
      ...withCustom,
    },
  ),
};

const booted = { status: oneOf('Accepted', 'Pending', 'Rejected'), currentTime: moment, interval: whole };
const idTokenInfoAny = object(
  {
    status: oneOf(
      ...['Accepted', 'Blocked', 'ConcurrentTx', 'Expired', 'Invalid', 'NoCredit', 'NotAllowedTypeEVSE'],
      ...['NotAtThisLocation', 'NotAtThisTime', 'Unknown'],
    ),
  },
  { cacheExpiryDateTime: moment, groupIdToken: idToken, chargingPriority: whole, evseId: some(whole) },
);
const dataStatus = oneOf('Accepted', 'Rejected', 'UnknownMessageId', 'UnknownVendorId');
const signStatus = oneOf('Accepted', 'Rejected');
const empty = object({});

/** Times of 1.6 are read without a zone too. */
const lenientMoment = fc.oneof(moment, oneOf('2026-11-25T12:00:00', '2026-11-25 12:00'));

/** What a CPMS of 1.6 answers to the requests that a 2.0.1 charger's are turned into. */
export const CPMS_RESPONSES_16: Readonly<Record<string, Part>> = {
  Authorize: object({ idTagInfo }),
  BootNotification: object({ ...booted, currentTime: lenientMoment }),
  DataTransfer: object({ status: dataStatus }, { data: text(900) }),
  FirmwareStatusNotification: empty,
  Heartbeat: object({ currentTime: lenientMoment }),
  LogStatusNotification: empty,
  MeterValues: empty,
  SecurityEventNotification: empty,
  SignCertificate: object({ status: signStatus }),
  SignedFirmwareStatusNotification: empty,
  StartTransaction: object({ idTagInfo, transactionId: whole }),
  StatusNotification: empty,
  StopTransaction: object({}, { idTagInfo }),
};

/** What a CPMS of 2.0.1 answers to the requests that a 1.6 charger's are turned into. */
export const CPMS_RESPONSES_201: Readonly<Record<string, Part>> = {
  Authorize: object({ idTokenInfo: idTokenInfoAny }, { certificateStatus: oneOf('Accepted') }),
  BootNotification: object(booted, { statusInfo, ...withCustom }),
  DataTransfer: object({ status: dataStatus }, { data: fc.jsonValue(), statusInfo }),
  FirmwareStatusNotification: empty,
  Heartbeat: object({ currentTime: moment }, withCustom),
  LogStatusNotification: empty,
  MeterValues: empty,
  SecurityEventNotification: empty,
  SignCertificate: object({ status: signStatus }, { statusInfo }),
  StatusNotification: empty,
  TransactionEvent: object(
    {},
    { idTokenInfo: idTokenInfoAny, totalCost: fc.double({ min: 0, max: 1e6, noNaN: true }), ...withCustom },
  ),
};
