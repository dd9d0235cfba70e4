import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Reply, Wire } from './child-side.ts';

const READY_TIMEOUT_MS = 60_000;
const ASK_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 15_000;

/** A part of the run in a process of its own. */
export interface Child {
  readonly pid: number;
  /** What the child announced when it was ready. */
  readonly ready: Wire;
  /** Milliseconds from starting the process to its announcement. */
  readonly startMs: number;
  /** Rejects with the child's error, when it ends, or after three minutes. */
  ask(command: string, data?: Wire): Promise<Wire>;
  /** Asks it to stop; a child that does not is killed. */
  stop(): Promise<void>;
}

/**
 * Starts a compiled module beside this one (`./servers/core-server.js`) with `config` as JSON argument and waits
 * until it is ready. The module's standard output goes to our standard error.
 */
export async function startChild(
  module: string,
  config: Wire,
  execArgv: readonly string[] = [],
): Promise<Child> {
  const startedAt = performance.now();
  const process_ = fork(fileURLToPath(new URL(module, import.meta.url)), [JSON.stringify(config)], {
    execArgv: ['--enable-source-maps', ...execArgv],
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const ready = await readyOf(process_, module);
  return new RunningChild(process_, module, ready, performance.now() - startedAt);
}

/** The processes of one part of a run: started one by one, stopped together. */
export class Children {
  readonly #running: Child[] = [];

  async start(module: string, config: Wire = null, execArgv: readonly string[] = []): Promise<Child> {
    const child = await startChild(module, config, execArgv);
    this.#running.push(child);
    return child;
  }

  async stop(): Promise<void> {
    for (const child of this.#running.splice(0)) await child.stop();
  }
}

class RunningChild implements Child {
  readonly pid: number;
  readonly ready: Wire;
  readonly startMs: number;
  readonly #process: ChildProcess;
  readonly #module: string;
  readonly #waiting = new Map<number, { resolve(value: Wire): void; reject(error: Error): void }>();
  #asked = 0;

  constructor(process_: ChildProcess, module: string, ready: Wire, startMs: number) {
    this.#process = process_;
    this.#module = module;
    this.pid = process_.pid!;
    this.ready = ready;
    this.startMs = startMs;
    process_.on('message', (message) => this.#settle(message as Reply));
    process_.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`${module} ended (${signal ?? code})`));
      this.#waiting.clear();
    });
  }

  ask(command: string, data: Wire = null): Promise<Wire> {
    this.#asked += 1;
    const no = this.#asked;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.#waiting.delete(no);
        reject(new Error(`${this.#module} did not answer ${command} within ${ASK_TIMEOUT_MS} ms`));
      }, ASK_TIMEOUT_MS);
      this.#waiting.set(no, {
        resolve: (value) => {
          clearTimeout(deadline);
          resolve(value);
        },
        reject: (error) => {
          clearTimeout(deadline);
          reject(error);
        },
      });
      this.#process.send({ no, command, data });
    });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => this.#process.once('exit', () => resolve()));
    const deadline = setTimeout(() => this.#process.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.ask('stop').catch(() => undefined);
    this.#process.disconnect();
    await ended;
    clearTimeout(deadline);
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.no);
    this.#waiting.delete(reply.no);
    if ('error' in reply) waiting?.reject(new Error(`${this.#module}: ${reply.error}`));
    else waiting?.resolve(reply.result);
  }
}

function readyOf(process_: ChildProcess, module: string): Promise<Wire> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => {
      process_.kill('SIGKILL');
      reject(new Error(`${module} was not ready within ${READY_TIMEOUT_MS} ms`));
    }, READY_TIMEOUT_MS);
    const onExit = (code: number | null): void => {
      clearTimeout(deadline);
      reject(new Error(`${module} ended with ${code} before it was ready`));
    };
    process_.once('exit', onExit);
    process_.once('message', (message) => {
      clearTimeout(deadline);
      process_.off('exit', onExit);
      resolve((message as { ready: Wire }).ready);
    });
  });
}
