import { expect, test } from 'vitest';
import { allocate } from '../../../../machines/site-budget/allocate.ts';

const claim = (key: string, capMilliamps = 32_000, floorMilliamps = 0, queuedAt = 0) => ({
  key,
  capMilliamps,
  floorMilliamps,
  queuedAt,
});
const limits = (claims: ReturnType<typeof claim>[], capacityMilliamps: number) =>
  Object.fromEntries(
    [...allocate({ claims, capacityMilliamps, minMilliamps: 6_000 })].map(([key, { limitMilliamps }]) => [
      key,
      limitMilliamps,
    ]),
  );

test.each([
  ['one car gets all, up to its cap', [claim('a', 16_000)], 40_000, { a: 16_000 }],
  ['two cars get the same', [claim('a'), claim('b')], 40_000, { a: 20_000, b: 20_000 }],
  [
    'what one cannot use goes to the others',
    [claim('a', 8_000), claim('b'), claim('c')],
    38_000,
    { a: 8_000, b: 15_000, c: 15_000 },
  ],
  [
    'shares are cut to tenths of an ampere',
    [claim('a'), claim('b'), claim('c')],
    20_000,
    { a: 6_600, b: 6_600, c: 6_600 },
  ],
  [
    'below the minimum the last in the queue pauses',
    [claim('a', 32_000, 0, 2), claim('b', 32_000, 0, 1)],
    11_000,
    { a: 0, b: 11_000 },
  ],
  ['a cap below the minimum is a pause', [claim('a', 5_900), claim('b')], 20_000, { a: 0, b: 20_000 }],
  [
    'a floor stays reserved for one that pauses',
    [claim('a', 5_900, 6_000), claim('b')],
    20_000,
    { a: 0, b: 14_000 },
  ],
  [
    'floors that do not fit give no claim',
    [claim('a', 32_000, 10_000), claim('b', 32_000, 10_000)],
    12_000,
    { a: 6_000, b: 6_000 },
  ],
  ['nothing to share is a pause for all', [claim('a'), claim('b')], 0, { a: 0, b: 0 }],
])('%s', (_, claims, capacity, expected) => {
  expect(limits(claims, capacity)).toEqual(expected);
});

test('each share says why, with its numbers', () => {
  const shares = allocate({
    claims: [claim('a', 8_000), claim('b'), claim('c', 5_000), claim('d', 32_000, 0, 9)],
    capacityMilliamps: 15_000,
    minMilliamps: 6_000,
  });
  expect([...shares].map(([key, { limitedBy }]) => [key, limitedBy.code])).toEqual([
    ['a', 'budget.equalShare'],
    ['b', 'budget.equalShare'],
    ['c', 'budget.capBelowMinimum'],
    ['d', 'budget.waiting'],
  ]);
  expect(shares.get('a')!.limitedBy.params).toEqual({ capacityMilliamps: 15_000, shareCount: 2 });
});
