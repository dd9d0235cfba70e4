import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mapDown } from '../../../machines/shared/mapping/down/map-down.ts';
import type { MappingFacts, Payload } from '../../../machines/shared/mapping/mapping.ts';
import type { OcppVersion } from '../../../machines/shared/ocpp-version.ts';
import {
  profile16,
  profile201,
  REQUESTS_16,
  REQUESTS_201,
  RESPONSES_16,
  RESPONSES_201,
} from '../../helpers/cpms-call-generators.ts';
import {
  answersTo,
  expectAnswerOf,
  factsTowards,
  withVendorFields,
} from '../../helpers/mapping-property-bench.ts';
import { cpmsActionsOf, violationIn } from '../../helpers/strict-schemas.ts';

const DIRECTIONS: ReadonlyArray<{
  from: OcppVersion;
  to: OcppVersion;
  requests: Readonly<Record<string, Arbitrary<unknown>>>;
  responses: Readonly<Record<string, Arbitrary<unknown>>>;
}> = [
  { from: '1.6', to: '2.0.1', requests: REQUESTS_16, responses: RESPONSES_201 },
  { from: '2.0.1', to: '1.6', requests: REQUESTS_201, responses: RESPONSES_16 },
];

const ACTION_ROWS = DIRECTIONS.flatMap((direction) =>
  cpmsActionsOf(direction.from).map((action) => ({ ...direction, action })),
);
const runs = { numRuns: 200 };

describe('any request of a CPMS', () => {
  test.each(ACTION_ROWS)('$from $action has generated requests and answers', ({ from, requests, action }) => {
    const request = requests[action];
    expect(request).toBeDefined();
    fc.assert(
      fc.property(request!, (payload) => {
        expect(violationIn(from, action, 'Request', payload)).toBeNull();
      }),
      { numRuns: 15 },
    );
  });

  test.each(ACTION_ROWS)(
    '$from $action becomes valid CALLs of the other version, and their answers a valid answer',
    ({ from, to, requests, responses, action }) => {
      const cases = fc
        .tuple(requests[action]!, factsTowards(to))
        .map(([payload, facts]) => ({
          payload,
          mapped: mapDown(from, to, { action, payload: payload as Payload }, facts),
        }))
        .chain(({ payload, mapped }) => {
          const answers = mapped.outcome === 'sent' ? answersTo(mapped, responses) : fc.constant([]);
          return fc.record({ payload: fc.constant(payload), mapped: fc.constant(mapped), answers });
        });
      fc.assert(
        fc.property(cases, ({ mapped, answers }) => {
          if (mapped.outcome === 'answered') {
            expect(mapped.reason).not.toBe('');
            expectAnswerOf(from, action, mapped.answer);
            return;
          }
          expect(mapped.calls.length).toBeGreaterThan(0);
          for (const call of mapped.calls) {
            expect(responses).toHaveProperty(call.action);
            expect(violationIn(to, call.action, 'Request', call.payload)).toBeNull();
          }
          expectAnswerOf(from, action, mapped.answer(answers));
          // The socket may go before the last part is answered.
          expectAnswerOf(from, action, mapped.answer(answers.slice(0, -1)));
        }),
        runs,
      );
    },
  );
});

test.each(cpmsActionsOf('1.6'))(
  'fields of vendors in a 1.6 %s, which are read leniently, go no further',
  (action) => {
    fc.assert(
      fc.property(REQUESTS_16[action]!, factsTowards('2.0.1'), (payload, facts) => {
        const call = { action, payload: withVendorFields(payload) as Payload };
        const mapped = mapDown('1.6', '2.0.1', call, facts);
        const calls = mapped.outcome === 'sent' ? mapped.calls : [];
        for (const each of calls)
          expect(violationIn('2.0.1', each.action, 'Request', each.payload)).toBeNull();
      }),
      { numRuns: 30 },
    );
  },
);

interface Period {
  startPeriod: number;
  limit: number;
  numberPhases?: number;
}
interface Schedule {
  duration?: number;
  startSchedule?: string;
  chargingRateUnit: string;
  chargingSchedulePeriod: Period[];
}
interface Profile {
  chargingProfilePurpose: string;
  chargingProfileKind: string;
  stackLevel: number;
  validFrom?: string;
  validTo?: string;
  chargingSchedule: Schedule | Schedule[];
}

function schedulesOf({ chargingSchedule }: Profile): Schedule[] {
  return Array.isArray(chargingSchedule) ? chargingSchedule : [chargingSchedule];
}

const PURPOSE: Readonly<Record<string, string>> = { ChargePointMaxProfile: 'ChargingStationMaxProfile' };

function expectNotWider(given: Profile, made: Profile): void {
  expect(PURPOSE[made.chargingProfilePurpose] ?? made.chargingProfilePurpose).toBe(
    PURPOSE[given.chargingProfilePurpose] ?? given.chargingProfilePurpose,
  );
  for (const field of ['chargingProfileKind', 'stackLevel', 'validFrom', 'validTo'] as const)
    expect(made[field]).toBe(given[field]);
  const [source, ...more] = schedulesOf(given);
  const [target, ...others] = schedulesOf(made);
  expect([more, others]).toEqual([[], []]);
  for (const field of ['duration', 'startSchedule', 'chargingRateUnit'] as const)
    expect(target?.[field]).toBe(source?.[field]);
  const periods = target?.chargingSchedulePeriod ?? [];
  expect(periods).toHaveLength(source?.chargingSchedulePeriod.length ?? -1);
  for (const [index, period] of periods.entries()) {
    const before = source!.chargingSchedulePeriod[index]!;
    expect(period.startPeriod).toBe(before.startPeriod);
    expect(period.numberPhases).toBe(before.numberPhases);
    expect(period.limit).toBeLessThanOrEqual(before.limit);
    expect(period.limit).toBeGreaterThan(before.limit - (Math.abs(before.limit) > 1e9 ? 1.001 : 0.1001));
  }
}

describe('a charging profile', () => {
  const facts = (transactionId: string | number): MappingFacts => ({
    nowMs: 0,
    transaction: { transactionId, connector: 1, idTag: null, seqNo: 0, offline: false, remoteStartId: null },
  });

  test('of a 1.6 CPMS limits a 2.0.1 charger exactly as it was meant', () => {
    let sent = 0;
    fc.assert(
      fc.property(profile16, (given) => {
        const payload = { connectorId: 1, csChargingProfiles: given };
        const mapped = mapDown('1.6', '2.0.1', { action: 'SetChargingProfile', payload }, facts('tx'));
        if (mapped.outcome !== 'sent') return;
        sent++;
        expectNotWider(given as Profile, mapped.calls[0]?.payload.chargingProfile as Profile);
      }),
      { numRuns: 300 },
    );
    expect(sent).toBeGreaterThan(50);
  });

  test('of a 2.0.1 CPMS never limits a 1.6 charger less than it was meant', () => {
    let sent = 0;
    fc.assert(
      fc.property(profile201, (given) => {
        const payload = { evseId: 1, chargingProfile: given };
        const mapped = mapDown('2.0.1', '1.6', { action: 'SetChargingProfile', payload }, facts(7));
        if (mapped.outcome !== 'sent') return;
        sent++;
        expectNotWider(given as Profile, mapped.calls[0]?.payload.csChargingProfiles as Profile);
      }),
      { numRuns: 600 },
    );
    expect(sent).toBeGreaterThan(50);
  });

  test('survives the way to the other version and back', () => {
    fc.assert(
      fc.property(profile16, (given) => {
        const there = mapDown(
          '1.6',
          '2.0.1',
          { action: 'SetChargingProfile', payload: { connectorId: 1, csChargingProfiles: given } },
          facts('tx'),
        );
        if (there.outcome !== 'sent') return;
        const back = mapDown('2.0.1', '1.6', there.calls[0]!, facts(7));
        const expected =
          'transactionId' in given || (given as Profile).chargingProfilePurpose === 'TxProfile';
        expect(back.outcome === 'sent' && back.calls[0]?.payload).toEqual({
          connectorId: 1,
          csChargingProfiles: expected ? { ...given, transactionId: 7 } : given,
        });
      }),
      { numRuns: 200 },
    );
  });
});
