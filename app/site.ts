import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ChargerPlace, defaultTiming, type SitePlan, type SiteTiming } from '../actors/site-tree.ts';
import type { ActorCommands } from '../adapters/http/actor-routes.ts';
import type { QueueCommands } from '../adapters/http/queue-routes.ts';
import { createHttpServer, type HttpServer } from '../adapters/http/server.ts';
import type { Backend } from '../adapters/ocpp-north/dialer.ts';
import { createWsDialer } from '../adapters/ocpp-north/ws-dialer.ts';
import type { Address } from '../runtime/address.ts';
import { openDataFolder } from '../runtime/data-folder.ts';
import { openDeviceKey } from '../runtime/device-key.ts';
import type { Log } from '../runtime/log.ts';
import { openLmdbStore } from '../runtime/persistence/lmdb-store.ts';
import { SystemClock } from '../runtime/system-clock.ts';
import { systemRandom } from '../runtime/system-random.ts';
import { type ChargerListener, listenForChargers } from './charger-listener.ts';
import { type Core, type CoreOptions, createCore } from './core.ts';
import { watchIdleMemory } from './idle-memory.ts';
import { LiveView } from './live-view.ts';
import { type OpenBus, openBus } from './open-bus.ts';
import { watchParked } from './parked-alarm.ts';
import { queueCommands } from './queue-commands.ts';
import type { SiteConfig } from './site-file/site-config.ts';
import type { SiteView } from './site-view.ts';
import { Teardown } from './teardown.ts';
import { watchClock } from './watch-clock.ts';
import { keepNewObjectsYoung } from './young-memory.ts';

export interface SiteOptions {
  log: Log;
  env: Readonly<Record<string, string | undefined>>;
  timing?: Partial<SiteTiming>;
  /** What the demo is doing, for the view. */
  demoPhase?: () => string | null;
  onFatal: (why: string) => void;
}

/** A running site: the product, listening. */
export interface Site {
  readonly core: Core;
  readonly view: SiteView;
  readonly bus: OpenBus;
  /** Unencrypted; null where no charger may come in that way. */
  readonly southPort: number | null;
  /** Null without TLS. */
  readonly southTlsPort: number | null;
  readonly apiAddress: { host: string; port: number };
  /** Stops accepting, flushes, closes sockets with 1001, stops nats-server, frees the data folder. */
  stop(): Promise<void>;
}

/** The chargers' sockets get this long to take their close frame. */
const CLOSE_GRACE_MS = 300;

/**
 * Starts everything in order: data folder, store, bus, actors, and only then the listeners. Whatever was started
 * is stopped again when a later step fails.
 * @throws DataFolderBusy, StoreFault, or the listener's own error (address in use).
 */
export async function startSite(config: SiteConfig, options: SiteOptions): Promise<Site> {
  const teardown = new Teardown(options.log);
  try {
    return await start(config, options, teardown);
  } catch (error) {
    await teardown.run();
    throw error;
  }
}

async function start(config: SiteConfig, options: SiteOptions, teardown: Teardown): Promise<Site> {
  const { log } = options;
  keepNewObjectsYoung();
  const clock = new SystemClock();
  const folder = await openDataFolder(config.dataFolder);
  teardown.add('data folder', () => folder.release());
  const deviceKey = await openDeviceKey(folder.path);
  const store = await openLmdbStore(join(folder.path, 'store'), { clock });
  teardown.add('store', () => store.close());
  const bus = await openBus({
    config,
    folder: folder.path,
    clock,
    random: systemRandom,
    log,
    env: options.env,
  });
  teardown.add('bus', () => bus.stop());

  const core = createCore({
    store,
    bus: bus.bus,
    clock,
    random: systemRandom,
    log,
    rules: rulesOf(config),
    plan: planOf(config, options.timing),
    dialer: createWsDialer({ clock }),
    backendOf: () => backendOf(config),
    quirks: quirksOf(config),
    onFatal: options.onFatal,
    onRecovered: ({ lastJournalledAt }) => clock.setFloor(Math.max(lastJournalledAt, builtAtMs())),
    onStoreFault: () =>
      void store.freeBallast().catch((error: unknown) => log.error({ err: error }, 'ballast')),
  });
  journalAlarms(core);
  if (store.quarantined) {
    core.host.alarms.raise(
      'store.quarantined',
      `the store was damaged and set aside as ${store.quarantined}`,
    );
  }
  for (const warning of bus.warnings) core.host.alarms.raise(warning.code, warning.text);
  await core.start();
  watchParked(core.host);
  const stopCore = onceOnly(async () => {
    await core.stop();
    await new Promise<void>((done) => clock.setTimer(CLOSE_GRACE_MS, done));
  });
  // Here for the case that a later step fails: actors must not run on without their store.
  teardown.add('core', stopCore);
  for (const place of adoptedBefore(core, config)) core.adopt(place);
  teardown.add('clock watch', watchClock(clock, core.host));
  teardown.add('memory watch', watchIdleMemory({ clock }));
  const restoreBallast = () => void store.restoreBallast().catch(() => false);
  core.host.alarms.listen((alarm, raised) => {
    if (alarm.code === 'store.failing' && !raised) restoreBallast();
  });

  let listener: ChargerListener | undefined;
  const view = new LiveView({
    config,
    core,
    store,
    bus,
    clock,
    demoPhase: options.demoPhase ?? (() => null),
    refused: () => listener?.refused() ?? [],
  });
  const api = await listenForPeople(
    config,
    {
      ...queueCommands({ host: core.host, store, random: systemRandom }),
      release: (address, reason) => core.host.release(address as Address, reason),
    },
    view,
    log,
  );
  teardown.add('api', () => api.close());
  const chargers = await listenForChargers({
    config,
    core,
    clock,
    log,
    deviceKey,
    placeOf: (identity) => placeOf(identity, config),
  });
  listener = chargers;
  teardown.add('charger listener', () => chargers.close());
  // The first to be stopped: sockets take their close frame while the listener is still there.
  teardown.add('core', stopCore);
  return {
    core,
    view,
    bus,
    southPort: chargers.port,
    southTlsPort: chargers.tlsPort,
    apiAddress: api.address,
    stop: () => teardown.run(),
  };
}

function onceOnly(stop: () => Promise<void>): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  return () => (stopping ??= stop());
}

function listenForPeople(
  config: SiteConfig,
  commands: QueueCommands & ActorCommands,
  view: LiveView,
  log: Log,
): Promise<HttpServer> {
  return createHttpServer({
    listen: config.api.listen,
    hosts: config.api.hosts,
    source: view,
    commands,
    report: (error) => log.error({ err: error }, 'api'),
  });
}

function placeOf(charger: string, config: SiteConfig): ChargerPlace {
  const own = config.chargers.known.find((known) => known.id === charger) ?? config.chargers.defaults;
  const { connectors, maxMilliamps, fallbackMilliamps, graceMs, mirrorCloseAfterMs } = own;
  return { charger, connectors, maxMilliamps, fallbackMilliamps, graceMs, mirrorCloseAfterMs };
}

/** Chargers that an earlier process adopted: known from their stored actors. */
function adoptedBefore(core: Core, config: SiteConfig): ChargerPlace[] {
  const named = new Set(config.chargers.known.map(({ id }) => id));
  return core.host
    .addresses('charger')
    .map((address) => address.slice('charger/'.length))
    .filter((id) => !named.has(id))
    .map((id) => placeOf(id, config));
}

function backendOf({ backend }: SiteConfig): Backend {
  const { url, replay, versions } = backend;
  return { url, password: backend.password?.reveal() ?? null, replay, versions };
}

function quirksOf({ site, chargers }: SiteConfig): NonNullable<CoreOptions['quirks']> {
  const own = new Map(chargers.known.map(({ id, quirks }) => [id, quirks]));
  return { timeZone: site.timezone, ownOf: (charger) => own.get(charger) ?? [] };
}

function planOf(config: SiteConfig, timing: Partial<SiteTiming> = {}): SitePlan {
  const { electrical } = config;
  return {
    chargers: config.chargers.known.map(({ id }) => placeOf(id, config)),
    electrical: electrical && {
      limitMilliamps: electrical.limitMilliamps,
      phases: electrical.phases,
      minMilliamps: config.chargers.minMilliamps,
    },
    offlineAuth: config.offlineAuth,
    governance: config.backend.governance,
    backendId: config.backend.id,
    timing: { ...defaultTiming, ...timing },
  };
}

/** Alarms come and go in the journal too. */
function journalAlarms(core: Core): void {
  core.host.alarms.listen((alarm, raised) => {
    const code = raised ? 'alarm.raised' : 'alarm.cleared';
    core.host.record({ type: code, reason: { code, params: { alarm: alarm.code, text: alarm.text } } });
  });
}

/** The rules in force are named by the hash of the site file, secrets being outside of it. */
function rulesOf(config: SiteConfig): string {
  try {
    return createHash('sha256').update(readFileSync(config.file)).digest('hex').slice(0, 16);
  } catch {
    return 'built-in';
  }
}

function builtAtMs(): number {
  return Math.floor(statSync(resolve(fileURLToPath(import.meta.url))).mtimeMs);
}
