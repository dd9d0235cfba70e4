import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'yaml';
import { builtMain } from './built-product.ts';
import { natsServerBinary } from './nats.ts';
import { makeTempFolder } from './temp-folder.ts';

export interface ProductCharger {
  id: string;
  connectors?: number;
  maxA?: number;
  onLinkLoss?: { afterS?: number; limitA?: number };
  quirks?: readonly string[];
}

/** Parts of the site file; what is left out takes the product's defaults. */
export interface ProductOptions {
  /** WebSocket address of the CPMS, without an identity. */
  backendUrl: string;
  timezone?: string;
  chargers: readonly ProductCharger[];
  unknown?: 'reject' | 'quarantine' | 'adopt';
  /** Left out: load management is off. */
  electrical?: { fuseA: number; reserveA?: number };
  localList?: readonly string[];
  unknownTags?: 'accept' | 'reject';
  /** Further keys of that section. */
  offlineAuth?: Readonly<Record<string, unknown>>;
  /** An existing nats-server, such as `nats://127.0.0.1:4222`; left out: a managed child. */
  busUrl?: string;
  /** Added to the environment of the process; undefined takes a name out. */
  env?: Readonly<Record<string, string | undefined>>;
}

/** How a run of the process ended. */
export interface ProductExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** The last lines of stdout and of stderr, each, are kept. */
const LOG_LINES_MAX = 5_000;
const READY_TIMEOUT_MS = 15_000;
const POLL_MS = 10;
const API_TIMEOUT_MS = 5_000;

/** The built product as a user runs it: `node dist/app/main.js run -c site.yaml`, in a temporary folder. */
export class Product {
  /** Chargers connect here, identity appended: `ws://127.0.0.1:<port>`. */
  readonly southUrl: string;
  readonly apiUrl: string;
  readonly dataFolder: string;
  readonly siteFile: string;
  /** Lines of stdout (the product's log, JSON) and of stderr, over all runs. */
  readonly logLines: string[] = [];
  readonly errorLines: string[] = [];
  readonly #env: NodeJS.ProcessEnv;
  readonly #removeFolder: () => Promise<void>;
  #child: ChildProcess | null = null;
  #exited: Promise<ProductExit> = Promise.resolve({ code: null, signal: null });

  private constructor(place: { folder: string; remove: () => Promise<void> }, ports: Ports, env: Env) {
    this.southUrl = `ws://127.0.0.1:${ports.south}`;
    this.apiUrl = `http://127.0.0.1:${ports.api}`;
    this.dataFolder = join(place.folder, 'data');
    this.siteFile = join(place.folder, 'site.yaml');
    this.#removeFolder = place.remove;
    this.#env = env;
  }

  /** Writes the site file; nothing runs yet. Throws when the build is missing or stale, or there is no nats-server. */
  static async create(options: ProductOptions): Promise<Product> {
    builtMain();
    const env: Env = { ...process.env, HOLDFAST_NATS_BIN: natsServerBinary(), ...options.env };
    const { path: folder, remove } = await makeTempFolder('product');
    const ports = { south: await freePort(), api: await freePort() };
    const product = new Product({ folder, remove }, ports, env);
    await mkdir(folder, { recursive: true });
    await writeFile(product.siteFile, stringify(siteFileOf(options, ports)));
    return product;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isRunning(): boolean {
    return this.#child !== null;
  }

  /** Starts the process and resolves once it serves; gives the milliseconds that took. Throws with its last words. */
  async start(timeoutMs = READY_TIMEOUT_MS): Promise<number> {
    const startedAtMs = performance.now();
    this.spawn();
    while (this.isRunning && performance.now() - startedAtMs < timeoutMs) {
      if (await this.#isReady()) return performance.now() - startedAtMs;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`the product did not get ready\n${this.lastWords()}`);
  }

  /** Starts the process without waiting for anything. */
  spawn(): void {
    if (this.#child) throw new Error('the product runs already');
    const child = spawn(process.execPath, [builtMain(), 'run', '-c', this.siteFile], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    keepLines(child.stdout, this.logLines);
    keepLines(child.stderr, this.errorLines);
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        if (this.#child === child) this.#child = null;
        resolve({ code, signal });
      });
    });
  }

  /** SIGKILL; resolves when the process is gone. Its nats-server may live on for a moment. */
  async kill(): Promise<ProductExit> {
    this.#child?.kill('SIGKILL');
    return this.#exited;
  }

  /** SIGTERM: the ordered shutdown. */
  async terminate(): Promise<ProductExit> {
    this.#child?.kill('SIGTERM');
    return this.#exited;
  }

  /** SIGSTOP: the process hangs, its sockets stay open. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** One resource of the API, such as `site`, `chargers`, `sessions`, `queues`, `health` or `decisions?limit=500`. */
  async read<T>(resource: string): Promise<T> {
    const response = await fetch(`${this.apiUrl}/api/v1/${resource}`, {
      signal: AbortSignal.timeout(API_TIMEOUT_MS),
      headers: { connection: 'close' },
    });
    if (!response.ok) throw new Error(`${resource}: HTTP ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Items of a list resource. */
  async items<T>(resource: string): Promise<T[]> {
    return (await this.read<{ items: T[] }>(resource)).items;
  }

  /** Process ids of programs that have the data folder in their command line: the managed nats-server. */
  natsPids(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== this.pid)
      .map(Number)
      .filter((pid) => commandLine(pid).includes(this.dataFolder));
  }

  /** The last log lines, for the message of a failure. */
  lastWords(): string {
    return [...this.errorLines.slice(-20), ...this.logLines.slice(-20)].join('\n');
  }

  /** Ends what still runs and removes the folder. */
  async remove(): Promise<void> {
    this.resume();
    await this.kill();
    for (const pid of this.natsPids()) endProcess(pid);
    await this.#removeFolder();
  }

  async #isReady(): Promise<boolean> {
    try {
      const response = await fetch(`${this.apiUrl}/readyz`, {
        signal: AbortSignal.timeout(API_TIMEOUT_MS),
        headers: { connection: 'close' },
      });
      return response.ok && (await isListening(this.southUrl));
    } catch {
      return false;
    }
  }
}

type Env = NodeJS.ProcessEnv;
interface Ports {
  south: number;
  api: number;
}

/** Both: what a peer does not offer is not chosen. */
const OCPP_VERSIONS = ['ocpp2.0.1', 'ocpp1.6'];

function siteFileOf(options: ProductOptions, ports: Ports): object {
  return {
    version: 1,
    site: { id: 'test-site', ...(options.timezone ? { timezone: options.timezone } : {}) },
    data: './data',
    ...(options.electrical ? { electrical: { connection: options.electrical } } : {}),
    chargers: { known: options.chargers, unknown: options.unknown ?? 'reject' },
    ocpp: { listen: `127.0.0.1:${ports.south}`, securityProfile: 0, versions: OCPP_VERSIONS },
    backends: [{ id: 'cpms', url: options.backendUrl, versions: OCPP_VERSIONS }],
    offlineAuth: {
      localList: options.localList ?? [],
      policy: { unknownTags: options.unknownTags ?? 'reject' },
      ...options.offlineAuth,
    },
    ui: { listen: `127.0.0.1:${ports.api}` },
    ...(options.busUrl ? { bus: { url: options.busUrl } } : {}),
  };
}

/**
 * A port below the range from which systems take the ports of outgoing connections: one that a process leaves for a
 * moment, when it is restarted, is not taken by somebody's client.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** An HTTP answer of any kind: the charger listener refuses plain requests, but only once it listens. */
async function isListening(url: string): Promise<boolean> {
  const response = await fetch(url.replace('ws:', 'http:'), { signal: AbortSignal.timeout(API_TIMEOUT_MS) });
  await response.text();
  return true;
}

function keepLines(stream: NodeJS.ReadableStream | null, lines: string[]): void {
  if (!stream) return;
  createInterface({ input: stream }).on('line', (line) => {
    lines.push(line);
    if (lines.length > LOG_LINES_MAX) lines.shift();
  });
}

/** Empty when the process is gone. */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone in the meantime.
  }
}
