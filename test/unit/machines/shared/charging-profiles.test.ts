import { describe, expect, test } from 'vitest';
import {
  type CsChargingProfiles,
  clearProfiles,
  compositeSchedule,
  limitAt,
  nextChangeAt,
  PROFILE_BOUNDS,
  type PutContext,
  putProfile,
  type StoredProfile,
} from '../../../../machines/shared/charging-profiles.ts';

const noon = Date.UTC(2026, 0, 1, 12);
const HOUR = 3_600_000;
const idle: PutContext = { at: noon, transactionId: null, connectors: 2 };
const charging = { ...idle, transactionId: 7 };
const iso = (at: number) => new Date(at).toISOString();

function profile(more: Partial<CsChargingProfiles> = {}, periods = [{ startPeriod: 0, limit: 10 }]) {
  return {
    chargingProfileId: 1,
    stackLevel: 0,
    chargingProfilePurpose: 'TxDefaultProfile',
    chargingProfileKind: 'Absolute',
    chargingSchedule: {
      chargingRateUnit: 'A',
      startSchedule: iso(noon),
      chargingSchedulePeriod: periods,
    },
    ...more,
  } satisfies CsChargingProfiles;
}

function kept(...puts: Array<[number, CsChargingProfiles]>): readonly StoredProfile[] {
  return puts.reduce<readonly StoredProfile[]>((profiles, [connector, one]) => {
    const put = putProfile(profiles, connector, one, charging);
    expect(put.status).toBe('Accepted');
    return put.profiles;
  }, []);
}

const ask = (at = noon) => ({ at, transactionId: 7, startedAt: noon - HOUR });
const tx = { chargingProfilePurpose: 'TxProfile' } as const;
const max = { chargingProfilePurpose: 'ChargePointMaxProfile' } as const;

describe('putting a charging profile', () => {
  const bad: Array<[string, number, CsChargingProfiles, PutContext]> = [
    ['a TxProfile on connector 0', 0, profile(tx), charging],
    ['a TxProfile without a transaction', 1, profile(tx), idle],
    ['a TxProfile of another transaction', 1, profile({ ...tx, transactionId: 8 }), charging],
    ['a ChargePointMaxProfile on a connector', 1, profile(max), charging],
    ['a relative ChargePointMaxProfile', 0, profile({ ...max, chargingProfileKind: 'Relative' }), charging],
    ['a TxDefaultProfile with a transaction', 1, profile({ transactionId: 7 }), charging],
    ['a connector that is not there', 3, profile(), charging],
    ['a schedule that does not start at 0', 1, profile({}, [{ startPeriod: 5, limit: 10 }]), charging],
    ['a negative limit', 1, profile({}, [{ startPeriod: 0, limit: -1 }]), charging],
    [
      'periods out of order',
      1,
      profile(
        {},
        [0, 60, 30].map((s) => ({ startPeriod: s, limit: 9 })),
      ),
      charging,
    ],
    ['no period at all', 1, profile({}, []), charging],
    ['a recurring one without its cycle', 1, profile({ chargingProfileKind: 'Recurring' }), charging],
    [
      'a validity that ends before it begins',
      1,
      profile({ validFrom: iso(noon), validTo: iso(0) }),
      charging,
    ],
    ['a date that is none', 1, profile({ validTo: 'tomorrow' }), charging],
    ['a stack level above the bound', 1, profile({ stackLevel: 100 }), charging],
  ];
  test.each(bad)('refuses %s', (_, connector, one, context) => {
    const before = kept([0, profile({ chargingProfileId: 99 })]);
    expect(putProfile(before, connector, one, context)).toEqual({ profiles: before, status: 'Rejected' });
  });

  test('says NotSupported to a purpose that 1.6 does not know', () => {
    const foreign = profile({ chargingProfilePurpose: 'Sun' as 'TxProfile' });
    expect(putProfile([], 1, foreign, charging).status).toBe('NotSupported');
  });

  test('replaces the one of the same id, and the one of the same purpose, level and connector', () => {
    const sameId = kept([0, profile()], [1, profile({ stackLevel: 5 })]);
    expect(sameId).toHaveLength(1);
    const samePlace = kept([1, profile()], [1, profile({ chargingProfileId: 2 })]);
    expect(samePlace.map((stored) => stored.profile.chargingProfileId)).toEqual([2]);
    expect(kept([1, profile()], [2, profile({ chargingProfileId: 2 })])).toHaveLength(2);
  });

  test('forgets TxProfiles of transactions that are over', () => {
    const before = kept([1, profile(tx)]);
    const next = profile({ ...tx, chargingProfileId: 2, stackLevel: 3 });
    expect(putProfile(before, 1, next, { ...charging, transactionId: 8 }).profiles).toHaveLength(1);
  });

  test('refuses one more than it can hold', () => {
    let profiles: readonly StoredProfile[] = [];
    for (let id = 0; id < PROFILE_BOUNDS.profilesMax; id += 1)
      profiles = putProfile(
        profiles,
        1,
        profile({ chargingProfileId: id, stackLevel: id }),
        charging,
      ).profiles;
    const oneMore = profile({ chargingProfileId: 500, stackLevel: 99 });
    expect(putProfile(profiles, 1, oneMore, charging).status).toBe('Rejected');
  });
});

describe('clearing charging profiles', () => {
  const profiles = kept(
    [0, profile({ ...max, chargingProfileId: 1 })],
    [1, profile({ chargingProfileId: 2 })],
    [1, profile({ ...tx, chargingProfileId: 3, stackLevel: 4 })],
  );
  test.each([
    [{}, []],
    [{ id: 2 }, [1, 3]],
    [{ connectorId: 1 }, [1]],
    [{ connectorId: 1, chargingProfilePurpose: 'TxProfile' as const }, [1, 2]],
    [{ stackLevel: 4 }, [1, 2]],
  ])('%o leaves %o', (criteria, left) => {
    const cleared = clearProfiles(profiles, criteria);
    expect(cleared.status).toBe('Accepted');
    expect(cleared.profiles.map((stored) => stored.profile.chargingProfileId)).toEqual(left);
  });

  test('is Unknown when all criteria together match nothing', () => {
    expect(clearProfiles(profiles, { id: 2, stackLevel: 4 })).toEqual({ profiles, status: 'Unknown' });
  });
});

describe('the limit that the CPMS sets', () => {
  test('is none without a profile', () => expect(limitAt([], 1, ask())).toBeNull());

  test('is that of the TxProfile, which replaces a lower TxDefaultProfile', () => {
    const profiles = kept(
      [0, profile()],
      [1, profile({ ...tx, chargingProfileId: 2 }, [{ startPeriod: 0, limit: 20 }])],
    );
    expect(limitAt(profiles, 1, ask())).toBe(20_000);
    expect(limitAt(profiles, 2, ask())).toBe(10_000);
    expect(limitAt(profiles, 1, { ...ask(), transactionId: 8 })).toBe(10_000);
  });

  test('is the lower of the charger maximum and the rest', () => {
    const profiles = kept(
      [0, profile({ ...max, chargingProfileId: 2 }, [{ startPeriod: 0, limit: 8 }])],
      [1, profile()],
    );
    expect(limitAt(profiles, 1, ask())).toBe(8_000);
    expect(limitAt(profiles, 0, ask())).toBe(8_000);
  });

  test('falls to the lower stack level when the higher one is over, then to none', () => {
    const short = profile({ chargingProfileId: 2, stackLevel: 1 }, [{ startPeriod: 0, limit: 6 }]);
    short.chargingSchedule = { ...short.chargingSchedule, duration: 600 } as typeof short.chargingSchedule;
    const profiles = kept([1, profile({ validTo: iso(noon + HOUR) })], [1, short]);
    expect(limitAt(profiles, 1, ask(noon + 599_000))).toBe(6_000);
    expect(limitAt(profiles, 1, ask(noon + 600_000))).toBe(10_000);
    expect(limitAt(profiles, 1, ask(noon + HOUR))).toBeNull();
  });

  test('follows the periods of a relative schedule from the start of the transaction', () => {
    const relative = profile({ ...tx, chargingProfileKind: 'Relative' }, [
      { startPeriod: 0, limit: 16 },
      { startPeriod: 3_600, limit: 6 },
    ]);
    const profiles = kept([1, relative]);
    expect(limitAt(profiles, 1, ask(noon - 1))).toBe(16_000);
    expect(limitAt(profiles, 1, ask(noon))).toBe(6_000);
  });

  test('comes back every day, or every week', () => {
    const nights = (recurrencyKind: 'Daily' | 'Weekly') =>
      kept([
        1,
        profile({ chargingProfileKind: 'Recurring', recurrencyKind }, [
          { startPeriod: 0, limit: 16 },
          { startPeriod: 7_200, limit: 6 },
        ]),
      ]);
    const later = noon + 24 * HOUR + 3 * HOUR;
    expect(limitAt(nights('Daily'), 1, ask(later - 2 * HOUR))).toBe(16_000);
    expect(limitAt(nights('Daily'), 1, ask(later))).toBe(6_000);
    expect(limitAt(nights('Weekly'), 1, ask(later - 2 * HOUR))).toBe(6_000);
    expect(limitAt(nights('Weekly'), 1, ask(noon + 7 * 24 * HOUR))).toBe(16_000);
  });

  test('in watts is spread over the phases given, three when none are', () => {
    const watts = (numberPhases?: number) => {
      const one = profile({}, [{ startPeriod: 0, limit: 6_900, ...(numberPhases ? { numberPhases } : {}) }]);
      return kept([1, { ...one, chargingSchedule: { ...one.chargingSchedule, chargingRateUnit: 'W' } }]);
    };
    expect(limitAt(watts(), 1, ask())).toBe(10_000);
    expect(limitAt(watts(1), 1, ask())).toBe(30_000);
  });
});

describe('the composite schedule', () => {
  const stairs = kept([
    1,
    profile({}, [
      { startPeriod: 0, limit: 10 },
      { startPeriod: 60, limit: 20 },
      { startPeriod: 120, limit: 24 },
      { startPeriod: 180, limit: 8 },
    ]),
  ]);
  const question = { ...ask(), durationS: 600, unit: 'A' as const, localLimitMilliamps: 16_000 };

  test('is at every moment the lower of the CPMS and the local limit', () => {
    expect(compositeSchedule(stairs, 1, question)).toEqual({
      status: 'Accepted',
      connectorId: 1,
      scheduleStart: iso(noon),
      chargingSchedule: {
        duration: 600,
        startSchedule: iso(noon),
        chargingRateUnit: 'A',
        chargingSchedulePeriod: [
          { startPeriod: 0, limit: 10 },
          { startPeriod: 60, limit: 16 },
          { startPeriod: 180, limit: 8 },
        ],
      },
    });
  });

  test('can be had in watts, and without any profile', () => {
    const { chargingSchedule } = compositeSchedule([], 1, { ...question, unit: 'W' });
    expect(chargingSchedule.chargingSchedulePeriod).toEqual([{ startPeriod: 0, limit: 11_040 }]);
  });

  test('ends early after very many changes, and says so', () => {
    const busy = kept([
      1,
      profile(
        { chargingProfileKind: 'Recurring', recurrencyKind: 'Daily' },
        Array.from({ length: 96 }, (_, i) => ({ startPeriod: i * 900, limit: 6 + (i % 2) })),
      ),
    ]);
    const { chargingSchedule } = compositeSchedule(busy, 1, { ...question, durationS: 365 * 86_400 });
    expect(chargingSchedule.duration).toBeLessThan(7 * 86_400);
    expect(chargingSchedule.chargingSchedulePeriod.length).toBeLessThanOrEqual(501);
  });

  test('changes exactly when nextChangeAt says', () => {
    expect(nextChangeAt(stairs, 1, ask(noon))).toBe(noon + 60_000);
    expect(nextChangeAt(stairs, 1, ask(noon + 60_000))).toBe(noon + 120_000);
    expect(nextChangeAt(stairs, 1, ask(noon + 180_000))).toBeNull();
    expect(nextChangeAt(stairs, 2, ask(noon))).toBeNull();
  });
});
