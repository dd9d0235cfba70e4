import { describe, expect, it } from 'vitest';
import {
  capFor,
  type ExposureRules,
  isShutOut,
  type TokenClass,
} from '../../../../machines/shared/exposure.ts';

const none = { maxEnergyWh: null, maxDurationMs: null };
const energy = (maxEnergyWh: number) => ({ maxEnergyWh, maxDurationMs: null });
const rules: ExposureRules = {
  caps: { listed: none, cached: energy(20_000), unknown: energy(5_000) },
  longOutage: {
    afterMs: 1_000,
    caps: { listed: energy(30_000), cached: energy(3_000), unknown: energy(5_000) },
    rejected: ['unknown'],
  },
};

describe('what a card may have', () => {
  it.each<[TokenClass, number, unknown, boolean]>([
    ['listed', 0, null, false],
    ['cached', 999, energy(20_000), false],
    ['unknown', 999, energy(5_000), false],
    ['listed', 1_000, energy(30_000), false],
    ['cached', 1_000, energy(3_000), false],
    ['unknown', 1_000, energy(5_000), true],
  ])('%s, %i ms into an outage', (tokenClass, outageMs, cap, isOut) => {
    expect(capFor(rules, tokenClass, outageMs)).toEqual(cap);
    expect(isShutOut(rules, tokenClass, outageMs)).toBe(isOut);
  });

  it('does not change with an outage where nothing is said of long ones', () => {
    const plain = { ...rules, longOutage: null };
    expect(capFor(plain, 'cached', 1e12)).toEqual(energy(20_000));
    expect(isShutOut(plain, 'unknown', 1e12)).toBe(false);
  });
});
