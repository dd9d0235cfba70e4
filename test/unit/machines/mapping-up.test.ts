import { describe, expect, it } from 'vitest';
import type { MappingFacts, OcppCall, Payload } from '../../../machines/shared/mapping/mapping.ts';
import { mapUp } from '../../../machines/shared/mapping/up/map-up.ts';
import { mapOwnAnswer } from '../../../machines/shared/mapping/up/own-answer.ts';
import { statusTo16, statusTo201 } from '../../../machines/shared/mapping/up/status.ts';
import type { OcppVersion } from '../../../machines/shared/ocpp-version.ts';
import { NO_FACTS, transactionFacts } from '../../helpers/mapping-bench.ts';
import { chargerActionsOf, violationIn } from '../../helpers/strict-schemas.ts';

const AT = '2026-11-25T12:00:00.000Z';
const TX = '5f0c7c1e-0000-4000-8000-000000000001';
const token = { idToken: 'CARD', type: 'Central' };
const accepted = { status: 'Accepted' };
const reading = { timestamp: AT, sampledValue: [{ value: '10' }] };
const reading201 = { timestamp: AT, sampledValue: [{ value: 10 }] };

const EVENT = {
  eventId: 1,
  timestamp: AT,
  trigger: 'Alerting',
  actualValue: '1',
  eventNotificationType: 'HardWiredMonitor',
  component: { name: 'EVSE' },
  variable: { name: 'Power' },
};
const SCHEDULE = { id: 1, chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 6 }] };
const PROFILE = {
  id: 1,
  stackLevel: 0,
  chargingProfilePurpose: 'TxProfile',
  chargingProfileKind: 'Relative',
  chargingSchedule: [SCHEDULE],
};

/** A request, and an answer in the version that it is sent on in. */
interface Row {
  payload: Payload;
  answer?: Payload;
  facts?: MappingFacts;
}

const FROM_16: Readonly<Record<string, Row>> = {
  Authorize: { payload: { idTag: 'CARD' }, answer: { idTokenInfo: accepted } },
  BootNotification: {
    payload: { chargePointVendor: 'V', chargePointModel: 'M', iccid: '1', firmwareVersion: '2' },
    answer: { ...accepted, currentTime: AT, interval: 300 },
  },
  DataTransfer: { payload: { vendorId: 'v', data: 'text' }, answer: { ...accepted, data: 'x' } },
  DiagnosticsStatusNotification: { payload: { status: 'UploadFailed' } },
  FirmwareStatusNotification: { payload: { status: 'Installed' } },
  Heartbeat: { payload: {}, answer: { currentTime: AT } },
  LogStatusNotification: { payload: { status: 'Uploaded', requestId: 3 } },
  MeterValues: { payload: { connectorId: 1, meterValue: [reading] } },
  SecurityEventNotification: { payload: { type: 'StartupOfTheDevice', timestamp: AT } },
  SignCertificate: { payload: { csr: 'csr' }, answer: accepted },
  SignedFirmwareStatusNotification: { payload: { status: 'Installed', requestId: 1 } },
  StartTransaction: {
    payload: { connectorId: 1, idTag: 'CARD', meterStart: 5, timestamp: AT },
    answer: { idTokenInfo: accepted },
    facts: transactionFacts(TX),
  },
  StatusNotification: { payload: { connectorId: 1, errorCode: 'NoError', status: 'Charging' } },
  StopTransaction: {
    payload: { transactionId: 7, meterStop: 50, timestamp: AT, reason: 'Local', transactionData: [reading] },
    facts: transactionFacts(TX),
  },
};

const FROM_201: Readonly<Record<string, Row>> = {
  Authorize: { payload: { idToken: token }, answer: { idTagInfo: accepted } },
  BootNotification: {
    payload: {
      reason: 'PowerUp',
      chargingStation: { vendorName: 'a vendor of a very long name', model: 'M' },
    },
    answer: { ...accepted, currentTime: AT, interval: 300 },
  },
  ClearedChargingLimit: { payload: { chargingLimitSource: 'EMS' } },
  DataTransfer: { payload: { vendorId: 'v', data: { any: 1 } }, answer: accepted },
  FirmwareStatusNotification: { payload: { status: 'Installed', requestId: 1 } },
  Get15118EVCertificate: { payload: { iso15118SchemaVersion: 'x', action: 'Install', exiRequest: 'x' } },
  GetCertificateStatus: {
    payload: {
      ocspRequestData: {
        hashAlgorithm: 'SHA256',
        issuerNameHash: 'a',
        issuerKeyHash: 'b',
        serialNumber: '1',
        responderURL: 'http://x.example',
      },
    },
  },
  Heartbeat: { payload: {}, answer: { currentTime: AT } },
  LogStatusNotification: { payload: { status: 'Uploaded', requestId: 3 } },
  MeterValues: { payload: { evseId: 1, meterValue: [reading201] } },
  NotifyChargingLimit: { payload: { chargingLimit: { chargingLimitSource: 'EMS' } } },
  NotifyCustomerInformation: { payload: { data: 'd', seqNo: 0, generatedAt: AT, requestId: 1 } },
  NotifyDisplayMessages: { payload: { requestId: 1 } },
  NotifyEVChargingNeeds: {
    payload: { evseId: 1, chargingNeeds: { requestedEnergyTransfer: 'AC_three_phase' } },
  },
  NotifyEVChargingSchedule: {
    payload: {
      timeBase: AT,
      evseId: 1,
      chargingSchedule: SCHEDULE,
    },
  },
  NotifyEvent: { payload: { generatedAt: AT, seqNo: 0, eventData: [EVENT] } },
  NotifyMonitoringReport: { payload: { requestId: 1, seqNo: 0, generatedAt: AT } },
  NotifyReport: { payload: { requestId: 1, generatedAt: AT, seqNo: 0 } },
  PublishFirmwareStatusNotification: { payload: { status: 'Idle' } },
  ReportChargingProfiles: {
    payload: { requestId: 1, chargingLimitSource: 'CSO', evseId: 1, chargingProfile: [PROFILE] },
  },
  ReservationStatusUpdate: { payload: { reservationId: 1, reservationUpdateStatus: 'Expired' } },
  SecurityEventNotification: { payload: { type: 'StartupOfTheDevice', timestamp: AT } },
  SignCertificate: { payload: { csr: 'csr' }, answer: accepted },
  StatusNotification: { payload: { timestamp: AT, connectorStatus: 'Occupied', evseId: 1, connectorId: 1 } },
  TransactionEvent: {
    payload: {
      eventType: 'Updated',
      timestamp: AT,
      triggerReason: 'MeterValuePeriodic',
      seqNo: 1,
      transactionInfo: { transactionId: TX },
      meterValue: [reading201],
    },
    facts: transactionFacts(7),
  },
};

describe.each([
  ['1.6', '2.0.1', FROM_16],
  ['2.0.1', '1.6', FROM_201],
] as const)('a request of a charger of %s towards a CPMS of %s', (from, to, rows) => {
  it('has a row here, whatever its action', () => {
    expect(Object.keys(rows).sort()).toEqual(chargerActionsOf(from).sort());
  });

  it.each(chargerActionsOf(from))('%s is known', (action) => {
    const mapped = mapUp(
      from,
      to,
      { action, payload: rows[action]!.payload },
      rows[action]!.facts ?? NO_FACTS,
    );
    expect(mapped).not.toMatchObject({ answer: { error: expect.anything() } });
  });

  it.each(['Reset', 'toString', 'NoSuchThing'])(
    '%s, which no charger sends, is answered NotImplemented',
    (action) => {
      const mapped = mapUp(from, to, { action, payload: {} }, NO_FACTS);
      expect(mapped).toMatchObject({ answer: { error: { code: 'NotImplemented' } } });
    },
  );

  it.each(Object.entries(rows))('%s is sent on, and answered, as the schemas have it', (action, row) => {
    expect(violationIn(from, action, 'Request', row.payload)).toBeNull();
    const mapped = mapUp(from, to, { action, payload: row.payload }, row.facts ?? NO_FACTS);
    if (mapped.outcome === 'answered') {
      expect(mapped.reason).not.toBe('');
      expect(violationOf(from, action, mapped.answer)).toBeNull();
      return;
    }
    const broken = mapped.calls.map((call: OcppCall) =>
      violationIn(to, call.action, 'Request', call.payload),
    );
    expect(broken.filter((violation) => violation !== null)).toEqual([]);
    const answers = mapped.calls.map(() => ({ payload: row.answer ?? {} }));
    expect(violationOf(from, action, mapped.answer(answers))).toBeNull();
  });
});

function violationOf(version: OcppVersion, action: string, answer: object): string | null {
  return 'payload' in answer ? violationIn(version, action, 'Response', answer.payload) : null;
}

describe('our own answer to a charger of 2.0.1', () => {
  const given: Readonly<Record<string, Payload>> = {
    Authorize: { idTagInfo: { status: 'Accepted', expiryDate: AT, parentIdTag: 'GROUP' } },
    BootNotification: { ...accepted, currentTime: AT, interval: 300 },
    DataTransfer: { status: 'Rejected' },
    Heartbeat: { currentTime: AT },
    SignCertificate: { status: 'Rejected' },
    TransactionEvent: { idTagInfo: { status: 'Blocked' }, transactionId: 9 },
  };

  it.each(chargerActionsOf('2.0.1'))('to %s is one that 2.0.1 has', (action) => {
    expect(violationIn('2.0.1', action, 'Response', mapOwnAnswer(action, given[action] ?? {}))).toBeNull();
  });

  it('says of the card what it says in 1.6', () => {
    expect(mapOwnAnswer('Authorize', given.Authorize!)).toEqual({
      idTokenInfo: {
        status: 'Accepted',
        cacheExpiryDateTime: AT,
        groupIdToken: { idToken: 'GROUP', type: 'Central' },
      },
    });
  });
});

describe('the status of a connector', () => {
  it.each([
    ['Available', null, false, 'Available'],
    ['Occupied', null, false, 'Preparing'],
    ['Occupied', 'EVConnected', false, 'Preparing'],
    ['Occupied', 'EVConnected', true, 'Finishing'],
    ['Occupied', 'Charging', false, 'Charging'],
    ['Occupied', 'SuspendedEV', false, 'SuspendedEV'],
    ['Occupied', 'SuspendedEVSE', false, 'SuspendedEVSE'],
    ['Occupied', 'Idle', true, 'Finishing'],
    ['Faulted', 'Charging', false, 'Faulted'],
  ] as const)('%s with the car %s, stopped %s, is %s in 1.6', (status, chargingState, stopped, in16) => {
    expect(statusTo16(status, chargingState, stopped)).toBe(in16);
  });

  it.each([
    ['Available', 'Available'],
    ['Preparing', 'Occupied'],
    ['Charging', 'Occupied'],
    ['Finishing', 'Occupied'],
    ['Reserved', 'Reserved'],
    ['Unavailable', 'Unavailable'],
    ['Faulted', 'Faulted'],
  ])('%s of 1.6 is %s in 2.0.1', (in16, in201) => {
    expect(statusTo201(in16)).toBe(in201);
  });
});
