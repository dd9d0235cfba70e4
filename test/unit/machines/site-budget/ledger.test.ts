import { describe, expect, test } from 'vitest';
import {
  bookedMilliamps,
  type ChargerEntry,
  type ConnectorEntry,
  IN_FLIGHT_MAX,
  type Lease,
  worstCaseMilliamps,
} from '../../../../machines/site-budget/ledger.ts';
import { launch } from '../../../../machines/site-budget/ledger-leases.ts';
import { newConnector } from '../../../../machines/site-budget/ledger-setup.ts';

const at = 1_000_000;
const lease = (limitMilliamps: number, more: Partial<Lease> = {}): Lease => ({
  order: 1,
  transactionId: 7,
  limitMilliamps,
  afterLeaseMilliamps: 6_000,
  knownAt: at - 20_000,
  sureUntilAt: at + 90_000,
  untilAt: at + 100_000,
  renewAt: at + 30_000,
  ...more,
});
const over: Partial<Lease> = { sureUntilAt: at - 20_000, untilAt: at - 5_000 };
const sent = (limitMilliamps: number, order = 2) => ({
  order,
  correlation: `limit-${order}`,
  transactionId: 7,
  limitMilliamps,
  afterLeaseMilliamps: 6_000,
  sentAt: at - 1_000,
});

function charger(link: ChargerEntry['link'], confirmedMilliamps: number | null = 6_000): ChargerEntry {
  return {
    charger: 'a',
    ratingMilliamps: 32_000,
    fallbackMilliamps: 6_000,
    link,
    heardByAt: 0,
    failSafe: {
      confirmedMilliamps,
      sent: null,
      doubtfulMilliamps: null,
      settling: null,
      fresh: true,
      failures: 0,
      retryAt: 0,
    },
  };
}

describe('the worst that a connector may draw', () => {
  const cases: Array<[string, ChargerEntry, Partial<ConnectorEntry>, number]> = [
    ['never confirmed anything: its rating', charger('online', null), {}, 32_000],
    ['never confirmed anything and away: its rating', charger('offline', null), {}, 32_000],
    ['idle: its fail-safe', charger('online'), {}, 6_000],
    ['idle and away: its fail-safe', charger('fallback'), {}, 6_000],
    ['a limit in force: that', charger('online'), { inForce: lease(16_000) }, 16_000],
    ['paused: nothing', charger('online'), { inForce: lease(0) }, 0],
    ['paused, then lost: its fail-safe', charger('offline'), { inForce: lease(0) }, 6_000],
    [
      'a raise under way: the new one',
      charger('online'),
      { inForce: lease(8_000), inFlight: [sent(16_000)] },
      16_000,
    ],
    [
      'a cut under way: still the old one',
      charger('online'),
      { inForce: lease(16_000), inFlight: [sent(8_000)] },
      16_000,
    ],
    ['a failed send: both', charger('online'), { inForce: lease(8_000), doubtful: lease(16_000) }, 16_000],
    [
      'still settling: the one before',
      charger('online'),
      { inForce: lease(8_000), settling: { limitMilliamps: 16_000, untilAt: at + 1 } },
      16_000,
    ],
    [
      'settled: not the one before',
      charger('online'),
      { inForce: lease(8_000), settling: { limitMilliamps: 16_000, untilAt: at } },
      8_000,
    ],
    [
      'measured above: what was measured',
      charger('online'),
      { inForce: lease(8_000), measured: { milliamps: 9_000, at } },
      9_000,
    ],
    [
      'measured before it had settled: that is history',
      charger('online'),
      { inForce: lease(8_000), measured: { milliamps: 9_000, at: at - 19_000 } },
      8_000,
    ],
    ['away, the lease running: its limit', charger('offline'), { inForce: lease(16_000) }, 16_000],
    ['away, the lease over: its fail-safe', charger('offline'), { inForce: lease(16_000, over) }, 6_000],
    [
      'away, a higher value after the lease: that',
      charger('offline'),
      { inForce: lease(16_000, { ...over, afterLeaseMilliamps: 10_000 }) },
      10_000,
    ],
    ['reachable, the lease over: its fail-safe', charger('online'), { inForce: lease(0, over) }, 6_000],
    [
      'ignores limits: what was measured, of any age',
      charger('online'),
      { ignoresLimits: true, inForce: lease(8_000), measured: { milliamps: 20_000, at: at - 60_000 } },
      20_000,
    ],
    ['refuses limits, never measured: its rating', charger('online'), { refusesLimits: true }, 32_000],
  ];
  test.each(cases)('%s', (_, of, more, milliamps) => {
    expect(worstCaseMilliamps({ ...newConnector('a', 1), ...more }, of, at)).toBe(milliamps);
  });

  test('is booked with what a loss of the link would make of it', () => {
    const paused = { ...newConnector('a', 1), inForce: lease(0) };
    expect(bookedMilliamps(paused, charger('online'), at)).toBe(6_000);
  });

  test('keeps its books bounded: the oldest of many limits under way becomes doubtful, and still counts', () => {
    let entry = newConnector('a', 1);
    for (let order = 1; order <= IN_FLIGHT_MAX + 1; order += 1)
      entry = launch(entry, sent(30_000 - order * 1_000, order), 120_000);
    expect(entry.inFlight).toHaveLength(IN_FLIGHT_MAX);
    expect(entry.doubtful).toMatchObject({ limitMilliamps: 29_000, order: 1 });
    expect(worstCaseMilliamps(entry, charger('online'), at)).toBe(29_000);
  });
});
