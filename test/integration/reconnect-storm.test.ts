import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type Site, startSite } from '../../app/site.ts';
import { compareSamples, samplesIn } from '../../bench/storm/deliveries.ts';
import { rosterOf } from '../../bench/storm/roster.ts';
import { makeServerCertificate } from '../../bench/storm/server-certificate.ts';
import { stormSiteConfig } from '../../bench/storm/site-config.ts';
import { StormFleet } from '../../bench/storm/storm-fleet.ts';
import { silentLog } from '../../runtime/log.ts';
import { SystemClock } from '../../runtime/system-clock.ts';
import { SimulatedCpms } from '../../simulation/cpms.ts';
import { makeTempFolder } from '../helpers/temp-folder.ts';
import { until } from '../unit/adapters/ocpp-south/listening.ts';

const SIZE = { sound: 56, bad: 24 };
/** For everything in one process on a busy machine; what the product needs is what the benchmark tells. */
const BOUND_MS = 10_000;

const undo: Array<() => unknown> = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** The whole product over TLS, a CPMS, and chargers behind one address. */
async function aStorm() {
  const folder = await makeTempFolder('storm');
  undo.push(() => folder.remove());
  const { certificate, certificateFile, keyFile } = await makeServerCertificate(folder.path);
  const cpms = new SimulatedCpms({ clock: new SystemClock() });
  await cpms.start();
  undo.push(() => cpms.stop());
  const roster = rosterOf(SIZE);
  const fatal: string[] = [];
  const site: Site = await startSite(
    stormSiteConfig({
      folder: join(folder.path, 'site'),
      cpmsUrl: cpms.url,
      certificateFile,
      keyFile,
      roster,
    }),
    { log: silentLog, env: process.env, onFatal: (why) => fatal.push(why) },
  );
  undo.push(() => site.stop());
  const fleet = new StormFleet({ roster, port: site.southTlsPort ?? 0, certificate });
  undo.push(() => fleet.close());
  return { roster, cpms, site, fleet, fatal };
}

test('a whole site comes back at once over TLS, bad credentials among it: the sound are in, nothing is lost', async () => {
  const { roster, cpms, site, fleet, fatal } = await aStorm();
  await fleet.open();

  const round = await fleet.storm();

  expect(round.bootedMs).toHaveLength(SIZE.sound);
  expect(Math.max(...round.bootedMs)).toBeLessThan(BOUND_MS);
  // Nobody sound was sent away to dial again, although all come from one address.
  expect(round).toMatchObject({ soundRefusals: {}, errors: 0, badLetIn: 0, answeredMs: expect.any(Number) });
  expect(round.badDials).toBeGreaterThanOrEqual(SIZE.bad);

  const { host } = site.core;
  await until(() => roster.every(({ id }) => host.rows(`north/${id}`).length === 0), 10_000);
  const arrived = samplesIn(cpms.calls);
  expect(fleet.taken()).toHaveLength(SIZE.sound * 4);
  expect(compareSamples(fleet.taken(), arrived)).toEqual({ lost: 0, repeated: 0 });

  const bad = new Set(roster.filter(({ isSound }) => !isSound).map(({ id }) => id));
  expect(cpms.calls.filter(({ identity }) => bad.has(identity))).toEqual([]);
  expect(site.core.south.connections().filter(({ identity }) => bad.has(identity))).toEqual([]);
  expect(fatal).toEqual([]);
}, 30_000);
