import { describe, expect, test } from 'vitest';
import { identityOf, isOfTransaction } from '../../../../actors/charger/edge-facts.ts';
import type { Json } from '../../../../runtime/envelope.ts';
import { ChargerBench, CP } from '../../../helpers/charger-bench.ts';

/** The rows of a bench as the host shows them. */
function rowsOf(bench: ChargerBench) {
  return {
    rows: <T extends Json>(table: string, { prefix = '' }: { prefix?: string } = {}) =>
      [...bench.rows]
        .filter(([key]) => key.startsWith(`${table}/${prefix}`))
        .map(([key, value]) => ({ key: key.slice(table.length + 1), value: value as T }))
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
  };
}

describe('who a charger is', () => {
  test.each(['online', 'offline'] as const)('is kept from its boot, with the CPMS %s', (mode) => {
    const bench = new ChargerBench();
    expect(identityOf(rowsOf(bench), CP)).toBeNull();
    bench.serve(mode);
    expect(identityOf(rowsOf(bench), CP)).toEqual({ vendor: 'V', model: 'M', firmware: null });
    const boot = { chargePointVendor: 'V', chargePointModel: 'M', firmwareVersion: '1.2' };
    bench.call('BootNotification', boot);
    expect(identityOf(rowsOf(bench), CP)?.firmware).toBe('1.2');
  });

  test('is told by 2.0.1 too, and is not that of one whose id begins alike', () => {
    const bench = new ChargerBench();
    bench.serve201();
    expect(identityOf(rowsOf(bench), CP)).toEqual({ vendor: 'V', model: 'M', firmware: null });
    expect(identityOf(rowsOf(bench), CP.slice(0, -1))).toBeNull();
  });
});

test('a transaction claims its id, and while it is open its connector', () => {
  const bench = new ChargerBench();
  bench.serve('offline');
  const rows = rowsOf(bench);
  expect(isOfTransaction(rows, CP, 1, 0)).toBe(false);
  const started = bench.call('StartTransaction', {
    connectorId: 1,
    idTag: 'SITE-CARD',
    meterStart: 0,
    timestamp: '2026-01-01T00:00:00Z',
  });
  const raw = started.effects.find(({ type }) => type === 'answer')?.data.raw as string;
  const { transactionId } = JSON.parse(raw) as { transactionId: number };
  expect([1, 2].map((connector) => isOfTransaction(rows, CP, connector, 0))).toEqual([true, false]);
  expect(isOfTransaction(rows, CP, 2, transactionId)).toBe(true);
  bench.call('StopTransaction', { transactionId, meterStop: 5, timestamp: '2026-01-01T01:00:00Z' });
  expect(isOfTransaction(rows, CP, 1, 0)).toBe(false);
  expect(isOfTransaction(rows, CP, 1, transactionId)).toBe(true);
});
