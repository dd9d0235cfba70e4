import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LiveSite } from '../helpers/live-site.ts';
import { makeTempFolder } from '../helpers/temp-folder.ts';

let folder: Awaited<ReturnType<typeof makeTempFolder>>;
let live: LiveSite | undefined;

beforeEach(async () => {
  folder = await makeTempFolder('no-nats');
});
afterEach(async () => {
  await live?.stop();
  await folder.remove();
});

describe('a site that finds no nats-server when it boots', () => {
  test('starts with an alarm that says what to do, and serves a session', async () => {
    const missing = join(folder.path, 'no-such-nats-server');
    live = await LiveSite.start({ folder: folder.path, env: { HOLDFAST_NATS_BIN: missing, PATH: '' } });
    const { site } = live;

    expect(site.bus.bus.kind).toBe('in-process');
    expect(site.view.health().bus).toMatchObject({ kind: 'in-process', status: 'connected' });
    const alarm = site.view.site().alarms.find(({ code }) => code === 'bus.inProcess');
    expect(alarm?.text).toContain('HOLDFAST_NATS_BIN names');

    await servesASession(live);
  });

  test('does the same with a binary that is no nats-server', async () => {
    live = await LiveSite.start({ folder: folder.path, env: { HOLDFAST_NATS_BIN: '/bin/true', PATH: '' } });

    expect(live.site.bus.bus.kind).toBe('in-process');
    expect(live.standingAlarms()).toContain('bus.inProcess');
    await servesASession(live);
  });
});

async function servesASession(live: LiveSite): Promise<void> {
  const charger = live.chargers[0]!;
  live.plugIn(charger);
  await live.until('the car charges', () => charger.currents.some((milliamps) => milliamps > 5_000));
  charger.unplug(1);
  await live.until('the session is over at the CPMS', () => live.delivery.sessions.stopped === 1);
  await live.untilDelivered();
  expect(live.delivery).toMatchObject({ lost: 0, duplicates: 0, sessions: { started: 1, stopped: 1 } });
  expect(live.site.core.host.outbox.stats.direct).toBe(0);
}
