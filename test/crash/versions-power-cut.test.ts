import { expect, test } from 'vitest';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import { countPortCalls, dieAtEach, everyNth, withoutFlushWait } from '../helpers/crash-world/exhaustive.ts';

/** 1.6 on both sides has suites of its own, at every port call. */
const CELLS: ReadonlyArray<[charger: OcppVersion, cpms: OcppVersion]> = [
  ['2.0.1', '2.0.1'],
  ['2.0.1', '1.6'],
  ['1.6', '2.0.1'],
];

test.each(CELLS)(
  'charger %s, CPMS %s: a power cut at every fourth port call of the story breaks no promise',
  async (charger, cpms) => {
    const versions = { charger, cpms };
    const calls = await countPortCalls({ versions });
    expect(calls).toBeGreaterThan(600);
    expect(await dieAtEach(everyNth(1, calls, 4), { versions, how: 'powerCut' })).toEqual([]);
  },
  900_000,
);

test.each(CELLS)(
  'charger %s, CPMS %s: with the wait for the flush removed, what was answered is lost, and it is noticed',
  async (charger, cpms) => {
    const versions = { charger, cpms };
    const calls = await countPortCalls({ versions });
    const points = everyNth(Math.floor(calls * 0.3), Math.floor(calls * 0.6), 1);
    expect(await firstLoss(points, versions)).toContain('lost');
  },
  900_000,
);

/** Where a story loses something lies between two commits, and moves with every change: looked for until found. */
async function firstLoss(
  points: readonly number[],
  versions: { charger: OcppVersion; cpms: OcppVersion },
): Promise<string | undefined> {
  for (const point of points) {
    const found = await dieAtEach([point], { versions, how: 'powerCut', wrapStore: withoutFlushWait });
    const loss = found.find((violation) => violation.includes('lost'));
    if (loss) return loss;
  }
  return undefined;
}
