import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { actionsOf as registeredOf, standingOf } from '../../../adapters/ocpp/actions.ts';
import { mapDown } from '../../../machines/shared/mapping/down/map-down.ts';
import { VARIABLE_KEYS } from '../../../machines/shared/mapping/down/variable-table.ts';
import type { MappingFacts, OcppCall, Payload } from '../../../machines/shared/mapping/mapping.ts';
import { benchOf, NO_FACTS, NOON, transactionFacts } from '../../helpers/mapping-bench.ts';
import { cpmsActionsOf, violationIn } from '../../helpers/strict-schemas.ts';

const { answered, sent } = benchOf(mapDown);

const CARD = { idToken: '04A1B2C3', type: 'ISO14443' };
const DATE = '2026-12-01T10:00:00Z';
const HASH = { hashAlgorithm: 'SHA256', issuerNameHash: 'aa', issuerKeyHash: 'bb', serialNumber: '01' };
const PROFILE_16 = {
  chargingProfileId: 5,
  stackLevel: 1,
  chargingProfilePurpose: 'TxProfile',
  chargingProfileKind: 'Relative',
  chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }] },
};
const PROFILE_201 = {
  id: 5,
  stackLevel: 1,
  chargingProfilePurpose: 'TxProfile',
  chargingProfileKind: 'Relative',
  chargingSchedule: [
    { id: 5, chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }] },
  ],
};
const FILE = 'https://files.example/fw.bin';

/** `null`: nothing is sent, and the answer is in the tests below. */
type Row = [
  action: string,
  payload: Payload,
  becomes: [action: string, payload: Payload] | null,
  facts?: MappingFacts,
];

const ROWS_16: Row[] = [
  ['CancelReservation', { reservationId: 3 }, ['CancelReservation', { reservationId: 3 }]],
  [
    'CertificateSigned',
    { certificateChain: 'PEM' },
    ['CertificateSigned', { certificateChain: 'PEM', certificateType: 'ChargingStationCertificate' }],
  ],
  [
    'ChangeAvailability',
    { connectorId: 2, type: 'Inoperative' },
    ['ChangeAvailability', { evse: { id: 2 }, operationalStatus: 'Inoperative' }],
  ],
  [
    'ChangeAvailability',
    { connectorId: 0, type: 'Operative' },
    ['ChangeAvailability', { operationalStatus: 'Operative' }],
  ],
  [
    'ChangeConfiguration',
    { key: 'HeartbeatInterval', value: '60' },
    [
      'SetVariables',
      {
        setVariableData: [
          {
            attributeValue: '60',
            component: { name: 'OCPPCommCtrlr' },
            variable: { name: 'HeartbeatInterval' },
          },
        ],
      },
    ],
  ],
  ['ClearCache', {}, ['ClearCache', {}]],
  ['ClearChargingProfile', { id: 5 }, ['ClearChargingProfile', { chargingProfileId: 5 }]],
  [
    'ClearChargingProfile',
    { connectorId: 0, chargingProfilePurpose: 'ChargePointMaxProfile', stackLevel: 2 },
    [
      'ClearChargingProfile',
      {
        chargingProfileCriteria: {
          evseId: 0,
          chargingProfilePurpose: 'ChargingStationMaxProfile',
          stackLevel: 2,
        },
      },
    ],
  ],
  [
    'DataTransfer',
    { vendorId: 'v', messageId: 'm', data: '{"a": 1}' },
    ['DataTransfer', { vendorId: 'v', messageId: 'm', data: '{"a": 1}' }],
  ],
  ['DeleteCertificate', { certificateHashData: HASH }, ['DeleteCertificate', { certificateHashData: HASH }]],
  [
    'ExtendedTriggerMessage',
    { requestedMessage: 'SignChargePointCertificate' },
    ['TriggerMessage', { requestedMessage: 'SignChargingStationCertificate' }],
  ],
  [
    'GetCompositeSchedule',
    { connectorId: 1, duration: 600, chargingRateUnit: 'W' },
    ['GetCompositeSchedule', { evseId: 1, duration: 600, chargingRateUnit: 'W' }],
  ],
  [
    'GetConfiguration',
    { key: ['CpoName'] },
    [
      'GetVariables',
      { getVariableData: [{ component: { name: 'SecurityCtrlr' }, variable: { name: 'OrganizationName' } }] },
    ],
  ],
  [
    'GetDiagnostics',
    { location: FILE, retries: 2, startTime: DATE },
    [
      'GetLog',
      {
        logType: 'DiagnosticsLog',
        requestId: expect.any(Number),
        retries: 2,
        log: { remoteLocation: FILE, oldestTimestamp: DATE },
      },
    ],
  ],
  [
    'GetInstalledCertificateIds',
    { certificateType: 'CentralSystemRootCertificate' },
    ['GetInstalledCertificateIds', { certificateType: ['CSMSRootCertificate'] }],
  ],
  ['GetLocalListVersion', {}, ['GetLocalListVersion', {}]],
  [
    'GetLog',
    { logType: 'SecurityLog', requestId: 4, log: { remoteLocation: FILE } },
    ['GetLog', { logType: 'SecurityLog', requestId: 4, log: { remoteLocation: FILE } }],
  ],
  [
    'InstallCertificate',
    { certificateType: 'CentralSystemRootCertificate', certificate: 'PEM' },
    ['InstallCertificate', { certificateType: 'CSMSRootCertificate', certificate: 'PEM' }],
  ],
  [
    'RemoteStartTransaction',
    { connectorId: 1, idTag: '04A1B2C3', chargingProfile: PROFILE_16 },
    [
      'RequestStartTransaction',
      { evseId: 1, idToken: CARD, remoteStartId: expect.any(Number), chargingProfile: PROFILE_201 },
    ],
  ],
  [
    'RemoteStopTransaction',
    { transactionId: 1 },
    ['RequestStopTransaction', { transactionId: 'tx-9' }],
    transactionFacts('tx-9'),
  ],
  [
    'ReserveNow',
    { connectorId: 2, expiryDate: DATE, idTag: '04A1B2C3', parentIdTag: 'FLEET', reservationId: 3 },
    [
      'ReserveNow',
      {
        id: 3,
        expiryDateTime: DATE,
        idToken: CARD,
        evseId: 2,
        groupIdToken: { idToken: 'FLEET', type: 'Central' },
      },
    ],
  ],
  ['Reset', { type: 'Hard' }, ['Reset', { type: 'Immediate' }]],
  ['Reset', { type: 'Soft' }, ['Reset', { type: 'OnIdle' }]],
  [
    'SendLocalList',
    {
      listVersion: 2,
      updateType: 'Full',
      localAuthorizationList: [
        { idTag: '04A1B2C3', idTagInfo: { status: 'Accepted', expiryDate: DATE, parentIdTag: 'FLEET' } },
      ],
    },
    [
      'SendLocalList',
      {
        versionNumber: 2,
        updateType: 'Full',
        localAuthorizationList: [
          {
            idToken: CARD,
            idTokenInfo: {
              status: 'Accepted',
              cacheExpiryDateTime: DATE,
              groupIdToken: { idToken: 'FLEET', type: 'Central' },
            },
          },
        ],
      },
    ],
  ],
  [
    'SetChargingProfile',
    { connectorId: 1, csChargingProfiles: { ...PROFILE_16, transactionId: 1 } },
    ['SetChargingProfile', { evseId: 1, chargingProfile: { ...PROFILE_201, transactionId: 'tx-9' } }],
    transactionFacts('tx-9'),
  ],
  [
    'SignedUpdateFirmware',
    {
      requestId: 4,
      retries: 1,
      firmware: {
        location: FILE,
        retrieveDateTime: DATE,
        installDateTime: DATE,
        signingCertificate: 'PEM',
        signature: 'sig',
      },
    },
    [
      'UpdateFirmware',
      {
        requestId: 4,
        retries: 1,
        firmware: {
          location: FILE,
          retrieveDateTime: DATE,
          installDateTime: DATE,
          signingCertificate: 'PEM',
          signature: 'sig',
        },
      },
    ],
  ],
  [
    'TriggerMessage',
    { requestedMessage: 'DiagnosticsStatusNotification' },
    ['TriggerMessage', { requestedMessage: 'LogStatusNotification' }],
  ],
  [
    'TriggerMessage',
    { requestedMessage: 'StatusNotification', connectorId: 2 },
    ['TriggerMessage', { requestedMessage: 'StatusNotification', evse: { id: 2, connectorId: 1 } }],
  ],
  [
    'TriggerMessage',
    { requestedMessage: 'MeterValues', connectorId: 2 },
    ['TriggerMessage', { requestedMessage: 'MeterValues', evse: { id: 2 } }],
  ],
  ['UnlockConnector', { connectorId: 2 }, ['UnlockConnector', { evseId: 2, connectorId: 1 }]],
  [
    'UpdateFirmware',
    { location: FILE, retrieveDate: DATE, retries: 3, retryInterval: 60 },
    [
      'UpdateFirmware',
      {
        requestId: expect.any(Number),
        retries: 3,
        retryInterval: 60,
        firmware: { location: FILE, retrieveDateTime: DATE },
      },
    ],
  ],
];

const MONITOR = { type: 'Delta', severity: 3, component: { name: 'EVSE' }, variable: { name: 'Power' } };
const NETWORK = {
  ocppVersion: 'OCPP20',
  ocppTransport: 'JSON',
  ocppCsmsUrl: 'wss://x',
  messageTimeout: 30,
  securityProfile: 1,
  ocppInterface: 'Wired0',
};

const ROWS_201: Row[] = [
  ['CancelReservation', { reservationId: 3 }, ['CancelReservation', { reservationId: 3 }]],
  [
    'CertificateSigned',
    { certificateChain: 'PEM', certificateType: 'ChargingStationCertificate' },
    ['CertificateSigned', { certificateChain: 'PEM' }],
  ],
  [
    'ChangeAvailability',
    { evse: { id: 2, connectorId: 1 }, operationalStatus: 'Inoperative' },
    ['ChangeAvailability', { connectorId: 2, type: 'Inoperative' }],
  ],
  [
    'ChangeAvailability',
    { operationalStatus: 'Operative' },
    ['ChangeAvailability', { connectorId: 0, type: 'Operative' }],
  ],
  ['ClearCache', {}, ['ClearCache', {}]],
  [
    'ClearChargingProfile',
    {
      chargingProfileCriteria: {
        evseId: 1,
        chargingProfilePurpose: 'ChargingStationMaxProfile',
        stackLevel: 2,
      },
    },
    [
      'ClearChargingProfile',
      { connectorId: 1, chargingProfilePurpose: 'ChargePointMaxProfile', stackLevel: 2 },
    ],
  ],
  ['ClearDisplayMessage', { id: 1 }, null],
  ['ClearVariableMonitoring', { id: [1, 2] }, null],
  ['CostUpdated', { totalCost: 1.2, transactionId: 'tx' }, null],
  ['CustomerInformation', { requestId: 1, report: true, clear: false }, null],
  [
    'DataTransfer',
    { vendorId: 'v', data: { a: [1] } },
    ['DataTransfer', { vendorId: 'v', data: '{"a":[1]}' }],
  ],
  [
    'DataTransfer',
    { vendorId: 'v', data: '{"a": 1}' },
    ['DataTransfer', { vendorId: 'v', data: '{"a": 1}' }],
  ],
  ['DeleteCertificate', { certificateHashData: HASH }, ['DeleteCertificate', { certificateHashData: HASH }]],
  ['GetBaseReport', { requestId: 1, reportBase: 'FullInventory' }, null],
  ['GetChargingProfiles', { requestId: 1, chargingProfile: {} }, null],
  [
    'GetCompositeSchedule',
    { evseId: 1, duration: 600, chargingRateUnit: 'W' },
    ['GetCompositeSchedule', { connectorId: 1, duration: 600, chargingRateUnit: 'W' }],
  ],
  ['GetDisplayMessages', { requestId: 1 }, null],
  [
    'GetInstalledCertificateIds',
    { certificateType: ['CSMSRootCertificate'] },
    ['GetInstalledCertificateIds', { certificateType: 'CentralSystemRootCertificate' }],
  ],
  ['GetLocalListVersion', {}, ['GetLocalListVersion', {}]],
  [
    'GetLog',
    { logType: 'SecurityLog', requestId: 4, log: { remoteLocation: 'sftp:x y' } },
    ['GetLog', { logType: 'SecurityLog', requestId: 4, log: { remoteLocation: 'sftp:x y' } }],
  ],
  [
    'GetLog',
    {
      logType: 'DiagnosticsLog',
      requestId: 4,
      retries: 2,
      log: { remoteLocation: FILE, latestTimestamp: DATE },
    },
    ['GetDiagnostics', { location: FILE, retries: 2, stopTime: DATE }],
  ],
  ['GetMonitoringReport', { requestId: 1 }, null],
  ['GetReport', { requestId: 1 }, null],
  ['GetTransactionStatus', { transactionId: 'tx' }, null],
  [
    'GetVariables',
    { getVariableData: [{ component: { name: 'TxCtrlr' }, variable: { name: 'EVConnectionTimeOut' } }] },
    ['GetConfiguration', { key: ['ConnectionTimeOut'] }],
  ],
  [
    'InstallCertificate',
    { certificateType: 'CSMSRootCertificate', certificate: 'PEM' },
    ['InstallCertificate', { certificateType: 'CentralSystemRootCertificate', certificate: 'PEM' }],
  ],
  ['PublishFirmware', { location: FILE, checksum: 'aa', requestId: 1 }, null],
  [
    'RequestStartTransaction',
    { evseId: 1, idToken: CARD, remoteStartId: 8, chargingProfile: PROFILE_201 },
    ['RemoteStartTransaction', { connectorId: 1, idTag: '04A1B2C3', chargingProfile: PROFILE_16 }],
  ],
  [
    'RequestStopTransaction',
    { transactionId: 'uuid' },
    ['RemoteStopTransaction', { transactionId: 7 }],
    transactionFacts(7),
  ],
  [
    'ReserveNow',
    { id: 3, expiryDateTime: DATE, idToken: CARD, groupIdToken: { idToken: 'FLEET', type: 'Central' } },
    [
      'ReserveNow',
      { connectorId: 0, expiryDate: DATE, idTag: '04A1B2C3', parentIdTag: 'FLEET', reservationId: 3 },
    ],
  ],
  ['Reset', { type: 'Immediate' }, ['Reset', { type: 'Hard' }]],
  ['Reset', { type: 'OnIdle' }, ['Reset', { type: 'Soft' }]],
  [
    'SendLocalList',
    {
      versionNumber: 2,
      updateType: 'Differential',
      localAuthorizationList: [
        { idToken: CARD },
        {
          idToken: { idToken: 'B', type: 'Central' },
          idTokenInfo: { status: 'NoCredit', cacheExpiryDateTime: DATE },
        },
      ],
    },
    [
      'SendLocalList',
      {
        listVersion: 2,
        updateType: 'Differential',
        localAuthorizationList: [
          { idTag: '04A1B2C3' },
          { idTag: 'B', idTagInfo: { status: 'Blocked', expiryDate: DATE } },
        ],
      },
    ],
  ],
  [
    'SetChargingProfile',
    { evseId: 1, chargingProfile: { ...PROFILE_201, transactionId: 'uuid' } },
    ['SetChargingProfile', { connectorId: 1, csChargingProfiles: { ...PROFILE_16, transactionId: 7 } }],
    transactionFacts(7),
  ],
  [
    'SetDisplayMessage',
    { message: { id: 1, priority: 'InFront', message: { format: 'UTF8', content: 'hello' } } },
    null,
  ],
  ['SetMonitoringBase', { monitoringBase: 'All' }, null],
  ['SetMonitoringLevel', { severity: 3 }, null],
  ['SetNetworkProfile', { configurationSlot: 1, connectionData: NETWORK }, null],
  ['SetVariableMonitoring', { setMonitoringData: [{ ...MONITOR, value: 3 }] }, null],
  [
    'SetVariables',
    {
      setVariableData: [
        { attributeValue: 'true', component: { name: 'AuthCacheCtrlr' }, variable: { name: 'Enabled' } },
      ],
    },
    ['ChangeConfiguration', { key: 'AuthorizationCacheEnabled', value: 'true' }],
  ],
  [
    'TriggerMessage',
    { requestedMessage: 'TransactionEvent', evse: { id: 2 } },
    ['TriggerMessage', { requestedMessage: 'MeterValues', connectorId: 2 }],
  ],
  [
    'TriggerMessage',
    { requestedMessage: 'LogStatusNotification' },
    ['TriggerMessage', { requestedMessage: 'DiagnosticsStatusNotification' }],
  ],
  [
    'TriggerMessage',
    { requestedMessage: 'SignChargingStationCertificate' },
    ['ExtendedTriggerMessage', { requestedMessage: 'SignChargePointCertificate' }],
  ],
  ['UnlockConnector', { evseId: 2, connectorId: 1 }, ['UnlockConnector', { connectorId: 2 }]],
  ['UnpublishFirmware', { checksum: 'aa' }, null],
  [
    'UpdateFirmware',
    { requestId: 4, firmware: { location: FILE, retrieveDateTime: DATE } },
    ['UpdateFirmware', { location: FILE, retrieveDate: DATE }],
  ],
  [
    'UpdateFirmware',
    {
      requestId: 4,
      firmware: { location: FILE, retrieveDateTime: DATE, signingCertificate: 'PEM', signature: 'sig' },
    },
    [
      'SignedUpdateFirmware',
      {
        requestId: 4,
        firmware: { location: FILE, retrieveDateTime: DATE, signingCertificate: 'PEM', signature: 'sig' },
      },
    ],
  ],
];

describe.each([
  { from: '1.6', to: '2.0.1', rows: ROWS_16 },
  { from: '2.0.1', to: '1.6', rows: ROWS_201 },
] as const)('a request of a $from CPMS towards a $to charger', ({ from, to, rows }) => {
  test.each(rows)('%s %j becomes %j', (action, payload, becomes, facts = NO_FACTS) => {
    expect(violationIn(from, action, 'Request', payload)).toBeNull();
    const mapped = mapDown(from, to, { action, payload }, facts);
    const calls: readonly OcppCall[] = mapped.outcome === 'sent' ? mapped.calls : [];
    expect(calls).toEqual(becomes === null ? [] : [{ action: becomes[0], payload: becomes[1] }]);
    for (const call of calls) expect(violationIn(to, call.action, 'Request', call.payload)).toBeNull();
  });

  test.each(cpmsActionsOf(from))('%s is known, and has a row here', (action) => {
    const mapped = mapDown(from, to, { action, payload: rowPayload(rows, action) }, NO_FACTS);
    expect(mapped).not.toMatchObject({ answer: { error: { code: 'NotImplemented' } } });
  });

  test.each(['BootNotification', 'toString', 'NoSuchThing'])(
    '%s, which no CPMS sends, is answered NotImplemented',
    (action) => {
      expect(answered(from, action, {})).toEqual({ error: 'NotImplemented' });
    },
  );
});

function rowPayload(rows: readonly Row[], action: string): Payload {
  const row = rows.find(([name]) => name === action);
  if (row === undefined) throw new Error(`${action} has no row`);
  return row[1];
}

test('the actions of a 1.6 CPMS are those that the broker lets it send', () => {
  const allowed = registeredOf('1.6').filter((action) => standingOf('1.6', action, 'cpms') === 'known');
  expect(cpmsActionsOf('1.6').toSorted()).toEqual(allowed.toSorted());
});

test('between legs of the same version a CALL and its answer stay as they are', () => {
  const call = { action: 'Reset', payload: { type: 'Hard', vendorField: 1 } };
  const mapped = mapDown('1.6', '1.6', call, NO_FACTS);
  expect(mapped).toMatchObject({ outcome: 'sent', calls: [call], lost: [] });
  const answer = { payload: { status: 'Accepted', more: 1 } };
  expect(mapped.outcome === 'sent' && mapped.answer([answer])).toBe(answer);
});

describe('what 1.6 has nothing for is answered', () => {
  const because = { reasonCode: 'UnsupportedRequest', additionalInfo: expect.any(String) };
  test.each<[string, Payload]>([
    ['ClearDisplayMessage', { status: 'Unknown', statusInfo: because }],
    [
      'ClearVariableMonitoring',
      {
        clearMonitoringResult: [
          { status: 'NotFound', id: 1 },
          { status: 'NotFound', id: 2 },
        ],
      },
    ],
    ['CostUpdated', { error: 'NotSupported' }],
    ['CustomerInformation', { status: 'Rejected', statusInfo: because }],
    ['GetBaseReport', { status: 'NotSupported', statusInfo: because }],
    ['GetChargingProfiles', { error: 'NotSupported' }],
    ['GetDisplayMessages', { status: 'Unknown', statusInfo: because }],
    ['GetMonitoringReport', { status: 'NotSupported', statusInfo: because }],
    ['GetReport', { status: 'NotSupported', statusInfo: because }],
    ['GetTransactionStatus', { error: 'NotSupported' }],
    ['PublishFirmware', { status: 'Rejected', statusInfo: because }],
    ['SetDisplayMessage', { status: 'Rejected', statusInfo: because }],
    ['SetMonitoringBase', { status: 'NotSupported', statusInfo: because }],
    ['SetMonitoringLevel', { status: 'Rejected', statusInfo: because }],
    ['SetNetworkProfile', { status: 'Rejected', statusInfo: because }],
    [
      'SetVariableMonitoring',
      { setMonitoringResult: [{ ...MONITOR, status: 'UnsupportedMonitorType', statusInfo: because }] },
    ],
    ['UnpublishFirmware', { status: 'NoFirmware' }],
  ])('%s: %j', (action, answer) => {
    expect(answered('2.0.1', action, rowPayload(ROWS_201, action))).toEqual(answer);
  });
});

describe('a start from afar', () => {
  const start = { idTag: '04A1B2C3', connectorId: 1 };

  test.each([
    ['04A1B2C3', 'ISO14443'],
    ['04a1b2c3d4e5f6', 'ISO14443'],
    ['04A1B2C3D4E5F6A7B8C9', 'ISO14443'],
    ['E004010012345678', 'ISO15693'],
    ['DE-8AC-C12E46L89-X', 'eMAID'],
    ['DE8ACC12E46L89', 'eMAID'],
    ['04A1B2', 'Central'],
    ['my-app-user', 'Central'],
  ])('takes %s for a token of type %s', (idTag, type) => {
    expect(sent('1.6', 'RemoteStartTransaction', { idTag }).calls[0]?.payload.idToken).toEqual({
      idToken: idTag,
      type,
    });
  });

  test('gets the same remoteStartId at the same moment, another one later, and the known one if there is one', () => {
    const idAt = (facts: MappingFacts): unknown =>
      sent('1.6', 'RemoteStartTransaction', start, facts).calls[0]?.payload.remoteStartId;
    expect(idAt(NO_FACTS)).toBe(idAt(NO_FACTS));
    expect(idAt({ nowMs: NOON + 1 })).not.toBe(idAt(NO_FACTS));
    const known = transactionFacts(null);
    expect(idAt({ ...known, transaction: { ...known.transaction!, remoteStartId: 44 } })).toBe(44);
  });

  test('at connector 0 is one at any EVSE', () => {
    expect(
      sent('1.6', 'RemoteStartTransaction', { ...start, connectorId: 0 }).calls[0]?.payload,
    ).not.toHaveProperty('evseId');
  });

  test.each<[string, Payload]>([
    ['a token longer than an idTag', { idToken: { idToken: 'x'.repeat(21), type: 'Central' } }],
    ['a token without text', { idToken: { idToken: '', type: 'NoAuthorization' } }],
    ['EVSE 0', { evseId: 0 }],
    [
      'a limit that 1.6 cannot hold',
      {
        chargingProfile: {
          ...PROFILE_201,
          chargingSchedule: [...PROFILE_201.chargingSchedule, ...PROFILE_201.chargingSchedule],
        },
      },
    ],
    [
      'a profile that is not for the transaction',
      { chargingProfile: { ...PROFILE_201, chargingProfilePurpose: 'TxDefaultProfile' } },
    ],
  ])('is refused to a 2.0.1 CPMS for %s', (_, changed) => {
    const request = { evseId: 1, idToken: CARD, remoteStartId: 8, ...changed };
    expect(answered('2.0.1', 'RequestStartTransaction', request)).toMatchObject({ status: 'Rejected' });
  });

  test('lists what an idTag and 1.6 cannot hold', () => {
    const request = {
      idToken: { ...CARD, additionalInfo: [{ additionalIdToken: 'a', type: 'b' }] },
      groupIdToken: CARD,
      remoteStartId: 8,
    };
    expect(sent('2.0.1', 'RequestStartTransaction', request).lost).toEqual([
      'remoteStartId',
      'idToken.type',
      'idToken.additionalInfo',
      'groupIdToken',
    ]);
  });

  test('with a profile that is none is refused to a 1.6 CPMS rather than started without limit', () => {
    const chargingProfile = {
      ...PROFILE_16,
      chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [] },
    };
    expect(answered('1.6', 'RemoteStartTransaction', { ...start, chargingProfile })).toEqual({
      status: 'Rejected',
    });
  });
});

test.each([null, 7])('a stop of a transaction that the 2.0.1 charger calls %s is refused', (id) => {
  expect(answered('1.6', 'RemoteStopTransaction', { transactionId: 7 }, transactionFacts(id))).toEqual({
    status: 'Rejected',
  });
});

test('a stop of a transaction that the 1.6 charger has no number for is refused', () => {
  const refused = { status: 'Rejected', statusInfo: { reasonCode: 'TxNotFound' } };
  expect(
    answered('2.0.1', 'RequestStopTransaction', { transactionId: 'x' }, transactionFacts(null)),
  ).toMatchObject(refused);
  expect(answered('2.0.1', 'RequestStopTransaction', { transactionId: 'x' })).toMatchObject(refused);
});

describe('during a transaction', () => {
  test('OnIdle is refused, as a soft reset would end it', () => {
    expect(answered('2.0.1', 'Reset', { type: 'OnIdle' }, transactionFacts(7))).toMatchObject({
      status: 'Rejected',
      statusInfo: { reasonCode: 'TxInProgress' },
    });
    expect(sent('2.0.1', 'Reset', { type: 'Immediate' }, transactionFacts(7)).calls).toHaveLength(1);
  });

  test('its connector is not unlocked for a 2.0.1 CPMS, another one is', () => {
    expect(
      answered('2.0.1', 'UnlockConnector', { evseId: 1, connectorId: 1 }, transactionFacts(7)),
    ).toMatchObject({ status: 'OngoingAuthorizedTransaction' });
    expect(
      sent('2.0.1', 'UnlockConnector', { evseId: 2, connectorId: 1 }, transactionFacts(7)).calls,
    ).toHaveLength(1);
  });
});

describe('the answer of the charger', () => {
  test.each<['1.6' | '2.0.1', string, Payload, Payload]>([
    ['1.6', 'Reset', { status: 'Scheduled' }, { status: 'Accepted' }],
    ['1.6', 'Reset', { status: 'Rejected', statusInfo: { reasonCode: 'x' } }, { status: 'Rejected' }],
    ['1.6', 'UnlockConnector', { status: 'OngoingAuthorizedTransaction' }, { status: 'UnlockFailed' }],
    ['1.6', 'UnlockConnector', { status: 'UnknownConnector' }, { status: 'NotSupported' }],
    ['1.6', 'UnlockConnector', { status: 'Unlocked' }, { status: 'Unlocked' }],
    ['1.6', 'ChangeAvailability', { status: 'Scheduled' }, { status: 'Scheduled' }],
    [
      '1.6',
      'ChangeConfiguration',
      { setVariableResult: [{ attributeStatus: 'RebootRequired' }] },
      { status: 'RebootRequired' },
    ],
    [
      '1.6',
      'ChangeConfiguration',
      { setVariableResult: [{ attributeStatus: 'UnknownVariable' }] },
      { status: 'NotSupported' },
    ],
    ['1.6', 'DataTransfer', { status: 'Accepted', data: { b: 2 } }, { status: 'Accepted', data: '{"b":2}' }],
    ['1.6', 'GetDiagnostics', { status: 'Accepted', filename: 'd.zip' }, { fileName: 'd.zip' }],
    ['1.6', 'GetDiagnostics', { status: 'Rejected', filename: 'd.zip' }, {}],
    [
      '1.6',
      'GetLog',
      { status: 'AcceptedCanceled', filename: 'd.zip' },
      { status: 'AcceptedCanceled', filename: 'd.zip' },
    ],
    ['1.6', 'UpdateFirmware', { status: 'Accepted' }, {}],
    ['1.6', 'UpdateFirmware', { status: 'Rejected' }, { error: 'GenericError' }],
    ['1.6', 'SignedUpdateFirmware', { status: 'RevokedCertificate' }, { status: 'RevokedCertificate' }],
    ['1.6', 'GetLocalListVersion', { versionNumber: 0 }, { listVersion: 0 }],
    ['1.6', 'GetLocalListVersion', { error: 'NotSupported' }, { listVersion: -1 }],
    ['1.6', 'SendLocalList', { status: 'VersionMismatch' }, { status: 'VersionMismatch' }],
    ['1.6', 'SendLocalList', { error: 'NotImplemented' }, { status: 'NotSupported' }],
    ['1.6', 'ReserveNow', { status: 'Occupied' }, { status: 'Occupied' }],
    ['1.6', 'RemoteStartTransaction', { status: 'Accepted', transactionId: 'tx' }, { status: 'Accepted' }],
    ['1.6', 'ClearCache', { error: 'FormatViolation' }, { error: 'FormationViolation' }],
    [
      '1.6',
      'GetInstalledCertificateIds',
      {
        status: 'Accepted',
        certificateHashDataChain: [{ certificateType: 'CSMSRootCertificate', certificateHashData: HASH }],
      },
      { status: 'Accepted', certificateHashData: [HASH] },
    ],
    [
      '2.0.1',
      'UnlockConnector',
      { status: 'NotSupported' },
      {
        status: 'UnlockFailed',
        statusInfo: {
          reasonCode: 'UnsupportedRequest',
          additionalInfo: 'no such connector, or it has no lock',
        },
      },
    ],
    ['2.0.1', 'GetLocalListVersion', { listVersion: -1 }, { versionNumber: 0 }],
    [
      '2.0.1',
      'SendLocalList',
      { status: 'NotSupported' },
      {
        status: 'Failed',
        statusInfo: { reasonCode: 'NotEnabled', additionalInfo: 'the charger has no local list' },
      },
    ],
    ['2.0.1', 'UpdateFirmware', {}, { status: 'Accepted' }],
    [
      '2.0.1',
      'ClearCache',
      { error: 'OccurenceConstraintViolation' },
      { error: 'OccurrenceConstraintViolation' },
    ],
    [
      '2.0.1',
      'GetInstalledCertificateIds',
      { status: 'Accepted', certificateHashData: [HASH] },
      {
        status: 'Accepted',
        certificateHashDataChain: [{ certificateType: 'CSMSRootCertificate', certificateHashData: HASH }],
      },
    ],
    [
      '2.0.1',
      'SetVariables',
      { status: 'NotSupported' },
      {
        setVariableResult: [
          {
            attributeStatus: 'UnknownVariable',
            component: { name: 'AuthCacheCtrlr' },
            variable: { name: 'Enabled' },
          },
        ],
      },
    ],
  ])('to a %s %s, %j, becomes %j', (from, action, given, becomes) => {
    const payload = rowPayload(from === '1.6' ? ROWS_16 : ROWS_201, action);
    expect(sent(from, action, payload).answer(given)).toEqual(becomes);
  });

  test('to GetDiagnostics without a file name means to a 2.0.1 CPMS that there is nothing', () => {
    const request = sent('2.0.1', 'GetLog', {
      logType: 'DiagnosticsLog',
      requestId: 4,
      log: { remoteLocation: FILE },
    });
    expect(request.lost).toEqual(['requestId']);
    expect(request.answer({ fileName: 'd.zip' })).toEqual({ status: 'Accepted', filename: 'd.zip' });
    expect(request.answer({})).toMatchObject({ status: 'Rejected', statusInfo: { reasonCode: 'NotFound' } });
  });
});

describe('a local list', () => {
  test('that is empty clears the list of a 2.0.1 charger', () => {
    const { calls } = sent('1.6', 'SendLocalList', {
      listVersion: 3,
      updateType: 'Full',
      localAuthorizationList: [],
    });
    expect(calls[0]?.payload).toEqual({ versionNumber: 3, updateType: 'Full' });
  });

  test.each<[string, Payload]>([
    ['a token too long for an idTag', { idToken: { idToken: 'x'.repeat(21), type: 'Central' } }],
    ['two tokens that are one idTag', { idToken: { idToken: 'staff', type: 'KeyCode' } }],
    [
      'a token that is good at some EVSEs only',
      { idToken: CARD, idTokenInfo: { status: 'Accepted', evseId: [1] } },
    ],
  ])('with %s is refused as a whole', (_, entry) => {
    const staff = { idToken: { idToken: 'STAFF', type: 'Central' } };
    const request = { versionNumber: 3, updateType: 'Full', localAuthorizationList: [staff, entry] };
    expect(answered('2.0.1', 'SendLocalList', request)).toMatchObject({ status: 'Failed' });
  });

  test.each(['NoCredit', 'NotAllowedTypeEVSE', 'NotAtThisLocation', 'NotAtThisTime', 'Unknown'])(
    'never lets somebody charge who is %s',
    (status) => {
      const entry = { idToken: CARD, idTokenInfo: { status } };
      const { calls } = sent('2.0.1', 'SendLocalList', {
        versionNumber: 3,
        updateType: 'Full',
        localAuthorizationList: [entry],
      });
      expect(calls[0]?.payload).toMatchObject({
        localAuthorizationList: [{ idTagInfo: { status: expect.stringMatching(/^(Blocked|Invalid)$/) } }],
      });
    },
  );
});

describe('firmware and logs', () => {
  test('a signature without its certificate is not sent as an unsigned update', () => {
    const firmware = { location: FILE, retrieveDateTime: DATE, signature: 'sig' };
    expect(answered('2.0.1', 'UpdateFirmware', { requestId: 1, firmware })).toMatchObject({
      status: 'Rejected',
    });
  });

  test('an address that is no URI is refused where 1.6 wants one', () => {
    const firmware = { location: 'my file', retrieveDateTime: DATE };
    expect(answered('2.0.1', 'UpdateFirmware', { requestId: 1, firmware })).toMatchObject({
      statusInfo: { reasonCode: 'InvalidURL' },
    });
  });

  test('the time to install is lost, and listed, for an unsigned update', () => {
    const firmware = { location: FILE, retrieveDateTime: DATE, installDateTime: DATE };
    expect(sent('2.0.1', 'UpdateFirmware', { requestId: 1, firmware }).lost).toEqual([
      'requestId',
      'firmware.installDateTime',
    ]);
  });
});

describe('times', () => {
  test.each([
    ['2026-12-01T10:00:00.5+02:00', '2026-12-01T10:00:00.5+02:00'],
    ['2026-12-01T10:00:00', '2026-12-01T10:00:00.000Z'],
    ['2026-12-01 10:00', '2026-12-01T10:00:00.000Z'],
  ])('%s, as it is read, is sent as %s', (given, becomes) => {
    const request = { connectorId: 1, expiryDate: given, idTag: 'A', reservationId: 1 };
    expect(sent('1.6', 'ReserveNow', request).calls[0]?.payload.expiryDateTime).toBe(becomes);
  });

  test('that are none are refused', () => {
    const request = { connectorId: 1, expiryDate: '2026-13-45T99:00:00Z', idTag: 'A', reservationId: 1 };
    expect(answered('1.6', 'ReserveNow', request)).toEqual({ status: 'Rejected' });
  });
});

test('customData is listed wherever it stands, and the free data of a DataTransfer is left alone', () => {
  const custom = { vendorId: 'v' };
  expect(
    sent('2.0.1', 'ChangeAvailability', {
      operationalStatus: 'Operative',
      evse: { id: 1, customData: custom },
      customData: custom,
    }).lost,
  ).toEqual(['evse.customData', 'customData']);
  expect(sent('2.0.1', 'DataTransfer', { vendorId: 'v', data: { customData: 1 } }).lost).toEqual([]);
});

describe('the documented mapping', () => {
  const text = readFileSync(new URL('../../../docs/ocpp-mapping-down.md', import.meta.url), 'utf8');
  const [, towards201 = '', towards16 = ''] = text.split(/^## /m);

  test.each([
    { from: '1.6', section: towards201 },
    { from: '2.0.1', section: towards16 },
  ] as const)('has a row for every request of a $from CPMS', ({ from, section }) => {
    const rows = [...section.matchAll(/^\| (\w+)/gm)].map(([, action]) => action);
    expect(cpmsActionsOf(from).filter((action) => !rows.includes(action))).toEqual([]);
  });

  test('has every key beside its variable', () => {
    const missing = VARIABLE_KEYS.filter(({ key, component, variable, instance }) => {
      const name = `${component}.${variable}${instance === undefined ? '' : `[${instance}]`}`;
      return !text.includes(`| ${key} | ${name} |`);
    });
    expect(missing).toEqual([]);
  });
});
