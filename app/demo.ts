import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { destination, pino } from 'pino';
import { ALL_VERSIONS } from '../adapters/ocpp/subprotocol.ts';
import { defaultGovernance } from '../machines/shared/governance/rules.ts';
import { SystemClock } from '../runtime/system-clock.ts';
import { DEMO_CHARGERS, DEMO_ID_TAGS } from '../simulation/demo-plan.ts';
import { type DemoReport, DemoSite } from '../simulation/demo-site.ts';
import type { CommandIo } from './commands/command-io.ts';
import { EXIT } from './exit-codes.ts';
import { inspectHost } from './inspection.ts';
import { ModesSeen } from './modes-seen.ts';
import { aborted } from './run.ts';
import { type Site, type SiteOptions, startSite } from './site.ts';
import type { SiteConfig } from './site-file/site-config.ts';
import { startProblem } from './start-problem.ts';
import { startTerminalView } from './terminal-view.ts';

export interface DemoOptions {
  io: CommandIo;
  /** Aborted when the process is asked to end. */
  signal: AbortSignal;
  /** Ends by itself after this time; null = runs until `signal`. */
  forMs: number | null;
  /** The result as one line of JSON on stdout, at the end. */
  json: boolean;
  /** Seed of the simulated site. */
  seed: number;
  /** Port of the inspector feed on 127.0.0.1; null = no feed. */
  inspectPort: number | null;
  /** Null: stdout is no terminal, or JSON was asked for. */
  terminal: { colour: boolean } | null;
}

/** Eight connectors at 6 A fallback, and 30 A to share on top. */
const FUSE_MILLIAMPS = 80_000;
const RESERVE_MILLIAMPS = 2_000;
/** Short enough that a minute shows fallback and return; a real site takes minutes. */
const GRACE_MS = 3_000;
const DEMO_TIMING = {
  answerBudgetMs: 3_000,
  backendFallbackAfterMs: 5_000,
  backoffMinMs: 300,
  backoffMaxMs: 2_000,
} as const;
const API_PORT = 8080;
/** Without an end of its own the script is laid out for this long. */
const ENDLESS_MS = 600_000;

/** Runs the product against a simulated site; resolves with the exit code. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-demo-'));
  try {
    return await play(options, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function play(options: DemoOptions, folder: string): Promise<number> {
  const { io, signal } = options;
  const clock = new SystemClock();
  let site: Site | undefined;
  let uninspect: (() => Promise<void>) | undefined;
  const outside = new DemoSite({
    clock,
    durationMs: options.forMs ?? ENDLESS_MS,
    seed: options.seed,
    limitMilliamps: FUSE_MILLIAMPS - RESERVE_MILLIAMPS,
    hooks: { stopBus: () => site?.bus.halt(), startBus: () => site?.bus.resume() },
  });
  const cpmsUrl = await outside.startCpms();
  try {
    site = await startOnFreePort(demoConfig(folder, cpmsUrl), {
      log: pino({ level: 'info' }, destination({ dest: join(folder, 'holdfast.log'), sync: false })),
      env: io.env,
      timing: DEMO_TIMING,
      demoPhase: () => outside.phase().name,
      onFatal: (why) => io.stderr.write(`holdfast demo: ${why}\n`),
    });
    if (options.inspectPort !== null) uninspect = await inspectHost(site.core.host, options.inspectPort, io);
  } catch (error) {
    io.stderr.write(`holdfast demo: ${site ? 'inspector: ' : ''}${startProblem(error)}\n`);
    await outside.stop();
    await site?.stop();
    return EXIT.failed;
  }
  const { core, view, bus } = site;
  const modes = new ModesSeen(core.host);
  tellPeople(io, site, bus.bus.kind);
  outside.startChargers(`ws://127.0.0.1:${site.southPort}`);
  outside.start();
  const terminal =
    options.terminal && startTerminalView(view, process.stdout, clock, options.terminal.colour);
  void aborted(signal).then(() => outside.endNow());

  const report = await outside.finish();
  terminal?.stop();
  const result = resultOf(report, site, modes);
  await uninspect?.();
  await site.stop();
  io.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${JSON.stringify(result, null, 2)}\n`);
  const isSound = result.transactions.lost + result.transactions.duplicates + result.budget.violations === 0;
  return isSound ? EXIT.ok : EXIT.failed;
}

/** Counted from outside, but for what waits inside. */
function resultOf(report: DemoReport, { core, view, bus }: Site, modes: ModesSeen) {
  const queues = view.queues();
  return {
    sessions: report.sessions,
    modesSeen: modes.seen(),
    transactions: {
      accepted: report.transactions.accepted,
      delivered: report.transactions.delivered,
      queued: queues.reduce((sum, queue) => sum + queue.queued, 0),
      parked: queues.reduce((sum, queue) => sum + queue.parked, 0),
      deadLettered: queues.reduce((sum, queue) => sum + queue.deadLetters, 0),
      lost: report.transactions.lost,
      duplicates: report.transactions.duplicates,
    },
    budget: report.budget,
    restarts: core.host.counters['turns.threw'] ?? 0,
    bus: bus.bus.kind,
  };
}

/** The usual port for the API; when somebody else has it, any free one. */
async function startOnFreePort(config: SiteConfig, options: SiteOptions): Promise<Site> {
  try {
    return await startSite(config, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const listen = { ...config.api.listen, port: 0 };
    return startSite({ ...config, api: { ...config.api, listen } }, options);
  }
}

function tellPeople(io: CommandIo, site: Site, busKind: string): void {
  const { host, port } = site.apiAddress;
  io.stderr.write(`demo: chargers on port ${site.southPort}, API on http://${host}:${port}/api/v1/site\n`);
  if (busKind === 'in-process') {
    io.stderr.write(
      '*** no nats-server: actors talk inside the process; run "node scripts/install-nats.mjs" ***\n',
    );
  }
}

function demoConfig(folder: string, cpmsUrl: string): SiteConfig {
  const limits = {
    maxMilliamps: 32_000,
    fallbackMilliamps: 6_000,
    graceMs: GRACE_MS,
    mirrorCloseAfterMs: null,
  };
  return {
    file: join(folder, 'site.yaml'),
    site: { id: 'demo', timezone: 'Europe/Berlin', language: 'en' },
    dataFolder: join(folder, 'data'),
    electrical: {
      fuseMilliamps: FUSE_MILLIAMPS,
      reserveMilliamps: RESERVE_MILLIAMPS,
      limitMilliamps: FUSE_MILLIAMPS - RESERVE_MILLIAMPS,
      phases: 3,
      nominalVolts: 230,
    },
    chargers: {
      minMilliamps: 6_000,
      unknown: 'reject',
      defaults: { connectors: 1, ...limits },
      known: DEMO_CHARGERS.map(({ identity, connectors }) => ({
        id: identity,
        connectors,
        securityProfile: 0,
        password: null,
        certificateSha256: null,
        quirks: [],
        ...limits,
      })),
    },
    ocpp: {
      listen: { host: '127.0.0.1', port: 0 },
      tls: null,
      securityProfile: 0,
      versions: [...ALL_VERSIONS],
    },
    backend: {
      governance: defaultGovernance,
      id: 'demo-cpms',
      url: cpmsUrl.replace(/\/$/, ''),
      password: null,
      replay: { perSecond: 100, burst: 200 },
      versions: [...ALL_VERSIONS],
    },
    offlineAuth: { localList: [...DEMO_ID_TAGS], cacheMaxAgeMs: 86_400_000, unknownTags: 'reject' },
    api: { listen: { host: '127.0.0.1', port: API_PORT }, hosts: [] },
    bus: null,
  };
}
