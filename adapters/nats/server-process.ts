import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';

const READY_POLL_MS = 10;
const STOP_GRACE_MS = 1_000;
const SETPRIV_PLACES = ['/usr/bin/setpriv', '/bin/setpriv', '/usr/sbin/setpriv'];
const COMMAND_TIMEOUT_MS = 2_000;

export interface ServerProcessOptions {
  binary: string;
  /** Program and arguments to put before the binary, see {@link findParentDeathGuard}. */
  guard: readonly string[];
  configFile: string;
  portsFolder: string;
  clock: Clock;
  log: Log;
}

/** One run of nats-server, from spawn to exit. */
export class ServerProcess {
  readonly pid: number | undefined;
  /** Resolves with the reason, also when it could not be started at all. */
  readonly exited: Promise<string>;
  readonly #child: ChildProcess;
  readonly #options: ServerProcessOptions;
  #lastComplaint = '';
  #running = true;

  constructor(options: ServerProcessOptions) {
    this.#options = options;
    const [command = options.binary, ...args] = [...options.guard, options.binary, '-c', options.configFile];
    // Detached: Ctrl-C in a terminal reaches the whole foreground group, and the bus is to outlive the ordered
    // shutdown of its users. Empty environment: nothing in it concerns the server.
    this.#child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true, env: {} });
    this.pid = this.#child.pid;
    this.exited = new Promise((resolve) => {
      const settle = (detail: string) => {
        this.#running = false;
        resolve(this.#lastComplaint === '' ? detail : `${detail}: ${this.#lastComplaint}`);
      };
      this.#child.once('error', (error) => settle(`could not be started: ${error.message}`));
      // Not `exit`: its last words may then still be unread.
      this.#child.once('close', (code, signal) =>
        settle(signal === null ? `exited with code ${code}` : `ended by ${signal}`),
      );
    });
    if (this.#child.stderr) this.#readLog(this.#child.stderr);
  }

  get running(): boolean {
    return this.#running;
  }

  /** The port it listens on once it is ready; undefined if it ended or was not ready in time. */
  async ready(timeoutMs: number): Promise<number | undefined> {
    const { clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    while (this.#running && clock.monotonicMs() < deadlineMs) {
      const port = this.#readPort();
      if (port !== undefined) return port;
      await new Promise<void>((resolve) => clock.setTimer(READY_POLL_MS, resolve));
    }
    return undefined;
  }

  /** SIGTERM, then SIGKILL after a second (a stopped process takes nothing else). */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = this.#options.clock.setTimer(STOP_GRACE_MS, () => this.kill());
    await this.exited;
    this.#options.clock.clearTimer(timer);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** The server writes `<name>_<pid>.ports`: {"nats":["nats://127.0.0.1:41233"]}. */
  #readPort(): number | undefined {
    const name = readdirSync(this.#options.portsFolder).find((file) => file.endsWith(`_${this.pid}.ports`));
    if (name === undefined) return undefined;
    const text = readFileSync(join(this.#options.portsFolder, name), 'utf8');
    const port = /"nats:\/\/127\.0\.0\.1:(\d+)"/.exec(text)?.[1];
    return port === undefined ? undefined : Number(port);
  }

  #readLog(stream: NodeJS.ReadableStream): void {
    createInterface({ input: stream }).on('line', (line) => {
      this.#options.log.debug({ line }, 'nats-server');
      if (/\[(FTL|ERR)\]|^nats-server:/.test(line))
        this.#lastComplaint = line.replace(/^.*\[(FTL|ERR)\] /, '').slice(0, 300);
    });
  }
}

/**
 * What to put before the server's command so that the kernel ends it with its parent, kill -9 included: Linux's
 * setpriv where it is there and knows the option. Empty elsewhere: then the pid file catches the left-over.
 */
export async function findParentDeathGuard(): Promise<readonly string[]> {
  for (const setpriv of SETPRIV_PLACES) {
    const guard = [setpriv, '--pdeathsig', 'TERM'];
    if ((await outputOf(setpriv, ['--pdeathsig', 'TERM', '/bin/true'])) !== undefined) return guard;
  }
  return [];
}

/** Standard output of a command that ends well within two seconds; undefined of any other. */
export function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: COMMAND_TIMEOUT_MS, env: {} }, (error, stdout) => {
      resolve(error ? undefined : stdout);
    });
  });
}
