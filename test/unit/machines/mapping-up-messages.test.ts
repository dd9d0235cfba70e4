import { describe, expect, test } from 'vitest';
import type { MappingFacts, Payload } from '../../../machines/shared/mapping/mapping.ts';
import { mapUp } from '../../../machines/shared/mapping/up/map-up.ts';
import { mapOwnAnswer } from '../../../machines/shared/mapping/up/own-answer.ts';
import { benchOf, NO_FACTS, NOON } from '../../helpers/mapping-bench.ts';
import { violationIn } from '../../helpers/strict-schemas.ts';

/** The messages that are about no transaction, word for word. */

const { answered, sent } = benchOf(mapUp);

const AT = '2026-11-25T12:00:00.000Z';
const BOOTED = { status: 'Pending', currentTime: AT, interval: 300 };

type Row = [action: string, payload: Payload, becomes: [action: string, payload: Payload], lost?: string[]];

const FROM_16: Row[] = [
  ['Authorize', { idTag: '04A1B2C3' }, ['Authorize', { idToken: { idToken: '04A1B2C3', type: 'ISO14443' } }]],
  [
    'BootNotification',
    {
      chargePointVendor: 'V',
      chargePointModel: 'M',
      chargePointSerialNumber: 'S',
      chargeBoxSerialNumber: 'B',
      firmwareVersion: '1.2',
      iccid: 'I',
      imsi: 'J',
      meterType: 'T',
      meterSerialNumber: 'N',
    },
    [
      'BootNotification',
      {
        reason: 'Unknown',
        chargingStation: {
          vendorName: 'V',
          model: 'M',
          serialNumber: 'S',
          firmwareVersion: '1.2',
          modem: { iccid: 'I', imsi: 'J' },
        },
      },
    ],
    ['chargeBoxSerialNumber', 'meterType', 'meterSerialNumber'],
  ],
  [
    'BootNotification',
    { chargePointVendor: 'V', chargePointModel: 'M', chargeBoxSerialNumber: 'B' },
    [
      'BootNotification',
      { reason: 'Unknown', chargingStation: { vendorName: 'V', model: 'M', serialNumber: 'B' } },
    ],
  ],
  [
    'DataTransfer',
    { vendorId: 'v', messageId: 'm', data: '{"a": 1}' },
    ['DataTransfer', { vendorId: 'v', messageId: 'm', data: '{"a": 1}' }],
  ],
  [
    'DiagnosticsStatusNotification',
    { status: 'UploadFailed' },
    ['LogStatusNotification', { status: 'UploadFailure' }],
  ],
  [
    'DiagnosticsStatusNotification',
    { status: 'Uploaded' },
    ['LogStatusNotification', { status: 'Uploaded' }],
  ],
  [
    'FirmwareStatusNotification',
    { status: 'Installed' },
    ['FirmwareStatusNotification', { status: 'Installed' }],
  ],
  ['Heartbeat', {}, ['Heartbeat', {}]],
  [
    'LogStatusNotification',
    { status: 'PermissionDenied', requestId: 3 },
    ['LogStatusNotification', { status: 'PermissionDenied', requestId: 3 }],
  ],
  [
    'SecurityEventNotification',
    { type: 'SettingSystemTime', timestamp: AT, techInfo: 'x' },
    ['SecurityEventNotification', { type: 'SettingSystemTime', timestamp: AT, techInfo: 'x' }],
  ],
  ['SignCertificate', { csr: 'csr' }, ['SignCertificate', { csr: 'csr' }]],
  [
    'SignedFirmwareStatusNotification',
    { status: 'InvalidSignature', requestId: 4 },
    ['FirmwareStatusNotification', { status: 'InvalidSignature', requestId: 4 }],
  ],
  [
    'StatusNotification',
    {
      connectorId: 2,
      errorCode: 'GroundFailure',
      status: 'SuspendedEV',
      info: 'i',
      vendorId: 'v',
      vendorErrorCode: 'e',
    },
    ['StatusNotification', { evseId: 2, connectorId: 1, connectorStatus: 'Occupied', timestamp: AT }],
    ['info', 'vendorId', 'vendorErrorCode', 'errorCode'],
  ],
  [
    'StatusNotification',
    { connectorId: 0, errorCode: 'NoError', status: 'Unavailable', timestamp: AT },
    ['StatusNotification', { evseId: 0, connectorId: 0, connectorStatus: 'Unavailable', timestamp: AT }],
  ],
];

const FROM_201: Row[] = [
  [
    'BootNotification',
    {
      reason: 'PowerUp',
      chargingStation: {
        vendorName: 'A vendor of a very long name',
        model: 'M',
        serialNumber: 'S',
        firmwareVersion: '1.2',
        modem: { iccid: 'I', imsi: 'J', customData: { vendorId: 'v' } },
      },
    },
    [
      'BootNotification',
      {
        chargePointVendor: 'A vendor of a very l',
        chargePointModel: 'M',
        chargePointSerialNumber: 'S',
        firmwareVersion: '1.2',
        iccid: 'I',
        imsi: 'J',
      },
    ],
    ['reason', 'chargingStation.vendorName', 'chargingStation.modem.customData'],
  ],
  [
    'DataTransfer',
    { vendorId: 'v', data: { a: [1] } },
    ['DataTransfer', { vendorId: 'v', data: '{"a":[1]}' }],
  ],
  [
    'FirmwareStatusNotification',
    { status: 'Installed', requestId: 1 },
    ['FirmwareStatusNotification', { status: 'Installed' }],
    ['requestId'],
  ],
  [
    'FirmwareStatusNotification',
    { status: 'SignatureVerified', requestId: 1 },
    ['SignedFirmwareStatusNotification', { status: 'SignatureVerified', requestId: 1 }],
  ],
  ['Heartbeat', {}, ['Heartbeat', {}]],
  [
    'LogStatusNotification',
    { status: 'Uploaded', requestId: 3 },
    ['LogStatusNotification', { status: 'Uploaded', requestId: 3 }],
  ],
  [
    'SecurityEventNotification',
    { type: 'SettingSystemTime', timestamp: AT, techInfo: 'x' },
    ['SecurityEventNotification', { type: 'SettingSystemTime', timestamp: AT, techInfo: 'x' }],
  ],
  [
    'SignCertificate',
    { csr: 'csr', certificateType: 'ChargingStationCertificate' },
    ['SignCertificate', { csr: 'csr' }],
  ],
  [
    'StatusNotification',
    { timestamp: AT, connectorStatus: 'Faulted', evseId: 2, connectorId: 2 },
    ['StatusNotification', { connectorId: 2, errorCode: 'OtherError', status: 'Faulted', timestamp: AT }],
    ['connectorId'],
  ],
  [
    'StatusNotification',
    { timestamp: AT, connectorStatus: 'Occupied', evseId: 2, connectorId: 1 },
    ['StatusNotification', { connectorId: 2, errorCode: 'NoError', status: 'Preparing', timestamp: AT }],
  ],
];

describe.each([
  { from: '1.6', to: '2.0.1', rows: FROM_16 },
  { from: '2.0.1', to: '1.6', rows: FROM_201 },
] as const)('of a $from charger', ({ from, to, rows }) => {
  test.each(rows)('%s %j becomes %j', (action, payload, [becomes, told], lost = []) => {
    expect(violationIn(from, action, 'Request', payload)).toBeNull();
    const made = sent(from, action, payload);
    expect(made.calls).toEqual([{ action: becomes, payload: told }]);
    expect(made.lost).toEqual(lost);
    expect(violationIn(to, becomes, 'Request', told)).toBeNull();
  });
});

test('the status of a 2.0.1 connector follows the charging state last known', () => {
  const facts: MappingFacts = { ...NO_FACTS, chargingState: 'SuspendedEV' };
  const occupied = { timestamp: AT, connectorStatus: 'Occupied', evseId: 1, connectorId: 1 };
  expect(sent('2.0.1', 'StatusNotification', occupied, facts).calls[0]?.payload.status).toBe('SuspendedEV');
});

describe('the answer of the CPMS', () => {
  test.each<['1.6' | '2.0.1', string, Payload, Payload, Payload]>([
    [
      '1.6',
      'BootNotification',
      { chargePointVendor: 'V', chargePointModel: 'M' },
      { ...BOOTED, statusInfo: {} },
      BOOTED,
    ],
    [
      '1.6',
      'DataTransfer',
      { vendorId: 'v' },
      { status: 'Accepted', data: [1] },
      { status: 'Accepted', data: '[1]' },
    ],
    [
      '2.0.1',
      'DataTransfer',
      { vendorId: 'v' },
      { status: 'Rejected', data: '[1]' },
      { status: 'Rejected', data: '[1]' },
    ],
    ['1.6', 'SignCertificate', { csr: 'c' }, { status: 'Accepted', statusInfo: {} }, { status: 'Accepted' }],
    ['2.0.1', 'Heartbeat', {}, { currentTime: AT, more: 1 }, { currentTime: AT }],
    ['1.6', 'Heartbeat', {}, { error: 'FormatViolation' }, { error: 'FormationViolation' }],
    ['2.0.1', 'Heartbeat', {}, { error: 'FormationViolation' }, { error: 'FormatViolation' }],
    // The security extension is not every CPMS's: what it cannot know it does not miss.
    ['2.0.1', 'LogStatusNotification', { status: 'Idle' }, { error: 'NotImplemented' }, {}],
    ['2.0.1', 'FirmwareStatusNotification', { status: 'InstallScheduled' }, { error: 'NotSupported' }, {}],
    [
      '2.0.1',
      'LogStatusNotification',
      { status: 'Idle' },
      { error: 'InternalError' },
      { error: 'InternalError' },
    ],
  ])('to a %s %s %j, %j, is told as %j', (from, action, payload, given, told) => {
    expect(sent(from, action, payload).answer(given)).toEqual(told);
  });
});

describe('what 1.6 has nothing for is answered', () => {
  const needs = { evseId: 1, chargingNeeds: { requestedEnergyTransfer: 'DC' } };
  test.each<[string, Payload, Payload]>([
    ['ClearedChargingLimit', {}, {}],
    ['Get15118EVCertificate', {}, { status: 'Failed', exiResponse: '' }],
    ['GetCertificateStatus', {}, { status: 'Failed' }],
    ['LogStatusNotification', { status: 'AcceptedCanceled' }, {}],
    ['NotifyEVChargingNeeds', needs, { status: 'Rejected' }],
    ['NotifyEVChargingSchedule', {}, { status: 'Rejected' }],
    ['NotifyReport', {}, {}],
    ['ReservationStatusUpdate', {}, {}],
    ['SignCertificate', { csr: 'c', certificateType: 'V2GCertificate' }, { status: 'Rejected' }],
  ])('%s %j: %j', (action, payload, answer) => {
    expect(answered('2.0.1', action, payload)).toEqual(answer);
  });
});

describe('an answer of our own', () => {
  test.each<[string, Payload, Payload]>([
    ['Authorize', {}, { idTokenInfo: { status: 'Invalid' } }],
    ['BootNotification', { ...BOOTED, more: 1 }, BOOTED],
    ['DataTransfer', {}, { status: 'UnknownVendorId' }],
    ['DataTransfer', { status: 'Accepted', data: 'x' }, { status: 'Accepted', data: 'x' }],
    ['GetCertificateStatus', {}, { status: 'Failed' }],
    ['Heartbeat', { currentTime: AT }, { currentTime: AT }],
    ['SignCertificate', {}, { status: 'Rejected' }],
    ['StatusNotification', {}, {}],
    ['TransactionEvent', {}, {}],
    ['TransactionEvent', { idTagInfo: { status: 'Expired' } }, { idTokenInfo: { status: 'Expired' } }],
  ])('to %s, %j, is %j in 2.0.1', (action, given, told) => {
    expect(mapOwnAnswer(action, given)).toEqual(told);
  });
});

test('between legs of the same version a CALL and its answer stay as they are', () => {
  const call = { action: 'Heartbeat', payload: { vendorField: 1 } };
  const mapped = mapUp('1.6', '1.6', call, { nowMs: NOON });
  expect(mapped).toMatchObject({ outcome: 'sent', calls: [call], lost: [] });
  const answer = { payload: { currentTime: 'noon', more: 1 } };
  expect(mapped.outcome === 'sent' && mapped.answer([answer])).toBe(answer);
});
