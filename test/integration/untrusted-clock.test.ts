import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readJournal } from '../helpers/journal.ts';
import { LiveSite } from '../helpers/live-site.ts';
import { makeTempFolder } from '../helpers/temp-folder.ts';

const DAY_MS = 86_400_000;
/** What a box without battery clock believes after power-on. */
const EPOCH_MS = 12_000;
const ENV = { HOLDFAST_NATS_BIN: '/no/such/nats-server' };
/** Of the clock watch, and a little for the commit. */
const NOTICED_MS = 2_500;

const trueNow = Date.now.bind(Date);
let folder: Awaited<ReturnType<typeof makeTempFolder>>;
let live: LiveSite | undefined;

beforeEach(async () => {
  folder = await makeTempFolder('untrusted-clock');
});
afterEach(async () => {
  await live?.stop();
  live = undefined;
  vi.restoreAllMocks();
  await folder.remove();
});

/** The wall clock of this machine goes on from `wallMs`. */
function setWallClock(wallMs: number): void {
  const offsetMs = wallMs - trueNow();
  vi.spyOn(Date, 'now').mockImplementation(() => trueNow() + offsetMs);
}

/** The time that the product itself gives to a charger that boots while the CPMS is away. */
async function timeGivenToACharger(site: LiveSite): Promise<number> {
  const charger = site.chargers[0]!;
  const outcome = await charger.notify('BootNotification', { chargePointVendor: 'T', chargePointModel: 'T' });
  if (outcome.kind !== 'result') throw new Error(`no answer: ${outcome.kind}`);
  return Date.parse(String(outcome.payload.currentTime));
}

describe('a box that boots without knowing the time', () => {
  test('counts on from the last journalled time, says that it does not know, and notes once when it does', async () => {
    const lastKnownMs = trueNow() + 30 * DAY_MS;
    setWallClock(lastKnownMs);
    live = await LiveSite.start({ folder: folder.path, env: ENV });
    await live.stop();
    const earlier = await readJournal(join(folder.path, 'data'));
    const lastJournalledMs = earlier.at(-1)!.receivedAt;
    expect(lastJournalledMs).toBeGreaterThanOrEqual(lastKnownMs);

    setWallClock(EPOCH_MS);
    const bootedAtMs = performance.now();
    live = await LiveSite.start({ folder: folder.path, env: ENV });
    await live.cpms.goAway();
    await live.sleep(500);
    const given = await timeGivenToACharger(live);
    const ranMs = Math.ceil(performance.now() - bootedAtMs);
    expect(given).toBeGreaterThanOrEqual(lastJournalledMs);
    expect(given).toBeLessThanOrEqual(lastJournalledMs + ranMs);
    await live.sleep(1_000);
    expect(await timeGivenToACharger(live)).toBeGreaterThanOrEqual(given + 990);
    expect(live.site.view.health().clock.trust).toBe('untrusted');
    expect(live.standingAlarms()).toContain('clock.untrusted');

    const correctMs = lastKnownMs + DAY_MS;
    setWallClock(correctMs);
    await live.sleep(NOTICED_MS);
    expect(live.site.view.health().clock.trust).toBe('trusted');
    expect(live.standingAlarms()).not.toContain('clock.untrusted');
    expect(await timeGivenToACharger(live)).toBeGreaterThanOrEqual(correctMs);
    await live.stop();

    // What the first process had left to be delivered keeps the stamps of its time.
    const records = (await readJournal(join(folder.path, 'data'))).filter(({ id }) =>
      id.startsWith('00000002-'),
    );
    const corrected = records.findIndex(({ type }) => type === 'clock.corrected');
    expect(records.filter(({ type }) => type === 'clock.corrected').length).toBe(1);
    expect(records.filter(({ type }) => type === 'clock.stepped')).toEqual([]);
    expect(records[corrected]!.reason!.params!.byMs).toBeGreaterThan(DAY_MS - 60_000);
    expect(records.slice(0, corrected).length).toBeGreaterThan(20);
    const trustOf = (part: typeof records) => [...new Set(part.map(({ clockTrust }) => clockTrust))];
    const untrusted = records.filter(({ receivedAt }) => receivedAt < correctMs);
    expect(trustOf(untrusted)).toEqual(['untrusted']);
    expect(trustOf(records.slice(corrected))).toEqual(['trusted']);
    for (const { receivedAt } of records) expect(receivedAt).toBeGreaterThanOrEqual(lastJournalledMs);
  });

  test('never gives out a time before its own build when its journal is empty', async () => {
    const builtMs = Math.floor(statSync(new URL('../../app/site.ts', import.meta.url)).mtimeMs);
    setWallClock(EPOCH_MS);
    live = await LiveSite.start({ folder: folder.path, env: ENV });
    await live.cpms.goAway();
    await live.sleep(500);

    const given = await timeGivenToACharger(live);
    expect(given).toBeGreaterThanOrEqual(builtMs);
    expect(given).toBeLessThan(builtMs + 20_000);
    expect(live.standingAlarms()).toContain('clock.untrusted');
  });

  test('trusts a clock that is right from the start, and notes nothing', async () => {
    live = await LiveSite.start({ folder: folder.path, env: ENV });
    await live.sleep(NOTICED_MS);
    expect(live.site.view.health().clock.trust).toBe('trusted');
    await live.stop();
    const records = await readJournal(join(folder.path, 'data'));
    expect(records.filter(({ type }) => type.startsWith('clock.'))).toEqual([]);
    expect([...new Set(records.map(({ clockTrust }) => clockTrust))]).toEqual(['trusted']);
  });
});
