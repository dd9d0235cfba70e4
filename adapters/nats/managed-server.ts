import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Clock, TimerHandle } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { endLeftover, writePidFile } from './leftover-server.ts';
import type { NatsEndpoint } from './nats-endpoint.ts';
import type { NatsServer, NatsServerStatus } from './nats-server.ts';
import {
  BUS_USER,
  makeCredentials,
  renderServerConfig,
  type ServerCredentials,
  WATCH_USER,
} from './server-config.ts';
import { findParentDeathGuard, outputOf, ServerProcess } from './server-process.ts';
import { parseServerVersion } from './server-version.ts';
import { siteSubjects } from './subjects.ts';

const LOOPBACK = '127.0.0.1';
const ANY_PORT = -1;
const READY_TIMEOUT_MS = 3_000;
/** Waits between runs double from the first to the last value; a run that lasted starts them anew. */
const RESTART_MIN_MS = 100;
const RESTART_MAX_MS = 2_000;
const STEADY_AFTER_MS = 10_000;

export interface ManagedNatsOptions {
  /** Private folder of the server: configuration, pid file, ports and watch credentials (made if missing, mode 0700). */
  folder: string;
  siteId: string;
  /** The nats-server binary, see `findNatsServer`. */
  binary: string;
  clock: Clock;
  log: Log;
  onStatus?: (status: NatsServerStatus, detail: string) => void;
}

/** The binary cannot be run at all, so there is nothing to keep trying. */
export class NatsServerUnusable extends Error {
  override readonly name = 'NatsServerUnusable';
}

/**
 * Starts nats-server as a child of this process, on a free loopback port, with new passwords, and keeps it running.
 * Resolves after the first attempt, whether it succeeded or not (at most some 4 s); rejects with
 * {@link NatsServerUnusable} if the binary does not even tell its version.
 */
export async function startManagedNats(options: ManagedNatsOptions): Promise<NatsServer> {
  const version = parseServerVersion((await outputOf(options.binary, ['--version'])) ?? '');
  if (version === undefined) {
    throw new NatsServerUnusable(`"${options.binary} --version" does not answer as a nats-server does`);
  }
  const server = new ManagedNats(options, version, await findParentDeathGuard());
  await server.start();
  return server;
}

class ManagedNats implements NatsServer {
  readonly kind = 'managed';
  readonly version: string;
  readonly #options: ManagedNatsOptions;
  readonly #guard: readonly string[];
  readonly #files: { config: string; pid: string; ports: string; watch: string };
  readonly #credentials: ServerCredentials = makeCredentials();
  #run: ServerProcess | undefined;
  #endpoint: NatsEndpoint | undefined;
  #port = ANY_PORT;
  #failures = 0;
  #restart: TimerHandle | undefined;
  #launching: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(options: ManagedNatsOptions, version: string, guard: readonly string[]) {
    this.#options = options;
    this.version = version;
    this.#guard = guard;
    const folder = resolve(options.folder);
    this.#files = {
      config: join(folder, 'nats-server.conf'),
      pid: join(folder, 'nats-server.pid.json'),
      ports: join(folder, 'ports'),
      watch: join(folder, 'watch-credentials.json'),
    };
  }

  readonly endpoint = (): NatsEndpoint | undefined => this.#endpoint;

  readonly pid = (): number | undefined => (this.#run?.running ? this.#run.pid : undefined);

  async start(): Promise<void> {
    mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 });
    const leftover = await endLeftover(this.#files.pid, this.#files.config, this.#options.clock);
    if (leftover !== undefined)
      this.#options.log.warn({ pid: leftover }, 'ended the nats-server of an earlier run');
    process.once('exit', this.#killAtExit);
    await this.#launch();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#endpoint = undefined;
    if (this.#restart) this.#options.clock.clearTimer(this.#restart);
    await this.#run?.stop();
    await this.#launching;
    process.off('exit', this.#killAtExit);
    for (const file of [this.#files.config, this.#files.watch, this.#files.pid])
      rmSync(file, { force: true });
    rmSync(this.#files.ports, { recursive: true, force: true });
  }

  #launch(): Promise<void> {
    this.#launching = this.#launchOnce().catch((error: unknown) => {
      // A full or read-only disk, say: no reason to take the process down.
      this.#run?.kill();
      this.#down(`could not be prepared: ${error instanceof Error ? error.message : String(error)}`);
    });
    return this.#launching;
  }

  async #launchOnce(): Promise<void> {
    const { clock, log, binary } = this.#options;
    rmSync(this.#files.ports, { recursive: true, force: true });
    mkdirSync(this.#files.ports, { mode: 0o700 });
    writePrivately(
      this.#files.config,
      renderServerConfig({
        port: this.#port,
        portsFolder: this.#files.ports,
        siteId: this.#options.siteId,
        credentials: this.#credentials,
      }),
    );
    const { config: configFile, ports: portsFolder } = this.#files;
    const run = new ServerProcess({ binary, guard: this.#guard, configFile, portsFolder, clock, log });
    this.#run = run;
    if (run.pid !== undefined) writePidFile(this.#files.pid, run.pid);
    const port = await run.ready(READY_TIMEOUT_MS);
    if (this.#stopping) return;
    if (port === undefined) {
      run.kill();
      // The old port may have been taken meanwhile: let the system choose another.
      this.#port = ANY_PORT;
      return this.#down(run.running ? `not ready within ${READY_TIMEOUT_MS} ms` : await run.exited);
    }
    this.#port = port;
    this.#endpoint = { host: LOOPBACK, port, user: BUS_USER, password: this.#credentials.busPassword };
    this.#writeWatchCredentials(port);
    const readyAtMs = clock.monotonicMs();
    log.info({ pid: run.pid, port, version: this.version }, 'nats-server runs');
    this.#report('running', `nats-server ${this.version} on ${LOOPBACK}:${port}`);
    run.exited.then((detail) => {
      if (clock.monotonicMs() - readyAtMs >= STEADY_AFTER_MS) this.#failures = 0;
      this.#down(detail);
    });
  }

  #down(detail: string): void {
    if (this.#stopping) return;
    this.#endpoint = undefined;
    const delayMs = Math.min(RESTART_MAX_MS, RESTART_MIN_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.#options.log.warn({ detail, restartInMs: delayMs }, 'nats-server is down');
    this.#restart = this.#options.clock.setTimer(delayMs, () => void this.#launch());
    this.#report('down', `nats-server ${detail}`);
  }

  #report(status: NatsServerStatus, detail: string): void {
    try {
      this.#options.onStatus?.(status, detail);
    } catch (error) {
      this.#options.log.error({ err: error }, 'a listener of the nats-server status threw');
    }
  }

  #writeWatchCredentials(port: number): void {
    const credentials = {
      url: `nats://${LOOPBACK}:${port}`,
      user: WATCH_USER,
      password: this.#credentials.watchPassword,
      subjects: siteSubjects(this.#options.siteId),
    };
    writePrivately(this.#files.watch, `${JSON.stringify(credentials, null, 2)}\n`);
  }

  /** For an exit without `stop()` where the kernel does not do it for us. */
  readonly #killAtExit = (): void => this.#run?.kill();
}

function writePrivately(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
  // The mode above acts only on creation.
  chmodSync(file, 0o600);
}
