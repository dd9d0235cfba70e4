import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNatsServer } from '../adapters/nats/find-server.ts';
import { startManagedNats } from '../adapters/nats/managed-server.ts';
import { connectNatsBus } from '../adapters/nats/nats-bus.ts';
import type { NatsEndpoint } from '../adapters/nats/nats-endpoint.ts';
import type { NatsServer } from '../adapters/nats/nats-server.ts';
import { serverVersionWarning } from '../adapters/nats/server-version.ts';
import type { Bus } from '../runtime/bus/bus.ts';
import { InProcessBus } from '../runtime/bus/in-process-bus.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { SiteConfig } from './site-file/site-config.ts';

export interface OpenBusOptions {
  config: SiteConfig;
  /** The data folder. */
  folder: string;
  clock: Clock;
  random: Random;
  log: Log;
  env: Readonly<Record<string, string | undefined>>;
}

export interface OpenBus {
  bus: Bus;
  /** For people: which server, or why none. */
  detail: () => string;
  warnings: Array<{ code: string; text: string }>;
  /** Plays an outage of the bus, for the demo: the server is halted, or the bus in the process stops. */
  halt(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** A bus that is not there by then is no reason to keep chargers waiting. */
const FIRST_CONNECTION_MAX_MS = 1_000;

/** From `dist/app` as from `app` the project's own cache folder is found. */
const PROJECT = resolve(
  fileURLToPath(import.meta.url),
  import.meta.url.includes('/dist/app/') ? '../../..' : '../..',
);

/** The configured server, else a managed child, else (with an alarm) the bus inside the process. Never rejects. */
export async function openBus(options: OpenBusOptions): Promise<OpenBus> {
  const server = options.config.bus ? external(options.config.bus) : await managed(options);
  if ('problem' in server) return inProcess(options, server.problem);
  const bus = connectNatsBus({
    endpoint: server.endpoint,
    siteId: options.config.site.id,
    clock: options.clock,
    random: options.random,
    log: options.log,
  });
  await connectedOrLate(bus, options.clock);
  const warning = serverVersionWarning(server.version);
  return {
    bus,
    detail: () => bus.statusDetail,
    warnings: warning ? [{ code: 'bus.oldServer', text: warning }] : [],
    halt: () => signal(server, 'SIGSTOP'),
    resume: () => signal(server, 'SIGCONT'),
    stop: async () => {
      await bus.close();
      await server.stop();
    },
  };
}

/** So that the first messages of a start are not delivered past a bus that was only just being dialled. */
function connectedOrLate(bus: Bus, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(FIRST_CONNECTION_MAX_MS, resolve);
    bus.onStatus((status) => {
      if (status !== 'connected') return;
      clock.clearTimer(timer);
      resolve();
    });
  });
}

function external(bus: NonNullable<SiteConfig['bus']>): NatsServer {
  const { host, port, user, password } = bus;
  const endpoint: NatsEndpoint = { host, port };
  if (user !== null) endpoint.user = user;
  if (password) endpoint.password = password.reveal();
  return {
    kind: 'external',
    endpoint: () => endpoint,
    version: undefined,
    pid: () => undefined,
    stop: async () => {},
  };
}

function signal(server: NatsServer, name: NodeJS.Signals): void {
  const pid = server.pid();
  if (pid !== undefined) process.kill(pid, name);
}

async function managed(options: OpenBusOptions): Promise<NatsServer | { problem: string }> {
  const found = findNatsServer({
    fromEnvironment: options.env.HOLDFAST_NATS_BIN,
    searchPath: options.env.PATH ?? '',
    cacheFolder: join(PROJECT, '.cache', 'nats-server'),
  });
  if ('problem' in found) return found;
  try {
    return await startManagedNats({
      folder: join(options.folder, 'nats'),
      siteId: options.config.site.id,
      binary: found.path,
      clock: options.clock,
      log: options.log,
      onStatus: (status, detail) => options.log.info({ status, detail }, 'nats-server'),
    });
  } catch (error) {
    return { problem: String(error) };
  }
}

function inProcess(options: OpenBusOptions, problem: string): OpenBus {
  options.log.warn({ problem }, 'no nats-server: actors talk inside the process');
  const bus = new InProcessBus({ clock: options.clock, log: options.log });
  return {
    bus,
    detail: () => `inside the process: ${problem}`,
    warnings: [{ code: 'bus.inProcess', text: `no nats-server, actors talk inside the process: ${problem}` }],
    halt: () => bus.stop(),
    resume: () => bus.start(),
    stop: () => bus.close(),
  };
}
