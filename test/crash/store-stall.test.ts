import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runChild } from '../helpers/child-script.ts';
import { journalOf, readJournal } from '../helpers/journal.ts';
import { LiveSite } from '../helpers/live-site.ts';
import { QuietWorld } from '../helpers/quiet-world.ts';
import { makeTempFolder } from '../helpers/temp-folder.ts';

const STALL_MS = 30_000;
const REAL_STALL_MS = 5_000;
const CUT_MILLIAMPS = 26_000;
const CUT_LEAVES_MS = 1_000;
const TRANSACTION_ACTIONS = ['StartTransaction', 'MeterValues', 'StopTransaction'];

/** Two cars charge, and both have a limit that can be cut. */
async function busyWorld(): Promise<QuietWorld> {
  const world = new QuietWorld();
  const [a, b] = world.chargers;
  await world.clock.advance(5_000);
  a!.start('TAG-A');
  b!.start('TAG-B');
  await world.clock.advance(15_000);
  expect(world.drawMilliamps()).toBeGreaterThan(CUT_MILLIAMPS);
  return world;
}

describe('a store that hangs for 30 s', () => {
  test('gets no false answer, lets a cut out within a second, and has it journalled as late', async () => {
    const world = await busyWorld();
    const [a, b, c] = world.chargers;
    world.store.stall();
    const stalledAtMs = world.clock.monotonicMs();
    const answered = world.chargers.map((charger) => charger.answered.length);
    a!.meter(1_500);
    c!.start('TAG-C');
    await world.clock.advance(1_000);
    const cutAtMs = world.clock.monotonicMs();
    world.setLimit(CUT_MILLIAMPS);
    await world.clock.advance(CUT_LEAVES_MS);
    const cuts = world.commands.filter(
      ({ action, atMs }) => action === 'SetChargingProfile' && atMs >= cutAtMs,
    );
    expect(cuts.length).toBeGreaterThan(0);
    expect(world.drawMilliamps()).toBeLessThanOrEqual(CUT_MILLIAMPS);

    await world.clock.advance(5_000);
    b!.stop(1_900);
    a!.meter(1_600);
    await world.clock.advance(STALL_MS - 7_000);
    expect(world.clock.monotonicMs() - stalledAtMs).toBe(STALL_MS);
    expect(world.chargers.map((charger) => charger.answered.length)).toEqual(answered);
    expect(world.standingAlarms()).toContain('store.stalled');
    const raisedAtMs = world.alarmSteps.find(({ code, raised }) => code === 'store.stalled' && raised)!.atMs;
    expect(raisedAtMs - stalledAtMs).toBeLessThan(5_000);

    world.store.resume();
    await world.clock.advance(40_000);
    expect(world.standingAlarms()).toEqual([]);
    a!.stop(2_000);
    c!.stop(2_100);
    await world.clock.advance(20_000);
    expect(world.chargers.map((charger) => charger.isIdle)).toEqual([true, true, true]);
    expect(deliveredOnceInOrder(world)).toBe(true);
    const late = journalOf(world.store).filter(({ type }) => type === 'runtime.effectSentLate');
    expect(late.length).toBeGreaterThan(0);
    for (const { reason } of late) expect(reason?.code).toBe('runtime.cutSentLate');
    expect(world.fatal).toEqual([]);
  });

  test('lets no raise out before it is on disk', async () => {
    const world = await busyWorld();
    world.setLimit(CUT_MILLIAMPS);
    await world.clock.advance(20_000);
    world.store.stall();
    await world.clock.advance(500);
    const before = world.drawMilliamps();
    world.setLimit(60_000);
    await world.clock.advance(STALL_MS - 500);
    expect(world.drawMilliamps()).toBeLessThanOrEqual(before);

    world.store.resume();
    await world.clock.advance(30_000);
    expect(world.drawMilliamps()).toBeGreaterThan(before);
  });
});

describe('an LMDB file whose writers wait for somebody else for 5 s', () => {
  let folder: Awaited<ReturnType<typeof makeTempFolder>>;
  let live: LiveSite;
  beforeEach(async () => {
    folder = await makeTempFolder('store-stall');
    live = await LiveSite.start({ folder: folder.path });
  });
  afterEach(async () => {
    await live.stop();
    await folder.remove();
  });

  test('gives no false answer, lets a cut out within a second, and all is well afterwards', async () => {
    const offered = () =>
      live.chargers.reduce((sum, charger) => sum + charger.connector(1).offeredMilliamps, 0);
    const [busy, ...steady] = live.chargers;
    for (const charger of steady) live.plugIn(charger);
    live.beginChurn([busy!]);
    await live.until('more is given out than will be', () => offered() > CUT_MILLIAMPS);

    const free = holdStore(join(folder.path, 'data', 'store', 'store.mdb'), REAL_STALL_MS);
    await free.held;
    const heldAtMs = live.clock.monotonicMs();
    // What had reached the disk is answered now.
    await live.sleep(100);
    const answered = live.answeredCount;
    const cutAtMs = live.clock.monotonicMs();
    live.site.core.host.post({
      type: 'budget.limitChanged',
      from: 'test/grid',
      to: 'budget/site',
      data: { limitMilliamps: CUT_MILLIAMPS, source: 'test' },
    });
    await live.until('chargers offer less', () => offered() <= CUT_MILLIAMPS, CUT_LEAVES_MS);
    expect(live.clock.monotonicMs() - cutAtMs).toBeGreaterThan(250);
    await live.until('the alarm stands', () => live.standingAlarms().includes('store.stalled'), 4_500);
    expect(live.clock.monotonicMs() - heldAtMs).toBeLessThan(REAL_STALL_MS);
    expect(live.answeredCount).toBe(answered);

    await free.ended;
    await live.until('chargers are answered', () => live.answeredCount > answered + 5);
    await live.endChurn();
    await live.untilDelivered();
    expect(live.standingAlarms()).not.toContain('store.stalled');
    expect(live.delivery).toMatchObject({ lost: 0, refused: 0, duplicates: 0, misattributed: 0 });
    expect(live.delivery.orderViolations).toEqual({ charger: 0, transaction: 0 });
    await live.site.stop();
    const records = await readJournal(join(folder.path, 'data'));
    expect(records.filter(({ type }) => type === 'runtime.effectSentLate').length).toBeGreaterThan(0);
  }, 90_000);
});

/** `held` resolves when every other writer waits, `ended` when they may go on. */
function holdStore(path: string, holdMs: number): { held: Promise<void>; ended: Promise<unknown> } {
  let ended: Promise<unknown> = Promise.resolve();
  const held = new Promise<void>((resolve) => {
    ended = runChild('store-holder.child.ts', {
      args: [path, String(holdMs)],
      onLine: (line) => line === 'held' && resolve(),
    });
  });
  return { held, ended };
}

/** What a charger was answered is at the CPMS exactly once, in the charger's order. */
function deliveredOnceInOrder(world: QuietWorld): boolean {
  return world.chargers.every((charger) => {
    const said = charger.answered.filter(({ action }) => TRANSACTION_ACTIONS.includes(action));
    const heard = world.cpms.calls.filter(
      ({ identity, action }) => identity === charger.id && TRANSACTION_ACTIONS.includes(action),
    );
    const texts = (list: ReadonlyArray<{ action: string; payload: Record<string, unknown> }>) =>
      list.map(({ action, payload: { transactionId: _, ...rest } }) => `${action} ${JSON.stringify(rest)}`);
    return JSON.stringify(texts(said)) === JSON.stringify(texts(heard));
  });
}
