import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startManagedNats } from '../../adapters/nats/managed-server.ts';
import type { NatsServer } from '../../adapters/nats/nats-server.ts';
import { Secret } from '../../app/site-file/secret.ts';
import { silentLog } from '../../runtime/log.ts';
import { SystemClock } from '../../runtime/system-clock.ts';
import { median } from '../helpers/hop-clock.ts';
import { LiveSite } from '../helpers/live-site.ts';
import { natsServerBinary } from '../helpers/nats.ts';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.ts';
import { makeTempFolder } from '../helpers/temp-folder.ts';

const DELAY_MS = 50;
const TELL = 'connector.statusReported';

let folder: Awaited<ReturnType<typeof makeTempFolder>>;
let server: NatsServer;
let proxy: TcpProxy;
let live: LiveSite;

beforeEach(async () => {
  folder = await makeTempFolder('bus-carries');
  server = await startManagedNats({
    folder: `${folder.path}/nats`,
    siteId: 'live',
    binary: natsServerBinary(),
    clock: new SystemClock(),
    log: silentLog,
  });
  const { host, port, user, password } = server.endpoint()!;
  proxy = await startTcpProxy({ target: () => ({ host, port }) });
  const bus = { host: '127.0.0.1', port: proxy.port, user: user!, password: new Secret(password!) };
  live = await LiveSite.start({ folder: folder.path, bus });
});
afterEach(async () => {
  await live.stop();
  await proxy.close();
  await server.stop();
  await folder.remove();
});

describe('a site on a NATS server behind a slow line', () => {
  test('hears each tell between actors later by the way there and back, and none past the bus', async () => {
    await live.until('the bus is connected', () => live.site.bus.bus.status === 'connected');
    const quick = await tookMsOfTells(8);
    const before = { ...live.site.core.host.outbox.stats };
    proxy.delayMs = DELAY_MS;
    const slow = await tookMsOfTells(8);
    const after = { ...live.site.core.host.outbox.stats };

    // The quickest of each, as a busy machine makes any single one later.
    expect(Math.min(...quick)).toBeLessThan(DELAY_MS);
    expect(Math.min(...slow)).toBeGreaterThanOrEqual(2 * DELAY_MS);
    expect(median(slow)).toBeGreaterThan(median(quick) + DELAY_MS);
    expect(median(slow)).toBeLessThan(250);
    expect(after.overBus - before.overBus).toBeGreaterThanOrEqual(8);
    expect(after.direct - before.direct).toBe(0);
  });

  test('shows a status to people later by the way there and back', async () => {
    await live.until('the bus is connected', () => live.site.bus.bus.status === 'connected');
    await live.until('the connector is known to be free', () => shownState() === 'Available');
    const quick = await tookMsToShow(4);
    proxy.delayMs = DELAY_MS;
    const slow = await tookMsToShow(4);

    expect(Math.min(...quick)).toBeLessThan(DELAY_MS);
    expect(Math.min(...slow)).toBeGreaterThanOrEqual(2 * DELAY_MS);
    expect(median(slow)).toBeLessThan(500);
  });
});

function shownState(): string {
  return live.site.view.chargers()[0]!.connectors[0]!.state;
}

/** From a StatusNotification's leaving its charger to the view that the API serves. */
async function tookMsToShow(count: number): Promise<number[]> {
  const tookMs: number[] = [];
  for (let no = 0; no < count; no++) {
    const status = no % 2 === 0 ? 'Preparing' : 'Available';
    const sentAtMs = performance.now();
    void live.chargers[0]!.notify('StatusNotification', { connectorId: 1, errorCode: 'NoError', status });
    while (shownState() !== status && performance.now() - sentAtMs < 5_000) await live.sleep(2);
    tookMs.push(performance.now() - sentAtMs);
    await live.sleep(300);
  }
  return tookMs;
}

/** Cars come and go at one charger until so many tells about its status were taken. */
async function tookMsOfTells(count: number): Promise<number[]> {
  const fromMs = live.clock.monotonicMs();
  const tookMs = () => live.hops.tookMs({ fromMs, type: TELL });
  const charger = live.chargers[0]!;
  while (tookMs().length < count) {
    live.plugIn(charger);
    await live.sleep(400);
    charger.unplug(1);
    await live.sleep(400);
  }
  return tookMs();
}
