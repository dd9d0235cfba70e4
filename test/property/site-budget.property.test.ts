import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BudgetConfig, Mode } from '../../actors/tells.ts';
import { BudgetWorld, type Command } from './budget-world.ts';

const MIN = 6_000;

const chargerIndex = fc.nat(5);
const connectorIndex = fc.nat(1);
const modes: Mode[] = ['online', 'offline', 'fallback', 'resync'];

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('answer'), which: fc.nat(7), status: fc.constant('Accepted') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('answer'), which: fc.nat(7), status: fc.constant('failed') }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('advance'), ms: fc.integer({ min: 100, max: 40_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('advance'), ms: fc.integer({ min: 60_000, max: 300_000 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('link'),
      charger: chargerIndex,
      mode: fc.constantFrom(...modes, 'online' as Mode),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('start'), charger: chargerIndex, connector: connectorIndex }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('stop'), charger: chargerIndex, connector: connectorIndex }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('suspend'),
      charger: chargerIndex,
      connector: connectorIndex,
      is: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('cap'),
      charger: chargerIndex,
      connector: connectorIndex,
      milliamps: fc.option(fc.integer({ min: 0, max: 40_000 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('limit'), milliamps: fc.integer({ min: 0, max: 120_000 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('measure'),
      charger: chargerIndex,
      connector: connectorIndex,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart') }) },
) as fc.Arbitrary<Command>;

const config: fc.Arbitrary<BudgetConfig> = fc.record({
  limitMilliamps: fc.integer({ min: 12_000, max: 120_000 }),
  phases: fc.constant(3),
  minMilliamps: fc.constant(MIN),
  leaseMs: fc.constantFrom(30_000, 120_000),
  chargers: fc
    .array(
      fc.record({
        connectors: fc.integer({ min: 1, max: 2 }),
        maxMilliamps: fc.constantFrom(16_000, 32_000),
        fallbackMilliamps: fc.constantFrom(0, 6_000, 6_000, 10_000),
      }),
      { minLength: 1, maxLength: 5 },
    )
    .map((chargers) => chargers.map((charger, index) => ({ charger: `cp-${index}`, ...charger }))),
});

function everybodyOnline(world: BudgetWorld): void {
  for (const id of world.twin.chargers.keys()) world.link(id, 'online');
  while (world.pending.length > 0) world.answer(world.pending[0]!, 'Accepted');
  world.advance(6_000);
}

describe('the site budget, whatever happens in whatever order', () => {
  const runs = 200;
  test('keeps the sum of the worst cases within the limit, lowers before it raises, and sends only usable limits', () => {
    fc.assert(
      fc.property(config, fc.array(command, { minLength: 20, maxLength: 90 }), (settings, commands) => {
        const world = new BudgetWorld(settings);
        everybodyOnline(world);
        for (const one of commands) {
          world.run(one);
          expect(world.problems).toEqual([]);
        }
        for (const { limit, cap, rating } of world.sent) {
          const isUsable = limit === 0 || (limit >= MIN && limit <= Math.min(cap, rating));
          expect(isUsable, `sent ${limit} mA, cap ${cap}, rating ${rating}`).toBe(true);
        }
      }),
      { numRuns: runs },
    );
  }, 60_000);

  test('gives everybody a fair share once all chargers are there and answer', () => {
    fc.assert(
      fc.property(config, fc.array(command, { minLength: 10, maxLength: 50 }), (settings, commands) => {
        const world = new BudgetWorld(settings);
        everybodyOnline(world);
        for (const one of commands) world.run(one);
        world.calm(400_000);
        const { used, shares } = sharesIn(world);
        expect(world.bench.value).toBe('online');
        expect(world.problems).toEqual([]);
        expect(world.inWindow).toBe(false);
        expect(used).toBeLessThanOrEqual(world.limit);
        const hungry = shares.filter((share) => share.limit < share.cap && share.limit > 0);
        // Nobody who could take more has less than another one, but for what its own fail-safe gives it anyway.
        for (const share of hungry) {
          const better = shares.filter((other) => other.limit > Math.max(share.limit, other.fallback, MIN));
          expect(better).toEqual([]);
        }
        // What is left over is not enough for one more step each, nor for one more car.
        const waiting = shares.filter((share) => share.limit === 0 && share.cap >= MIN);
        if (waiting.length > 0) expect(world.limit - used).toBeLessThan(MIN);
        else if (hungry.length > 0) expect(world.limit - used).toBeLessThan(100 * shares.length);
      }),
      { numRuns: Math.ceil(runs / 3) },
    );
  }, 60_000);
});

/** What each running transaction has, as its charger last confirmed it, and what all connectors reserve together. */
function sharesIn(world: BudgetWorld) {
  let used = 0;
  const shares: Array<{ key: string; limit: number; cap: number; fallback: number }> = [];
  for (const [id, charger] of world.twin.chargers) {
    const fallback = charger.fallback(world.now);
    charger.connectors.forEach((connector, index) => {
      const key = `${id}/${index + 1}`;
      const last = connector.sends.findLast((send) => send.ackedAt !== null);
      const isRunning = last && world.now < last.ackedAt! + world.twin.leaseMs;
      const limit = connector.transactionId === null ? 0 : isRunning ? last.limit : fallback;
      used += Math.max(limit, fallback);
      const bound = Math.min(charger.rating, Math.floor((world.caps.get(key) ?? Infinity) / 100) * 100);
      const cap = world.demands.get(key) === 'charging' ? bound : Math.min(bound, MIN);
      if (connector.transactionId !== null) shares.push({ key, limit, cap, fallback });
    });
  }
  return { used, shares };
}
