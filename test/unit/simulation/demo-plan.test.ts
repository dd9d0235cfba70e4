import { describe, expect, it } from 'vitest';
import { DEMO_CHARGERS, DEMO_ID_TAGS, DEMO_LINK_VICTIM, planVisits } from '../../../simulation/demo-plan.ts';

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);
const DURATIONS = [20_000, 60_000, 600_000];
const RUNS = SEEDS.flatMap((seed) =>
  DURATIONS.map((durationMs) => ({ durationMs, visits: planVisits(seed, durationMs) })),
);

describe('plan of the demo', () => {
  it('has sessions that begin, end and lie wholly in the outage of the CPMS, in every run', () => {
    for (const { durationMs, visits } of RUNS) {
      const inOutage = (atMs: number): boolean => atMs > durationMs * 0.2 && atMs < durationMs * 0.4;
      expect(visits.some(({ arriveAtMs }) => inOutage(arriveAtMs))).toBe(true);
      expect(visits.some(({ leaveAtMs }) => inOutage(leaveAtMs))).toBe(true);
      expect(visits.some((visit) => inOutage(visit.arriveAtMs) && inOutage(visit.leaveAtMs))).toBe(true);
    }
  });

  it('has sessions that begin in the outage of the CPMS at chargers of both versions', () => {
    for (const { durationMs, visits } of RUNS) {
      const begun = visits.filter(
        ({ arriveAtMs }) => arriveAtMs > durationMs * 0.2 && arriveAtMs < durationMs * 0.4,
      );
      const versions = begun.map(
        (visit) => DEMO_CHARGERS.find(({ identity }) => identity === visit.identity)!.version,
      );
      expect(new Set(versions)).toEqual(new Set(['1.6', '2.0.1']));
    }
  });

  it('has a car at the charger whose link goes down, before and after', () => {
    for (const { durationMs, visits } of RUNS) {
      const there = visits.filter(({ identity }) => identity === DEMO_LINK_VICTIM);
      expect(
        there.some((visit) => visit.arriveAtMs < durationMs * 0.5 && visit.leaveAtMs > durationMs * 0.8),
      ).toBe(true);
    }
  });

  it('never has two cars at one outlet, and all have left before the end', () => {
    for (const { durationMs, visits } of RUNS) {
      for (const { identity, connectors } of DEMO_CHARGERS) {
        for (let connector = 1; connector <= connectors; connector += 1) {
          const here = visits.filter((visit) => visit.identity === identity && visit.connector === connector);
          let freeFromMs = 0;
          for (const { arriveAtMs, leaveAtMs } of here) {
            expect(arriveAtMs).toBeGreaterThan(freeFromMs);
            expect(leaveAtMs).toBeGreaterThan(arriveAtMs);
            freeFromMs = leaveAtMs;
          }
          expect(freeFromMs).toBeLessThan(durationMs);
        }
      }
    }
  });

  it('uses one-phase and three-phase cars, and known tags that fit OCPP 1.6', () => {
    for (const { visits } of RUNS) {
      expect(new Set(visits.map(({ phases }) => phases))).toEqual(new Set([1, 3]));
      for (const { idTag } of visits) expect(DEMO_ID_TAGS).toContain(idTag);
    }
    for (const idTag of DEMO_ID_TAGS) expect(idTag.length).toBeLessThanOrEqual(20);
  });

  it('is the same for the same seed and another for another', () => {
    expect(planVisits(4, 60_000)).toEqual(planVisits(4, 60_000));
    expect(planVisits(4, 60_000)).not.toEqual(planVisits(5, 60_000));
  });
});
