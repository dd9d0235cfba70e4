import { describe, expect, it } from 'vitest';
import type { Payload } from '../../../simulation/ocpp-j.ts';
import { PROFILES_MAX, ProfileStore } from '../../../simulation/profile-store.ts';

const START_MS = Date.UTC(2026, 0, 5, 12);
const RUNNING = { transactionId: 17, startedAtMs: START_MS };

interface ProfileShape {
  id?: number;
  purpose?: string;
  kind?: string;
  stackLevel?: number;
  unit?: string;
  periods?: [startSeconds: number, limit: number][];
  schedule?: Payload;
  more?: Payload;
}

function aProfile(shape: ProfileShape): Payload {
  return {
    chargingProfileId: shape.id ?? 1,
    stackLevel: shape.stackLevel ?? 0,
    chargingProfilePurpose: shape.purpose ?? 'TxDefaultProfile',
    chargingProfileKind: shape.kind ?? 'Relative',
    chargingSchedule: {
      chargingRateUnit: shape.unit ?? 'A',
      chargingSchedulePeriod: (shape.periods ?? [[0, 16]]).map(([startPeriod, limit]) => ({
        startPeriod,
        limit,
      })),
      ...shape.schedule,
    },
    ...shape.more,
  };
}

const absolute = (atMs: number): Payload => ({ startSchedule: new Date(atMs).toISOString() });

interface Row {
  name: string;
  profiles: [connector: number, profile: Payload][];
  /** Offsets from START_MS in seconds and the limit in mA expected then, at connector 1. */
  expected: [atSeconds: number, limit: number | null][];
  active?: number;
}

const ROWS: Row[] = [
  { name: 'nothing installed says nothing', profiles: [], expected: [[0, null]] },
  {
    name: 'a relative default counts from the start of the transaction',
    profiles: [
      [
        0,
        aProfile({
          periods: [
            [0, 6],
            [60, 10.5],
          ],
        }),
      ],
    ],
    expected: [
      [0, 6_000],
      [59, 6_000],
      [60, 10_500],
      [9_999, 10_500],
    ],
  },
  {
    name: 'an absolute lease falls back by itself',
    profiles: [
      [0, aProfile({ id: 1, periods: [[0, 6]] })],
      [
        1,
        aProfile({
          id: 2,
          purpose: 'TxProfile',
          kind: 'Absolute',
          stackLevel: 1,
          periods: [
            [0, 20],
            [30, 8],
          ],
          schedule: absolute(START_MS + 10_000),
        }),
      ],
    ],
    expected: [
      [9, 6_000],
      [10, 20_000],
      [39, 20_000],
      [40, 8_000],
    ],
  },
  {
    name: 'after its duration a transaction profile gives way to the default',
    profiles: [
      [0, aProfile({ id: 1, periods: [[0, 6]] })],
      [1, aProfile({ id: 2, purpose: 'TxProfile', periods: [[0, 20]], schedule: { duration: 30 } })],
    ],
    expected: [
      [29, 20_000],
      [30, 6_000],
    ],
  },
  {
    name: 'the higher stack level leads while it says anything',
    profiles: [
      [1, aProfile({ id: 1, stackLevel: 0, periods: [[0, 10]] })],
      [1, aProfile({ id: 2, stackLevel: 3, periods: [[0, 25]], schedule: { duration: 60 } })],
    ],
    expected: [
      [0, 25_000],
      [60, 10_000],
    ],
  },
  {
    name: 'a default of the connector leads one of all connectors at the same level',
    profiles: [
      [0, aProfile({ id: 1, periods: [[0, 10]] })],
      [1, aProfile({ id: 2, periods: [[0, 12]] })],
    ],
    expected: [[0, 12_000]],
  },
  {
    name: 'the maximum of the charge point bounds everything, shared by active connectors',
    profiles: [
      [0, aProfile({ id: 1, purpose: 'ChargePointMaxProfile', periods: [[0, 24]] })],
      [1, aProfile({ id: 2, purpose: 'TxProfile', periods: [[0, 32]] })],
    ],
    expected: [[0, 12_000]],
    active: 2,
  },
  {
    name: 'watts become amperes of 230 V on the phases named',
    profiles: [[1, aProfile({ unit: 'W', periods: [[0, 6_900]] })]],
    expected: [[0, 10_000]],
  },
  {
    name: 'a daily profile comes again',
    profiles: [
      [
        1,
        aProfile({
          kind: 'Recurring',
          periods: [[0, 9]],
          schedule: { ...absolute(START_MS), duration: 3_600 },
          more: { recurrencyKind: 'Daily' },
        }),
      ],
    ],
    expected: [
      [0, 9_000],
      [3_600, null],
      [86_400, 9_000],
      [86_400 + 3_600, null],
    ],
  },
  {
    name: 'nothing acts outside validFrom and validTo',
    profiles: [
      [
        1,
        aProfile({
          periods: [[0, 9]],
          more: {
            validFrom: new Date(START_MS + 10_000).toISOString(),
            validTo: new Date(START_MS + 20_000).toISOString(),
          },
        }),
      ],
    ],
    expected: [
      [9, null],
      [10, 9_000],
      [19, 9_000],
      [20, null],
    ],
  },
];

describe('charging profiles inside a charger', () => {
  for (const row of ROWS) {
    it(`limits as asked: ${row.name}`, () => {
      const store = new ProfileStore(2);
      for (const [connector, profile] of row.profiles)
        expect(store.set(connector, profile, RUNNING)).toBe('Accepted');
      for (const [atSeconds, limit] of row.expected) {
        expect([
          atSeconds,
          store.limitMilliamps(1, START_MS + atSeconds * 1_000, RUNNING, row.active ?? 1),
        ]).toEqual([atSeconds, limit]);
      }
    });
  }

  it.each([
    ['a transaction profile without a transaction', 1, aProfile({ purpose: 'TxProfile' }), null],
    [
      'a transaction profile of another transaction',
      1,
      aProfile({ purpose: 'TxProfile', more: { transactionId: 18 } }),
      RUNNING,
    ],
    ['a transaction profile for the whole charger', 0, aProfile({ purpose: 'TxProfile' }), RUNNING],
    ['a maximum for one connector', 1, aProfile({ purpose: 'ChargePointMaxProfile' }), RUNNING],
    ['a connector that is not there', 3, aProfile({}), RUNNING],
    ['a first period that does not begin at 0', 1, aProfile({ periods: [[5, 10]] }), RUNNING],
    ['a negative limit', 1, aProfile({ periods: [[0, -1]] }), RUNNING],
    ['a stack level above its maximum', 1, aProfile({ stackLevel: 10 }), RUNNING],
    ['something that is no profile', 1, { id: 1 }, RUNNING],
  ])('refuses %s', (_, connector, profile, running) => {
    expect(new ProfileStore(2).set(connector, profile, running)).toBe('Rejected');
  });

  it('forgets the transaction profiles of a connector with its transaction, and nothing else', () => {
    const store = new ProfileStore(2);
    store.set(0, aProfile({ id: 1, periods: [[0, 6]] }), null);
    store.set(1, aProfile({ id: 2, purpose: 'TxProfile', periods: [[0, 20]] }), RUNNING);
    store.set(2, aProfile({ id: 3, purpose: 'TxProfile', periods: [[0, 22]] }), RUNNING);
    store.endTransaction(1);
    expect(store.installed.map(({ profile }) => profile.id)).toEqual([1, 3]);
  });

  it('replaces a profile of the same id, and one of the same purpose and level', () => {
    const store = new ProfileStore(2);
    store.set(1, aProfile({ id: 1, stackLevel: 1 }), null);
    store.set(1, aProfile({ id: 1, stackLevel: 2 }), null);
    store.set(1, aProfile({ id: 5, stackLevel: 2 }), null);
    expect(store.installed.map(({ profile }) => profile.id)).toEqual([5]);
  });

  it('takes no more profiles than it says', () => {
    const store = new ProfileStore(PROFILES_MAX + 1);
    for (let connector = 1; connector <= PROFILES_MAX; connector += 1) {
      expect(store.set(connector, aProfile({ id: connector }), null)).toBe('Accepted');
    }
    expect(store.set(PROFILES_MAX + 1, aProfile({ id: 99 }), null)).toBe('Rejected');
  });

  it('clears what fits all given fields and tells when nothing did', () => {
    const store = new ProfileStore(2);
    store.set(1, aProfile({ id: 1, stackLevel: 1 }), null);
    store.set(2, aProfile({ id: 2, stackLevel: 1 }), null);
    const filter = { id: null, connector: null, purpose: null, stackLevel: null };
    expect(store.clear({ ...filter, connector: 2, stackLevel: 0 })).toBe('Unknown');
    expect(store.clear({ ...filter, connector: 2, stackLevel: 1 })).toBe('Accepted');
    expect(store.installed.map(({ profile }) => profile.id)).toEqual([1]);
    expect(store.clear({ ...filter, id: 1 })).toBe('Accepted');
    expect(store.installed).toEqual([]);
  });
});
