import { describe, expect, test } from 'vitest';
import { failSafeCuts, failSafeMilliamps } from '../../../../machines/site-budget/fail-safe-cuts.ts';

const limit = (connector: number, limitMilliamps: number, transactionId: number | null = 7) => ({
  connector,
  limitMilliamps,
  transactionId: connector === 0 ? null : transactionId,
});

describe('the fail-safe cuts of a charger', () => {
  test('lower every limit above the fail-safe to it, and leave the others alone', () => {
    const sent = [limit(0, 6_000), limit(1, 20_000), limit(2, 6_000, 8), limit(3, 0, 9)];
    expect(failSafeCuts(6_000, sent)).toEqual([
      { connector: 1, transactionId: 7, fromMilliamps: 20_000, toMilliamps: 6_000 },
    ]);
  });

  test('go down to the default that is in the charger where that is lower than the configured one', () => {
    expect(failSafeCuts(6_000, [limit(0, 0), limit(1, 6_000)])).toEqual([
      { connector: 1, transactionId: 7, fromMilliamps: 6_000, toMilliamps: 0 },
    ]);
  });

  test('go to the configured fallback where no default was ever sent, and never above it', () => {
    expect(failSafeMilliamps(6_000, [])).toBe(6_000);
    expect(failSafeMilliamps(6_000, [limit(0, 10_000)])).toBe(6_000);
  });

  test('are none for what belongs to no transaction', () => {
    expect(failSafeCuts(6_000, [limit(1, 20_000, null)])).toEqual([]);
  });
});
