import { pino } from 'pino';
import type { Log } from '../runtime/log.ts';
import { soundConfig } from './commands/check.ts';
import type { CommandIo } from './commands/command-io.ts';
import { EXIT } from './exit-codes.ts';
import { inspectHost } from './inspection.ts';
import { type Site, startSite } from './site.ts';
import { startProblem } from './start-problem.ts';

export interface RunOptions {
  io: CommandIo;
  /** Aborted when the process is asked to end: then an ordered shutdown follows. */
  signal: AbortSignal;
  /** Port of the inspector feed on 127.0.0.1; null = no feed. */
  inspectPort: number | null;
}

/** An ordered shutdown that takes longer is cut short: everything that matters is on disk already. */
const SHUTDOWN_MAX_MS = 4_500;
const REDACTED = [
  'idTag',
  '*.idTag',
  'idToken',
  '*.idToken',
  'password',
  '*.password',
  'authorization',
  '*.authorization',
];

/** Runs the site of a site file until `signal`; resolves with the exit code. A faulty file ends it before a port opens. */
export async function runSite(configPath: string, { io, signal, inspectPort }: RunOptions): Promise<number> {
  const config = soundConfig(configPath, io);
  if (config === undefined) return EXIT.configInvalid;
  const log: Log = pino({ redact: REDACTED }, io.stdout as NodeJS.WriteStream);
  const fatal = new AbortController();
  let site: Site;
  try {
    site = await startSite(config, {
      log,
      env: io.env,
      onFatal: (why) => {
        log.error({ why }, 'giving up; a watchdog should start the process anew');
        fatal.abort();
      },
    });
  } catch (error) {
    io.stderr.write(`holdfast run: ${startProblem(error)}\n`);
    return EXIT.failed;
  }
  let uninspect: (() => Promise<void>) | undefined;
  try {
    if (inspectPort !== null) uninspect = await inspectHost(site.core.host, inspectPort, io);
  } catch (error) {
    io.stderr.write(`holdfast run: inspector: ${startProblem(error)}\n`);
    await site.stop();
    return EXIT.failed;
  }
  const { host, port } = site.apiAddress;
  const ports = { chargers: site.southPort, chargersTls: site.southTlsPort };
  log.info({ ...ports, api: `http://${host}:${port}/api/v1/site` }, 'site runs');
  await Promise.race([aborted(signal), aborted(fatal.signal)]);
  const overdue = setTimeout(() => process.kill(process.pid, 'SIGKILL'), SHUTDOWN_MAX_MS);
  await uninspect?.();
  await site.stop();
  clearTimeout(overdue);
  return fatal.signal.aborted ? EXIT.failed : EXIT.ok;
}

export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
