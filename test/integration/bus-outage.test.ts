import { copyFile, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LiveSite } from '../helpers/live-site.ts';
import { natsServerBinary } from '../helpers/nats.ts';
import { makeTempFolder } from '../helpers/temp-folder.ts';

const OUTAGE_MS = 10_000;
const LATEST_TELL_MS = 1_000;
const RETURN_MS = 5_000;
const CUT_MILLIAMPS = 24_000;

let folder: Awaited<ReturnType<typeof makeTempFolder>>;
let binary: string;
let live: LiveSite;

beforeEach(async () => {
  folder = await makeTempFolder('bus-outage');
  // A copy of our own, so that it can be taken away while the server is not to come back.
  binary = join(folder.path, 'nats-server');
  await copyFile(natsServerBinary(), binary);
  live = await LiveSite.start({ folder: folder.path, env: { HOLDFAST_NATS_BIN: binary } });
  expect(live.site.bus.bus.kind).toBe('nats');
});
afterEach(async () => {
  await live.stop();
  await folder.remove();
});

describe('a site under load whose nats-server', () => {
  test('is stopped for 10 s goes on without it, loses nothing, and returns to it', async () => {
    await goesOnWithoutTheBus({
      takeAway: async () => live.site.bus.halt(),
      giveBack: async () => live.site.bus.resume(),
    });
  }, 90_000);

  test('is killed and cannot be started for 10 s goes on without it, loses nothing, and returns to it', async () => {
    await goesOnWithoutTheBus({
      takeAway: async () => {
        await rename(binary, `${binary}.away`);
        process.kill(await serverPid(), 'SIGKILL');
      },
      giveBack: () => rename(`${binary}.away`, binary),
    });
  }, 90_000);
});

async function goesOnWithoutTheBus(outage: {
  takeAway(): Promise<void>;
  giveBack(): Promise<void>;
}): Promise<void> {
  const { clock, site } = live;
  const { outbox } = site.core.host;
  live.beginChurn();
  await live.sleep(2_000);
  // Since the boot: not even the first tells go past a bus that is there.
  expect(outbox.stats.direct).toBe(0);
  expect(live.standingAlarms()).not.toContain('bus.direct');

  const awayAtMs = clock.monotonicMs();
  await outage.takeAway();
  const before = { answered: live.answeredCount, starts: live.delivery.sessions.started, ...outbox.stats };
  await live.sleep(OUTAGE_MS - 5_000);
  setLimit(CUT_MILLIAMPS);
  await live.sleep(3_000);
  const peakMilliamps = await peakFor(2_000);
  const during = { answered: live.answeredCount, starts: live.delivery.sessions.started, ...outbox.stats };
  expect(live.standingAlarms()).toContain('bus.direct');
  const backAtMs = clock.monotonicMs();
  await outage.giveBack();

  await live.until('tells travel over the bus', () => outbox.stats.overBus > during.overBus, RETURN_MS);
  await live.sleep(1_000);
  expect(live.standingAlarms()).not.toContain('bus.direct');
  const direct = outbox.stats.direct;
  await live.sleep(1_500);
  expect(outbox.stats.direct).toBe(direct);
  await live.endChurn();
  await live.untilDelivered();

  expect(Math.max(...live.hops.tookMs({ fromMs: awayAtMs }))).toBeLessThan(LATEST_TELL_MS);
  expect(during.starts - before.starts).toBeGreaterThan(10);
  expect(during.answered - before.answered).toBeGreaterThan(40);
  expect(peakMilliamps).toBeGreaterThan(6_000);
  expect(peakMilliamps).toBeLessThanOrEqual(CUT_MILLIAMPS + 50);
  expect(during.direct - before.direct).toBeGreaterThan(50);
  expect(live.alarmSteps.filter(({ code }) => code === 'bus.direct').map(({ raised }) => raised)).toEqual([
    true,
    false,
  ]);
  expect(live.alarmSteps.find(({ raised }) => !raised)!.atMs).toBeGreaterThan(backAtMs);
  const { delivery } = live;
  expect(delivery).toMatchObject({ lost: 0, refused: 0, duplicates: 0, misattributed: 0 });
  expect(delivery.orderViolations).toEqual({ charger: 0, transaction: 0 });
  expect(delivery.delivered).toBe(delivery.accepted);
}

function setLimit(limitMilliamps: number): void {
  live.site.core.host.post({
    type: 'budget.limitChanged',
    from: 'test/grid',
    to: 'budget/site',
    data: { limitMilliamps, source: 'test' },
  });
}

/** The highest current of any phase, of all cars together. */
async function peakFor(forMs: number): Promise<number> {
  const untilMs = live.clock.monotonicMs() + forMs;
  let peak = 0;
  while (live.clock.monotonicMs() < untilMs) {
    for (const phase of [0, 1, 2] as const)
      peak = Math.max(
        peak,
        live.chargers.reduce((sum, { currents }) => sum + currents[phase], 0),
      );
    await live.sleep(50);
  }
  return peak;
}

async function serverPid(): Promise<number> {
  const text = await readFile(join(folder.path, 'data', 'nats', 'nats-server.pid.json'), 'utf8');
  return (JSON.parse(text) as { pid: number }).pid;
}
