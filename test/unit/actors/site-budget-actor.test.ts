import { describe, expect, test } from 'vitest';
import { siteBudgetKind } from '../../../actors/site-budget-actor.ts';
import { bookedMilliamps, totalWorstCaseMilliamps } from '../../../machines/site-budget/ledger.ts';
import { ActorBench } from '../../helpers/actor-bench.ts';
import { BudgetBench, installsOf, sendsOf, twoChargers } from '../../helpers/budget-bench.ts';

describe('the modes of the site budget', () => {
  const prepared: Record<string, () => BudgetBench> = {
    started: () => new BudgetBench(),
    ready: () => BudgetBench.ready(),
    granted: () => {
      const budget = BudgetBench.ready();
      budget.settle(budget.demand('a', 'charging', 7));
      return budget;
    },
    lost: () => {
      const budget = prepared.granted!();
      budget.link('a', 'offline');
      return budget;
    },
    reserved: () => {
      const budget = BudgetBench.ready();
      budget.link('a', 'fallback');
      return budget;
    },
  };
  const steps: Array<[string, string, (budget: BudgetBench) => unknown, string]> = [
    ['started', 'nothing more', () => {}, 'resync'],
    ['started', 'one charger online', (b) => b.settle(b.link('a', 'online')), 'resync'],
    [
      'started',
      'an unconfirmed charger offline',
      (b) => [b.link('a', 'offline'), b.link('b', 'offline')],
      'offline',
    ],
    ['started', 'nobody heard until no old lease can run', (b) => b.pass(125_000), 'fallback'],
    ['ready', 'nothing more', () => {}, 'online'],
    ['ready', 'a transaction', (b) => b.demand('a', 'charging', 7), 'online'],
    ['ready', 'an idle charger offline', (b) => b.link('a', 'offline'), 'fallback'],
    ['ready', 'a charger without a place offline', (b) => b.link('stranger', 'offline'), 'online'],
    ['ready', 'a restart', (b) => b.configure(), 'resync'],
    ['granted', 'its charger offline', (b) => b.link('a', 'offline'), 'offline'],
    [
      'granted',
      'its charger in fallback, the lease still running',
      (b) => b.link('a', 'fallback'),
      'offline',
    ],
    ['granted', 'the other charger offline', (b) => b.link('b', 'offline'), 'fallback'],
    ['lost', 'time, the lease not over', (b) => b.pass(124_000), 'offline'],
    ['lost', 'time, lease and grace over', (b) => b.pass(126_000), 'fallback'],
    ['lost', 'the charger back', (b) => b.link('a', 'resync'), 'resync'],
    ['lost', 'the charger online, nothing confirmed', (b) => b.link('a', 'online'), 'resync'],
    ['lost', 'the charger online and confirmed', (b) => b.settle(b.link('a', 'online')), 'online'],
    ['reserved', 'the charger back and confirmed', (b) => b.settle(b.link('a', 'online')), 'online'],
    ['reserved', 'a reading of the other', (b) => b.measured('b', 5_000), 'fallback'],
  ];
  test.each(steps)('%s, then %s, ends in its mode', (from, _, step, mode) => {
    const budget = prepared[from]!();
    step(budget);
    expect(budget.mode).toBe(mode);
  });

  test('each is journalled with the chargers behind it', () => {
    const budget = prepared.granted!();
    expect(budget.link('a', 'offline').journal).toContainEqual({
      type: 'budget.modeChanged',
      data: { mode: 'offline', chargers: ['a'] },
    });
  });
});

describe('giving current', () => {
  test('a charger gets its fail-safe first, and nothing before a transaction runs', () => {
    const budget = new BudgetBench();
    const turn = budget.link('a', 'online');
    expect(installsOf(turn)).toMatchObject([{ charger: 'a', limitMilliamps: 6_000 }]);
    budget.settle(turn);
    budget.settle(budget.link('b', 'online'));
    budget.demand('a', 'preparing', null);
    budget.pass(60_000);
    expect(budget.sent).toEqual([]);
  });

  test('one car gets what its rating and the others leave, as a lease over the fail-safe', () => {
    const budget = BudgetBench.ready();
    const turn = budget.demand('a', 'charging', 7);
    expect(sendsOf(turn)).toEqual([
      {
        type: 'set',
        charger: 'a',
        connector: 1,
        transactionId: 7,
        limitMilliamps: 32_000,
        leaseMs: 120_000,
        fallbackMilliamps: 6_000,
        correlation: expect.any(String),
      },
    ]);
    expect(turn.effects[0]).toMatchObject({ port: 'limits', type: 'set', recovery: 'state', cut: false });
    expect(turn.journal).toEqual([
      {
        type: 'budget.limitDecided',
        charger: 'a',
        connector: 1,
        data: { limitMilliamps: 32_000 },
        reason: {
          code: 'budget.cap',
          params: {
            capMilliamps: 32_000,
            capacityMilliamps: 34_000,
            shareCount: 1,
            siteLimitMilliamps: 40_000,
            reservedMilliamps: 6_000,
          },
        },
      },
    ]);
  });

  test('the second car waits for the cut of the first to be confirmed and followed: lower before raise', () => {
    const budget = BudgetBench.ready();
    budget.settle(budget.demand('a', 'charging', 7));
    const turn = budget.demand('b', 'charging', 8);
    expect(sendsOf(turn)).toMatchObject([{ charger: 'a', limitMilliamps: 20_000 }]);
    expect(turn.effects[0]!.cut).toBe(true);
    budget.answer(sendsOf(turn)[0]!);
    expect(budget.sent).toEqual(['a:32', 'a:20']);
    budget.pass(4_000);
    expect(budget.sent).toEqual(['a:32', 'a:20']);
    budget.pass(2_000);
    expect(budget.sent).toEqual(['a:32', 'a:20', 'b:20']);
  });

  test('a reading shows sooner that the first car has followed', () => {
    const budget = BudgetBench.ready();
    budget.settle(budget.demand('a', 'charging', 7));
    budget.answer(sendsOf(budget.demand('b', 'charging', 8))[0]!);
    budget.bench.nowMs += 1_500;
    expect(sendsOf(budget.measured('a', 19_000, 19_000, 19_000))).toMatchObject([{ charger: 'b' }]);
  });

  test('a reading that leads to nothing may wait for company, one that does may not', () => {
    const budget = BudgetBench.ready();
    budget.settle(budget.demand('a', 'charging', 7));
    expect(budget.measured('a', 15_000).relaxed).toBe(true);
    budget.answer(sendsOf(budget.demand('b', 'charging', 8))[0]!);
    budget.bench.nowMs += 1_500;
    expect(budget.measured('a', 19_000).relaxed).toBe(false);
  });

  test('a lease is renewed before half of it has passed, and not for a charger that is away', () => {
    const budget = BudgetBench.ready();
    budget.settle(budget.demand('a', 'charging', 7));
    const before = budget.bench.nowMs;
    const renewals = budget.pass(59_000).filter((turn) => sendsOf(turn).length > 0);
    expect(renewals).toHaveLength(1);
    expect(renewals[0]!.journal[0]!.reason!.code).toBe('budget.leaseRenewed');
    expect(budget.bench.nowMs - before).toBeLessThan(60_000);
    budget.link('a', 'offline');
    const count = budget.sent.length;
    budget.pass(200_000);
    expect(budget.sent).toHaveLength(count);
  });

  test('a suspended car keeps the minimum, and the other one gets the rest', () => {
    const budget = BudgetBench.ready();
    budget.settle(budget.demand('a', 'charging', 7));
    budget.settle(budget.demand('b', 'charging', 8));
    budget.pass(60_000);
    budget.settle(budget.demand('a', 'suspended', 7));
    budget.pass(60_000);
    expect(budget.sent.slice(-4)).toEqual(expect.arrayContaining(['a:6', 'b:32']));
  });

  test('without fail-safe reserves the ones that do not fit pause, the longest waiting first in turn', () => {
    const chargers = twoChargers.chargers.map((charger) => ({ ...charger, fallbackMilliamps: 0 }));
    const budget = BudgetBench.ready({ ...twoChargers, limitMilliamps: 10_000, chargers });
    budget.settle(budget.demand('a', 'charging', 7));
    budget.pass(1_000);
    const turn = budget.demand('b', 'charging', 8);
    expect(sendsOf(turn)).toMatchObject([{ charger: 'b', limitMilliamps: 0 }]);
    expect(turn.journal[0]!.reason!.code).toBe('budget.waiting');
    budget.settle(turn);
    budget.pass(3_700_000);
    expect(budget.sent).toContain('b:10');
    expect(budget.sent.lastIndexOf('a:0')).toBeLessThan(budget.sent.indexOf('b:10'));
  });

  test('a profile of the CPMS below the minimum pauses the car, and its end lets it go on', () => {
    const budget = BudgetBench.ready();
    budget.settle(budget.demand('a', 'charging', 7));
    const cap = (capMilliamps: number | null) =>
      budget.deliver('budget.capChanged', { charger: 'a', connector: 1, capMilliamps });
    const turn = cap(5_000);
    expect(sendsOf(turn)).toMatchObject([{ limitMilliamps: 0, fallbackMilliamps: 0 }]);
    budget.settle(turn);
    budget.pass(10_000);
    budget.settle(cap(null));
    expect(budget.sent.at(-1)).toBe('a:32');
  });
});

describe('what is not certain', () => {
  test('a lost charger counts at its limit until its lease and grace are over, then at its fail-safe', () => {
    const budget = BudgetBench.ready();
    budget.settle(budget.demand('a', 'charging', 7));
    budget.link('a', 'offline');
    expect(totalWorstCaseMilliamps(budget.ledger)).toBe(38_000);
    budget.demand('b', 'charging', 8);
    budget.pass(124_000);
    expect(budget.sent.filter((send) => send.startsWith('b'))).toEqual([]);
    budget.pass(3_000);
    expect(totalWorstCaseMilliamps(budget.ledger)).toBe(38_000);
    expect(budget.sent.at(-1)).toBe('b:32');
  });

  test('a failed send counts with the old and the new limit, and is repeated after 5 s, then slowly', () => {
    const budget = BudgetBench.ready();
    const first = sendsOf(budget.demand('a', 'charging', 7))[0]!;
    budget.fail(first);
    expect(totalWorstCaseMilliamps(budget.ledger)).toBe(38_000);
    expect(budget.pass(4_000, false).flatMap(sendsOf)).toEqual([]);
    for (const wait of [2_000, 6_000]) {
      const [again] = budget.pass(wait, false).flatMap(sendsOf);
      expect(again).toMatchObject({ charger: 'a', limitMilliamps: 32_000 });
      budget.fail(again!);
    }
    expect(budget.pass(59_000, false).flatMap(sendsOf)).toEqual([]);
    expect(budget.pass(2_000, false).flatMap(sendsOf)).toHaveLength(1);
  });

  test('no answer at all is a failure after a while', () => {
    const budget = BudgetBench.ready();
    budget.demand('a', 'charging', 7);
    budget.pass(46_000, false);
    expect(budget.ledger.connectors[0]).toMatchObject({ inFlight: [], failures: 1 });
  });

  test('a charger that refuses limits for good counts at its rating', () => {
    const budget = BudgetBench.ready();
    const first = sendsOf(budget.demand('a', 'charging', 7))[0]!;
    budget.answer(first, 'NotSupported');
    expect(budget.ledger.connectors[0]).toMatchObject({ refusesLimits: true });
    budget.pass(200_000, false);
    expect(totalWorstCaseMilliamps(budget.ledger)).toBe(38_000);
  });

  test('a car that draws more than its limit for 10 s has its draw reserved until it obeys', () => {
    const budget = BudgetBench.ready();
    budget.settle(budget.demand('a', 'charging', 7));
    budget.settle(budget.demand('b', 'charging', 8));
    budget.pass(60_000);
    budget.settle(budget.measured('a', 27_000, 27_000, 27_000));
    budget.pass(11_000);
    expect(budget.ledger.connectors[0]).toMatchObject({ ignoresLimits: true });
    budget.pass(60_000);
    expect(budget.sent.findLast((send) => send.startsWith('b'))).toBe('b:13');
    budget.settle(budget.measured('a', 19_000));
    expect(budget.ledger.connectors[0]).toMatchObject({ ignoresLimits: false });
  });

  test('a restart keeps every limit in the books, and nobody is given more until all are confirmed', () => {
    const budget = BudgetBench.ready();
    budget.settle(budget.demand('a', 'charging', 7));
    budget.demand('b', 'charging', 8);
    budget.bench.restart();
    budget.configure();
    expect(budget.mode).toBe('resync');
    expect(totalWorstCaseMilliamps(budget.ledger)).toBe(38_000);
    expect(budget.ledger.connectors[0]).toMatchObject({ inFlight: [], doubtful: { limitMilliamps: 20_000 } });
    budget.settle(budget.link('b', 'online'));
    budget.pass(20_000);
    expect(budget.sent.filter((send) => send.startsWith('b'))).toEqual([]);
    budget.settle(budget.link('a', 'online'));
    budget.pass(20_000);
    expect(budget.sent.at(-1)).toBe('b:20');
  });

  test('a paused connector stays booked at its fail-safe, so that its loss takes nothing from others', () => {
    const budget = BudgetBench.ready();
    budget.settle(budget.demand('a', 'charging', 7));
    budget.settle(budget.deliver('budget.capChanged', { charger: 'a', connector: 1, capMilliamps: 0 }));
    budget.pass(10_000);
    const { connectors, chargers, at } = budget.ledger;
    expect(totalWorstCaseMilliamps(budget.ledger)).toBe(6_000);
    expect(bookedMilliamps(connectors[0]!, chargers[0]!, at)).toBe(6_000);
  });
});

describe('a lower site limit', () => {
  test('cuts at once, in the same turn', () => {
    const budget = BudgetBench.ready();
    budget.settle(budget.demand('a', 'charging', 7));
    const turn = budget.deliver('budget.limitChanged', { limitMilliamps: 16_000, source: 'grid' });
    expect(sendsOf(turn)).toMatchObject([{ charger: 'a', limitMilliamps: 10_000 }]);
    expect(turn.effects.every((effect) => effect.cut)).toBe(true);
  });

  test('below the sum of the fail-safes lowers these too, and gives them back when it is over', () => {
    const budget = BudgetBench.ready();
    const turn = budget.deliver('budget.limitChanged', { limitMilliamps: 10_000, source: 'grid' });
    expect(installsOf(turn)).toMatchObject([{ charger: 'b', limitMilliamps: 0 }]);
    expect(turn.journal[0]!.reason!.code).toBe('budget.failSafeReduced');
    budget.settle(turn);
    budget.pass(10_000);
    expect(totalWorstCaseMilliamps(budget.ledger)).toBe(6_000);
    const back = budget.deliver('budget.limitChanged', { limitMilliamps: 40_000, source: 'grid' });
    expect(installsOf(back)).toMatchObject([{ charger: 'b', limitMilliamps: 6_000 }]);
  });
});

describe('the machine at rest', () => {
  test('arms no timer while nothing is pending', () => {
    const budget = BudgetBench.ready();
    budget.pass(60_000);
    expect(budget.bench.timers.size).toBe(0);
  });

  test('follows a clock that stepped back, so that leases go on being renewed', () => {
    const budget = BudgetBench.ready();
    budget.settle(budget.demand('a', 'charging', 7));
    const [timer] = [...budget.bench.timers.values()];
    budget.bench.nowMs -= 3_600_000;
    budget.bench.timers.clear();
    const at = budget.bench.nowMs;
    const turn = budget.bench.deliver('runtime.timerFired', {}, { transient: { ...timer!.event, at } });
    expect(sendsOf(turn)).toMatchObject([{ charger: 'a', limitMilliamps: 32_000 }]);
  });

  test('is born of its configuration only', () => {
    const bench = new ActorBench(siteBudgetKind, 'budget/site');
    expect(() => bench.deliver('budget.measured', {})).toThrow('does not bring it into being');
  });
});
