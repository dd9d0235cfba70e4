import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readJournal } from '../helpers/journal.ts';
import { LiveSite } from '../helpers/live-site.ts';
import { makeSmallDisk, type SmallDisk } from '../helpers/small-disk.ts';

const CUT_MILLIAMPS = 24_000;
const ALARM = 'store.failing';
const ALARM_MS = 5_000;
const CUT_LEAVES_MS = 1_000;

let disk: SmallDisk;
let live: LiveSite;
const unhandled: unknown[] = [];
const noteUnhandled = (error: unknown) => unhandled.push(error);

beforeEach(async () => {
  unhandled.length = 0;
  process.on('unhandledRejection', noteUnhandled);
  process.on('uncaughtException', noteUnhandled);
  disk = await makeSmallDisk();
  live = await LiveSite.start({
    folder: disk.path,
    env: { HOLDFAST_NATS_BIN: '/no/such/nats-server' },
    callTimeoutMs: 2_000,
  });
});
afterEach(async () => {
  disk.giveBack();
  await live.stop();
  await disk.remove();
  process.off('unhandledRejection', noteUnhandled);
  process.off('uncaughtException', noteUnhandled);
});

describe('a site whose disk fills up while sessions run', () => {
  test('says so, acknowledges nothing that it cannot keep, still cuts, and is as before once there is room', async () => {
    const [busy, ...steady] = live.chargers;
    for (const charger of steady) live.plugIn(charger);
    live.beginChurn([busy!]);
    await live.until('more is given out than will be', () => offeredMilliamps() > CUT_MILLIAMPS);
    await live.sleep(2_000);

    const fullAtMs = live.clock.monotonicMs();
    disk.fill();
    await live.until('the alarm stands', () => live.standingAlarms().includes(ALARM), ALARM_MS);
    const alarmAtMs = live.alarmSteps.find(({ code, raised }) => code === ALARM && raised)!.atMs;
    expect(alarmAtMs - fullAtMs).toBeLessThan(ALARM_MS);
    // What was on its way to the disk may still be answered; from here on nothing can be.
    await live.sleep(500);
    const answered = live.answeredCount;
    const offered = live.chargers.reduce((sum, { backlog }) => sum + backlog.waiting, 0);

    const cutAtMs = live.clock.monotonicMs();
    setLimit(CUT_MILLIAMPS);
    await live.until('chargers offer less', () => offeredMilliamps() <= CUT_MILLIAMPS, CUT_LEAVES_MS);
    const cutTookMs = live.clock.monotonicMs() - cutAtMs;

    await live.sleep(3_000);
    expect(live.standingAlarms()).toContain(ALARM);
    expect(live.site.view.health().status).toBe('failed');
    expect(live.answeredCount).toBe(answered);
    expect(live.chargers.reduce((sum, { backlog }) => sum + backlog.waiting, 0)).toBeGreaterThan(offered);

    expect(cutTookMs).toBeLessThan(CUT_LEAVES_MS);

    disk.giveBack();
    await live.until('chargers are answered again', () => live.answeredCount > answered + 5, 10_000);
    await live.endChurn();
    for (const charger of steady) charger.unplug(1);
    await live.untilDelivered();
    expect(live.standingAlarms()).not.toContain(ALARM);
    expect(live.delivery).toMatchObject({ lost: 0, refused: 0, duplicates: 0, misattributed: 0 });
    expect(live.delivery.orderViolations).toEqual({ charger: 0, transaction: 0 });
    expect(unhandled).toEqual([]);
    expect(live.fatal).toEqual([]);
    const steps = live.alarmSteps.filter(({ code }) => code === ALARM).map(({ raised }) => raised);
    expect(steps).toEqual([true, false]);

    await live.site.stop();
    const records = await readJournal(join(disk.path, 'data'));
    const journalled = records
      .filter(({ reason }) => reason?.params?.alarm === ALARM)
      .map(({ type }) => type);
    expect(journalled).toEqual(['alarm.raised', 'alarm.cleared']);
    expect(records.filter(({ type }) => type === 'runtime.effectSentLate').length).toBeGreaterThan(0);
  }, 90_000);
});

/** What all chargers offer to their cars, per phase. */
function offeredMilliamps(): number {
  return live.chargers.reduce((sum, charger) => sum + charger.connector(1).offeredMilliamps, 0);
}

function setLimit(limitMilliamps: number): void {
  live.site.core.host.post(
    {
      type: 'budget.limitChanged',
      from: 'test/grid',
      to: 'budget/site',
      data: { limitMilliamps, source: 'test' },
    },
    { urgent: true },
  );
}
