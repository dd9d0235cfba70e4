import { expect, test } from 'vitest';
import {
  ampsFromMilliamps,
  floorToLimitStep,
  milliampsFromAmps,
  milliampsFromWatts,
  wattsFromMilliamps,
} from '../../../../machines/shared/units.ts';

test('amperes with decimals become whole milliamperes', () => {
  expect(milliampsFromAmps(16.1)).toBe(16_100);
  expect(milliampsFromAmps(0.1 + 0.2)).toBe(300);
});

test('a limit never grows on its way to the wire', () => {
  expect(ampsFromMilliamps(6_199)).toBe(6.1);
  expect(floorToLimitStep(6_199)).toBe(6_100);
});

test('watts are shared by the phases', () => {
  expect(milliampsFromWatts(11_040)).toBe(16_000);
  expect(milliampsFromWatts(3_680, 1)).toBe(16_000);
  expect(wattsFromMilliamps(16_000)).toBe(11_040);
});
