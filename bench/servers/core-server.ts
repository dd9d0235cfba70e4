import { join } from 'node:path';
import type { ChargerPlace, SitePlan } from '../../actors/site-tree.ts';
import { defaultTiming } from '../../actors/site-tree.ts';
import { findNatsServer } from '../../adapters/nats/find-server.ts';
import { startManagedNats } from '../../adapters/nats/managed-server.ts';
import { connectNatsBus } from '../../adapters/nats/nats-bus.ts';
import { createWsDialer } from '../../adapters/ocpp-north/ws-dialer.ts';
import { SecretKeeper } from '../../adapters/ocpp-south/credentials.ts';
import { createSouthServer } from '../../adapters/ocpp-south/server.ts';
import { createCore } from '../../app/core.ts';
import { watchIdleMemory } from '../../app/idle-memory.ts';
import { keepNewObjectsYoung } from '../../app/young-memory.ts';
import { defaultGovernance } from '../../machines/shared/governance/rules.ts';
import { openDataFolder } from '../../runtime/data-folder.ts';
import { silentLog } from '../../runtime/log.ts';
import { openLmdbStore } from '../../runtime/persistence/lmdb-store.ts';
import { SystemClock } from '../../runtime/system-clock.ts';
import { systemRandom } from '../../runtime/system-random.ts';
import { announce, serveParent } from '../child-side.ts';
import { chargerName } from '../generator/charger-name.ts';

export interface CoreServerConfig {
  /** Data folder of this process alone. */
  folder: string;
  /** Chargers that the plan names at the start; more come by `adopt`. */
  chargers: number;
  cpmsUrl: string;
  natsCacheFolder: string;
}

const SITE = 'bench';

/** The product as it stands, with its defaults; only the bound on CALLs per second and charger is off. */
keepNewObjectsYoung();
const config = JSON.parse(process.argv[2]!) as CoreServerConfig;
const clock = new SystemClock();
const folder = await openDataFolder(config.folder);
const store = await openLmdbStore(folder.path, { clock });
const found = findNatsServer({
  fromEnvironment: process.env.HOLDFAST_NATS_BIN,
  searchPath: process.env.PATH ?? '',
  cacheFolder: config.natsCacheFolder,
});
if ('problem' in found) throw new Error(found.problem);
const nats = await startManagedNats({
  folder: join(folder.path, 'nats'),
  siteId: SITE,
  binary: found.path,
  clock,
  log: silentLog,
});
const bus = connectNatsBus({
  endpoint: nats.endpoint,
  siteId: SITE,
  clock,
  random: systemRandom,
  log: silentLog,
});
const core = createCore({
  store,
  bus,
  clock,
  random: systemRandom,
  log: silentLog,
  rules: 'bench',
  plan: planOf(config.chargers),
  dialer: createWsDialer({ clock }),
  backendOf: () => ({ url: config.cpmsUrl, password: null }),
  southLimits: { rate: null },
  onFatal: (why) => {
    throw new Error(why);
  },
});
const recovered = await core.start();
watchIdleMemory({ clock });
const server = createSouthServer({
  listen: { host: '127.0.0.1', port: 0 },
  listenTls: null,
  clock,
  log: silentLog,
  gateway: core.south,
  versions: ['1.6'],
  keeper: new SecretKeeper({ deviceKey: Buffer.alloc(32) }),
  gate: () => ({ outcome: 'accept', profile: 0 }),
  // The whole fleet connects from one address.
  limits: { pendingPerAddressMax: 4_096 },
});
const { port } = await server.listen();
announce({
  port,
  verifiedRecords: recovered.verifiedRecords,
  actors: core.host.counters.actors ?? 0,
  chainProblem: recovered.chainProblem ?? null,
});

serveParent({
  adopt(data) {
    const { first, count } = data as { first: number; count: number };
    for (let no = first; no < first + count; no++) core.adopt(placeOf(no));
    return null;
  },
  async settle() {
    await core.host.settle();
    return null;
  },
  /** Only in processes started with `--expose-gc`. */
  collect() {
    globalThis.gc?.();
    globalThis.gc?.();
    return null;
  },
  figures: () => ({ ...store.stats, ...core.host.counters, bus: bus.status }),
  async stop() {
    await server.close();
    await core.stop();
    await bus.close();
    await nats.stop();
    await store.close();
    await folder.release();
    return null;
  },
});

function planOf(chargers: number): SitePlan {
  return {
    chargers: Array.from({ length: chargers }, (_, index) => placeOf(index + 1)),
    electrical: null,
    offlineAuth: { localList: [], cacheMaxAgeMs: 86_400_000, unknownTags: 'accept' },
    governance: defaultGovernance,
    backendId: 'cpms',
    timing: defaultTiming,
  };
}

function placeOf(no: number): ChargerPlace {
  return {
    charger: chargerName(no),
    connectors: 2,
    maxMilliamps: 32_000,
    fallbackMilliamps: 6_000,
    graceMs: 120_000,
    mirrorCloseAfterMs: null,
  };
}
