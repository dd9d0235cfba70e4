import { describe, expect, test } from 'vitest';
import { manifest } from '../../../actors/manifest.ts';
import type { SiteBudgetContext } from '../../../machines/site-budget/site-budget.messages.ts';
import type { Address } from '../../../runtime/address.ts';
import { limits } from '../../../runtime/limits.ts';
import { type JournalRecord, journalOf } from '../../helpers/journal.ts';
import { QUIET_LIMIT_MILLIAMPS, QuietWorld } from '../../helpers/quiet-world.ts';

const FALLBACK_MILLIAMPS = 6_000;

/** An envelope that no binding can read: its turn throws. */
const POISON: Readonly<Record<string, string>> = {
  charger: 'south.called',
  link: 'north.opened',
  budget: 'budget.measured',
};

/** Cars at a and b, both with a limit above their fail-safe; c idles. */
async function busyWorld(): Promise<QuietWorld> {
  const world = new QuietWorld();
  await world.clock.advance(5_000);
  world.chargers[0]!.start('TAG-A');
  world.chargers[1]!.start('TAG-B');
  await world.clock.advance(60_000);
  expect(world.drawMilliamps()).toBeGreaterThan(2 * FALLBACK_MILLIAMPS);
  return world;
}

async function setAside(world: QuietWorld, address: Address): Promise<void> {
  const type = POISON[address.split('/')[0]!]!;
  for (let i = 0; i <= limits.restartsMax; i++) {
    world.core.host.post({ type, from: 'test/poison', to: address, data: null });
  }
  await world.clock.advance(10);
  expect(world.core.host.isQuarantined(address)).toBe(true);
}

function records(world: QuietWorld, type: string): JournalRecord[] {
  return journalOf(world.store).filter((record) => record.type === type);
}

const ledgerOf = (world: QuietWorld) =>
  (world.core.host.peek('budget/site')!.context as unknown as SiteBudgetContext).ledger;

const linkOf = (world: QuietWorld, charger: string) =>
  ledgerOf(world).chargers.find((entry) => entry.charger === charger)!.link;

const profilesSince = (world: QuietWorld, atMs: number) =>
  world.commands.filter((command) => command.action === 'SetChargingProfile' && command.atMs >= atMs);

describe('the manifest', () => {
  test('says for every kind of actor what its safe state is', () => {
    const measures = manifest.map(({ kind, safeState }) => [kind.kind, ...safeState.measures]);
    expect(measures).toEqual([
      ['charger', 'closeChargerSocket', 'keepLinkDown'],
      ['link', 'hangUp'],
      ['budget', 'holdAtFailSafe'],
      ['connector'],
      ['session'],
    ]);
  });
});

describe('a charger that is set aside', () => {
  test('keeps its messages, counts as away, and is served again when it is let out', async () => {
    const world = await busyWorld();
    const [a] = world.chargers;
    expect(linkOf(world, 'cp-a')).toBe('online');
    await setAside(world, 'charger/cp-a');
    await world.clock.advance(1_000);
    expect(a!.isConnected).toBe(false);
    expect(linkOf(world, 'cp-a')).toBe('offline');
    expect(records(world, 'safeState.measureTaken')).toMatchObject(
      ['closeChargerSocket', 'keepLinkDown'].map((measure) => ({
        charger: 'cp-a',
        reason: { code: 'supervision.setAside', params: { address: 'charger/cp-a', measure } },
      })),
    );

    const answered = a!.answered.length;
    a!.meter(1_500);
    await world.clock.advance(120_000);
    expect(a!.answered).toHaveLength(answered);
    expect(world.core.north.isConnected('cp-a')).toBe(false);
    expect(world.core.north.isConnected('cp-b')).toBe(true);

    world.core.host.release('charger/cp-a', 'it is well again');
    await world.clock.advance(60_000);
    expect(a!.answered.slice(answered).map(({ action }) => action)).toContain('MeterValues');
    expect(linkOf(world, 'cp-a')).toBe('online');
    expect(world.core.north.isConnected('cp-a')).toBe(true);
    expect(world.drawMilliamps()).toBeLessThanOrEqual(QUIET_LIMIT_MILLIAMPS);
  });

  test('takes no other actor down with it', async () => {
    const world = await busyWorld();
    await setAside(world, 'charger/cp-a');
    const [, b] = world.chargers;
    const answered = b!.answered.length;
    b!.meter(1_500);
    await world.clock.advance(1_000);
    expect(b!.answered.length).toBeGreaterThan(answered);
    expect(world.core.host.quarantines()).toHaveLength(1);
  });
});

describe('a link that is set aside', () => {
  test('is hung up, and its charger goes on by local policy without waiting for the CPMS', async () => {
    const world = await busyWorld();
    const [, , c] = world.chargers;
    await setAside(world, 'link/cp-c');
    await world.clock.advance(1_000);
    expect(world.core.north.isConnected('cp-c')).toBe(false);
    expect(c!.isConnected).toBe(true);
    expect(world.core.host.peek('charger/cp-c')!.value).toMatchObject({ mode: 'online', backend: 'offline' });
    c!.start('TAG-C');
    await world.clock.advance(500);
    expect(c!.answered.map(({ action }) => action)).toContain('StartTransaction');

    world.core.host.release('link/cp-c', 'it is well again');
    await world.clock.advance(60_000);
    expect(world.core.host.peek('charger/cp-c')!.value).toMatchObject({ backend: 'online' });
    expect(world.core.host.rows('north/cp-c')).toEqual([]);
  });
});

describe('a site budget that is set aside', () => {
  test('has every limit cut to the fail-safe at once, each with its reason in the journal', async () => {
    const world = await busyWorld();
    const sinceMs = world.clock.monotonicMs();
    await setAside(world, 'budget/site');
    await world.clock.advance(100);
    expect(world.chargers.map((charger) => charger.drawMilliamps())).toEqual([
      FALLBACK_MILLIAMPS,
      FALLBACK_MILLIAMPS,
      0,
    ]);
    const cut = records(world, 'safeState.limitCut');
    expect(cut).toMatchObject([
      { charger: 'cp-a', connector: 1 },
      { charger: 'cp-b', connector: 1 },
    ]);
    for (const { reason } of cut) {
      expect(reason).toMatchObject({
        code: 'supervision.setAside',
        params: { address: 'budget/site', toMilliamps: FALLBACK_MILLIAMPS },
      });
    }
    // A new session gets no more than the default in the charger, and nothing is sent for it.
    world.chargers[2]!.start('TAG-C');
    world.setLimit(2 * QUIET_LIMIT_MILLIAMPS);
    await world.clock.advance(300_000);
    expect(profilesSince(world, sinceMs)).toHaveLength(2);
    expect(world.chargers[2]!.drawMilliamps()).toBe(FALLBACK_MILLIAMPS);

    await world.clock.advance(limits.quarantineMs);
    expect(world.core.host.quarantines()).toEqual([]);
    expect(world.drawMilliamps()).toBeGreaterThan(3 * FALLBACK_MILLIAMPS);
    expect(world.drawMilliamps()).toBeLessThanOrEqual(QUIET_LIMIT_MILLIAMPS);
  });

  test('raises nothing that it had decided and that was not on disk yet', async () => {
    const world = await busyWorld();
    await world.clock.advance(20_000);
    world.chargers[1]!.stop(2_000);
    // b's share goes to a as soon as b's car has settled: the raise is decided while its group cannot land.
    await world.clock.advance(4_500);
    world.store.stall();
    await world.clock.advance(700);
    const decided = world.core.host.rows<{ limitMilliamps: number }>('limits/cp-a');
    expect(decided.find(({ key }) => key === '1')!.value.limitMilliamps).toBeGreaterThan(20_000);
    const sinceMs = world.clock.monotonicMs();
    await setAside(world, 'budget/site');
    await world.clock.advance(1_000);
    world.store.resume();
    await world.clock.advance(20_000);
    expect(world.chargers[0]!.drawMilliamps()).toBe(FALLBACK_MILLIAMPS);
    expect(world.chargers[0]!.limitsTaken.filter(({ atMs }) => atMs >= sinceMs)).toMatchObject([
      { milliamps: FALLBACK_MILLIAMPS },
    ]);
    expect(records(world, 'safeState.limitHeld')).toMatchObject([
      { charger: 'cp-a', connector: 1, reason: { params: { toMilliamps: null } } },
    ]);
  });

  test('leaves a limit below the fail-safe as it is', async () => {
    const world = await busyWorld();
    world.core.host.post({
      type: 'budget.capChanged',
      from: 'test/cpms',
      to: 'budget/site',
      data: { charger: 'cp-a', connector: 1, capMilliamps: 0 },
    });
    await world.clock.advance(2_000);
    expect(world.chargers[0]!.drawMilliamps()).toBe(0);
    const sinceMs = world.clock.monotonicMs();
    await setAside(world, 'budget/site');
    await world.clock.advance(100);
    expect(profilesSince(world, sinceMs).map(({ charger }) => charger)).toEqual(['cp-b']);
    expect(world.chargers[0]!.drawMilliamps()).toBe(0);
  });

  test('is cut within a second while the store hangs, and the journal says that it was late', async () => {
    const world = await busyWorld();
    world.store.stall();
    await setAside(world, 'budget/site');
    await world.clock.advance(990);
    expect(world.drawMilliamps()).toBe(2 * FALLBACK_MILLIAMPS);
    world.store.resume();
    await world.clock.advance(1_000);
    expect(records(world, 'safeState.limitCut')).toHaveLength(2);
    expect(records(world, 'runtime.effectSentLate').length).toBeGreaterThanOrEqual(2);
  });
});
