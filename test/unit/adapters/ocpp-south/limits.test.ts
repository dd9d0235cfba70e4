import { describe, expect, test } from 'vitest';
import type { SetLimit } from '../../../../actors/ports.ts';
import type { VersionedCall } from '../../../../adapters/ocpp/translation.ts';
import { createLimitsPort } from '../../../../adapters/ocpp-south/limits.ts';
import { mapDown } from '../../../../machines/shared/mapping/down/map-down.ts';
import { silentLog } from '../../../../runtime/log.ts';
import { dataOf, FakeHost, HandClock } from '../ocpp/helpers.ts';

const aSet = (correlation: string, overrides: Partial<SetLimit> = {}): SetLimit => ({
  type: 'set',
  charger: 'A',
  connector: 2,
  transactionId: 7,
  limitMilliamps: 16_490,
  fallbackMilliamps: 6_000,
  leaseMs: 120_000,
  correlation,
  ...overrides,
});

function aPort() {
  const host = new FakeHost();
  const calls: VersionedCall[] = [];
  const south = { call: (_charger: string, call: VersionedCall) => void calls.push(call) };
  const port = createLimitsPort({ clock: new HandClock(), log: silentLog, post: host.post, south });
  const answer = (n: number, status: string): void =>
    calls[n]?.settle({ kind: 'answered', raw: '', payload: { status } });
  return { host, calls, port, answer };
}

describe('a limit', () => {
  test('becomes a TxProfile with the limit now and the fallback when the lease ends', () => {
    const { port, calls } = aPort();
    port.perform(aSet('c'));
    expect(calls[0]?.action).toBe('SetChargingProfile');
    expect(JSON.parse(calls[0]?.raw ?? '')).toEqual({
      connectorId: 2,
      csChargingProfiles: {
        chargingProfileId: 900_002,
        transactionId: 7,
        stackLevel: 1,
        chargingProfilePurpose: 'TxProfile',
        chargingProfileKind: 'Absolute',
        chargingSchedule: {
          startSchedule: '2026-01-01T12:00:00Z',
          chargingRateUnit: 'A',
          chargingSchedulePeriod: [
            { startPeriod: 0, limit: 16.4 },
            { startPeriod: 120, limit: 6 },
          ],
        },
      },
    });
  });

  test('of a transaction of 2.0.1 names it beside the profile, for the translation', () => {
    const { port, calls } = aPort();
    port.perform(aSet('c', { transactionId: 'tx-1' }));
    expect(calls[0]?.transaction).toMatchObject({ transactionId: 'tx-1', connector: 2 });
    expect(calls[0]?.raw).not.toContain('transactionId');
    port.perform(aSet('d', { connector: 1 }));
    expect(calls[1]?.transaction).toBeUndefined();
  });

  test('reaches a charger of 2.0.1 as its transaction there', () => {
    const { port, calls } = aPort();
    port.perform(aSet('c', { transactionId: 'tx-1' }));
    const { action, raw, transaction } = calls[0]!;
    const facts = { nowMs: 0, ...(transaction ? { transaction } : {}) };
    const call = { action, payload: JSON.parse(raw) as Record<string, unknown> };
    const mapped = mapDown('1.6', '2.0.1', call, facts);
    expect(mapped).toMatchObject({
      outcome: 'sent',
      calls: [
        {
          action: 'SetChargingProfile',
          payload: { evseId: 2, chargingProfile: { id: 900_002, transactionId: 'tx-1', stackLevel: 1 } },
        },
      ],
    });
  });

  test('permanent or not, is within what a charger of 2.0.1 takes', () => {
    const { port, calls } = aPort();
    port.perform({ type: 'installFailSafe', charger: 'A', limitMilliamps: 6_000, correlation: 'f' });
    const payload = JSON.parse(calls[0]?.raw ?? '') as Record<string, unknown>;
    const mapped = mapDown('1.6', '2.0.1', { action: 'SetChargingProfile', payload }, { nowMs: 0 });
    expect(mapped).toMatchObject({ outcome: 'sent', lost: [] });
  });

  test.each(['Accepted', 'Rejected', 'NotSupported'])('reports the word of the charger: %s', (status) => {
    const { port, host, answer } = aPort();
    port.perform(aSet('c'));
    answer(0, status);
    expect(host.taken).toMatchObject([
      {
        type: 'limits.answered',
        to: 'budget/site',
        correlation: 'c',
        data: { charger: 'A', connector: 2, status },
      },
    ]);
  });

  test('reports how it failed', () => {
    const { port, host, calls } = aPort();
    port.perform(aSet('c'));
    calls[0]?.settle({
      kind: 'failed',
      why: 'error',
      error: { code: 'NotSupported', description: 'no', details: {} },
    });
    expect(host.taken).toMatchObject([
      {
        type: 'limits.failed',
        correlation: 'c',
        data: { charger: 'A', connector: 2, kind: 'error', detail: 'NotSupported: no' },
      },
    ]);
  });

  test('waiting behind one on its way is replaced by a newer one, which goes next', () => {
    const { port, host, calls, answer } = aPort();
    port.perform(aSet('1', { limitMilliamps: 10_000 }));
    port.perform(aSet('2', { limitMilliamps: 20_000 }));
    port.perform(aSet('3', { limitMilliamps: 8_000 }));
    expect(calls).toHaveLength(1);
    expect(host.taken.map((one) => [one.correlation, dataOf(one).kind, dataOf(one).detail])).toEqual([
      ['2', 'closed', 'superseded'],
    ]);
    answer(0, 'Accepted');
    expect(
      JSON.parse(calls[1]?.raw ?? '').csChargingProfiles.chargingSchedule.chargingSchedulePeriod[0].limit,
    ).toBe(8);
    answer(1, 'Accepted');
    port.perform(aSet('4'));
    expect(calls).toHaveLength(3);
  });

  test('of one connector does not wait for another connector', () => {
    const { port, calls } = aPort();
    port.perform(aSet('1', { connector: 1 }));
    port.perform(aSet('2', { connector: 2 }));
    expect(calls).toHaveLength(2);
  });

  test('that is no number never leaves', () => {
    const { port, host, calls } = aPort();
    port.perform(aSet('c', { limitMilliamps: Number.NaN }));
    expect(calls).toEqual([]);
    expect(dataOf(host.taken[0]).kind).toBe('invalid');
  });

  test.each([0, 100, 300, 700, 6_000, 15_999, 32_000, 63_099])(
    'of %i mA passes the strict schema and is never rounded up',
    (limitMilliamps) => {
      const { port, calls } = aPort();
      port.perform(aSet('c', { limitMilliamps }));
      const { limit } = JSON.parse(calls[0]?.raw ?? '').csChargingProfiles.chargingSchedule
        .chargingSchedulePeriod[0];
      expect(Math.round(limit * 1_000)).toBeLessThanOrEqual(limitMilliamps);
    },
  );
});

test('the fail-safe is a lowest-level default for every connector, without start and end', () => {
  const { port, host, calls, answer } = aPort();
  port.perform({ type: 'installFailSafe', charger: 'A', limitMilliamps: 6_000, correlation: 'f' });
  expect(JSON.parse(calls[0]?.raw ?? '')).toEqual({
    connectorId: 0,
    csChargingProfiles: {
      chargingProfileId: 900_000,
      stackLevel: 0,
      chargingProfilePurpose: 'TxDefaultProfile',
      chargingProfileKind: 'Relative',
      chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 6 }] },
    },
  });
  answer(0, 'Accepted');
  expect(host.taken).toMatchObject([{ type: 'limits.answered', data: { connector: 0, status: 'Accepted' } }]);
});
