import { describe, expect, test } from 'vitest';
import { tenthsDown } from '../../../machines/shared/mapping/down/charging-profile.ts';
import { mapDown } from '../../../machines/shared/mapping/down/map-down.ts';
import type { Payload } from '../../../machines/shared/mapping/mapping.ts';
import { benchOf, transactionFacts } from '../../helpers/mapping-bench.ts';

const { answered, sent } = benchOf(mapDown);

const SCHEDULE_201 = {
  id: 9,
  chargingRateUnit: 'A',
  chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }],
};
const DEFAULT_201 = {
  id: 5,
  stackLevel: 0,
  chargingProfilePurpose: 'TxDefaultProfile',
  chargingProfileKind: 'Relative',
  chargingSchedule: [SCHEDULE_201],
};
const DEFAULT_16 = {
  chargingProfileId: 5,
  stackLevel: 0,
  chargingProfilePurpose: 'TxDefaultProfile',
  chargingProfileKind: 'Relative',
  chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }] },
};
const set201 = (changed: Payload): Payload => ({
  evseId: 1,
  chargingProfile: { ...DEFAULT_201, ...changed },
});
const set16 = (changed: Payload): Payload => ({
  connectorId: 1,
  csChargingProfiles: { ...DEFAULT_16, ...changed },
});

test.each([
  [16, 16],
  [0.3, 0.3],
  [2.3, 2.3],
  [16.19999, 16.1],
  [16.99, 16.9],
  [0.09, 0],
  [-0.04, -0.1],
  [1e300, 1e300],
])('a limit of %d is sent to 1.6 as %d', (limit, tenths) => {
  expect(tenthsDown(limit)).toBe(tenths);
});

describe('a profile of a 2.0.1 CPMS', () => {
  test.each<[string, Payload]>([
    ['more than one schedule', { chargingSchedule: [SCHEDULE_201, SCHEDULE_201] }],
    [
      'a phase to use',
      {
        chargingSchedule: [
          {
            ...SCHEDULE_201,
            chargingSchedulePeriod: [{ startPeriod: 0, limit: 16, numberPhases: 1, phaseToUse: 2 }],
          },
        ],
      },
    ],
    ['external constraints', { chargingProfilePurpose: 'ChargingStationExternalConstraints' }],
    ['a transaction that it is not for', { transactionId: 'x' }],
    ['a TxProfile without a transaction', { chargingProfilePurpose: 'TxProfile' }],
    ['an end that is no moment', { validTo: 'tomorrow' }],
  ])('with %s is refused', (_, changed) => {
    expect(answered('2.0.1', 'SetChargingProfile', set201(changed), transactionFacts(7))).toMatchObject({
      status: 'Rejected',
    });
  });

  test('for a transaction that the charger has no number for is refused', () => {
    const request = set201({ chargingProfilePurpose: 'TxProfile', transactionId: 'x' });
    expect(answered('2.0.1', 'SetChargingProfile', request, transactionFacts(null))).toMatchObject({
      statusInfo: { reasonCode: 'TxNotFound' },
    });
  });

  test('loses its tariff and the finer part of its limits, and says so', () => {
    const schedule = {
      ...SCHEDULE_201,
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 16.25, numberPhases: 3 }],
      salesTariff: { id: 1, salesTariffEntry: [{ relativeTimeInterval: { start: 0 } }] },
    };
    const { calls, lost } = sent('2.0.1', 'SetChargingProfile', set201({ chargingSchedule: [schedule] }));
    expect(calls[0]?.payload).toMatchObject({
      csChargingProfiles: {
        chargingSchedule: { chargingSchedulePeriod: [{ startPeriod: 0, limit: 16.2, numberPhases: 3 }] },
      },
    });
    expect(lost).toEqual([
      'chargingProfile.chargingSchedule[].id',
      'chargingProfile.chargingSchedule[].salesTariff',
      'chargingProfile.chargingSchedule[].chargingSchedulePeriod[].limit (rounded down to tenths)',
    ]);
  });

  test('that the charger has no smart charging for is answered Rejected with the reason', () => {
    expect(sent('2.0.1', 'SetChargingProfile', set201({})).answer({ status: 'NotSupported' })).toMatchObject({
      status: 'Rejected',
      statusInfo: { reasonCode: 'UnsupportedRequest' },
    });
  });
});

describe('a profile of a 1.6 CPMS', () => {
  test('gets the id of the profile as that of its schedule', () => {
    expect(sent('1.6', 'SetChargingProfile', set16({})).calls[0]?.payload).toEqual({
      evseId: 1,
      chargingProfile: { ...DEFAULT_201, chargingSchedule: [{ ...SCHEDULE_201, id: 5 }] },
    });
  });

  test('for the transaction at its connector gets the id that the charger has for it', () => {
    const request = set16({ chargingProfilePurpose: 'TxProfile' });
    expect(
      sent('1.6', 'SetChargingProfile', request, transactionFacts('tx')).calls[0]?.payload,
    ).toMatchObject({
      chargingProfile: { chargingProfilePurpose: 'TxProfile', transactionId: 'tx' },
    });
    expect(answered('1.6', 'SetChargingProfile', request)).toEqual({ status: 'Rejected' });
  });

  test.each<[string, Payload]>([
    ['no period', { chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [] } }],
    ['a transaction that it is not for', { transactionId: 3 }],
  ])('with %s is refused', (_, changed) => {
    expect(answered('1.6', 'SetChargingProfile', set16(changed), transactionFacts('tx'))).toEqual({
      status: 'Rejected',
    });
  });

  test('that the charger does not know at all is answered NotSupported', () => {
    expect(sent('1.6', 'SetChargingProfile', set16({})).answer({ error: 'NotImplemented' })).toEqual({
      status: 'NotSupported',
    });
  });
});

describe('clearing profiles', () => {
  test('all of them, for a 1.6 CPMS, goes purpose by purpose', () => {
    const request = sent('1.6', 'ClearChargingProfile', {});
    expect(request.calls.map(({ payload }) => payload)).toEqual(
      ['TxProfile', 'TxDefaultProfile', 'ChargingStationMaxProfile'].map((chargingProfilePurpose) => ({
        chargingProfileCriteria: { chargingProfilePurpose },
      })),
    );
    const unknown = { status: 'Unknown' };
    expect(request.answer(unknown, { status: 'Accepted' }, unknown)).toEqual({ status: 'Accepted' });
    expect(request.answer(unknown, unknown, unknown)).toEqual(unknown);
    expect(request.answer({ status: 'Accepted' }, { error: 'InternalError' }, unknown)).toEqual({
      error: 'InternalError',
    });
  });

  test.each<[Payload]>([
    [{}],
    [{ chargingProfileCriteria: {} }],
    [{ chargingProfileCriteria: { chargingProfilePurpose: 'ChargingStationExternalConstraints' } }],
  ])('with %j, which to a 1.6 charger would be all of them, is not sent', (request) => {
    expect(answered('2.0.1', 'ClearChargingProfile', request)).toEqual({ status: 'Unknown' });
  });
});

describe('a composite schedule', () => {
  const START = '2026-11-25T12:00:00Z';

  test('of a 2.0.1 charger keeps its unit, start and length for a 1.6 CPMS', () => {
    const schedule = {
      evseId: 1,
      duration: 500,
      scheduleStart: START,
      chargingRateUnit: 'W',
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 7360.55, numberPhases: 3, phaseToUse: 1 }],
    };
    const request = sent('1.6', 'GetCompositeSchedule', { connectorId: 1, duration: 600 });
    expect(request.answer({ status: 'Accepted', schedule })).toEqual({
      status: 'Accepted',
      connectorId: 1,
      scheduleStart: START,
      chargingSchedule: {
        duration: 500,
        startSchedule: START,
        chargingRateUnit: 'W',
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 7360.5, numberPhases: 3 }],
      },
    });
    expect(request.answer({ status: 'Rejected' })).toEqual({ status: 'Rejected' });
  });

  const chargingSchedule = {
    chargingRateUnit: 'A',
    chargingSchedulePeriod: [{ startPeriod: 0, limit: 16.1 }],
    minChargingRate: 6,
  };
  const asked = { evseId: 1, duration: 600 };

  test('of a 1.6 charger without a length has the one that was asked for', () => {
    expect(
      sent('2.0.1', 'GetCompositeSchedule', asked).answer({
        status: 'Accepted',
        connectorId: 1,
        scheduleStart: START,
        chargingSchedule,
      }),
    ).toEqual({
      status: 'Accepted',
      schedule: {
        evseId: 1,
        duration: 600,
        scheduleStart: START,
        chargingRateUnit: 'A',
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 16.1 }],
      },
    });
  });

  test('of a 1.6 charger that does not say when it starts is not passed on', () => {
    expect(
      sent('2.0.1', 'GetCompositeSchedule', asked).answer({ status: 'Accepted', chargingSchedule }),
    ).toMatchObject({
      status: 'Rejected',
      statusInfo: { reasonCode: 'InvalidSchedule' },
    });
  });
});
