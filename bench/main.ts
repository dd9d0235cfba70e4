import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { type BenchArguments, parseArguments, UsageError, usage } from './arguments.ts';
import type { BenchContext } from './context.ts';
import { runPipeline } from './pipeline.ts';
import { measureRecovery } from './recovery.ts';
import { pipelineTable, resultsPage, summary } from './report.ts';
import { type BenchResult, compare } from './results.ts';
import { measureStoreRate } from './store-rate.ts';
import { measureStorm } from './storm.ts';

const USAGE_EXIT = 2;
const DEFAULT = { rounds: 5, warmMs: 700, runMs: 2_500, recoveries: 5, paceMs: 30_000, storms: 5 };
const QUICK = { rounds: 1, warmMs: 500, runMs: 1_000, recoveries: 3, paceMs: 15_000, storms: 1 };

/** The project's folder: `npm run` and `scripts/bench.mjs` start us there. */
const PROJECT = process.cwd();

async function run(args: BenchArguments): Promise<void> {
  const cache = join(PROJECT, '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'bench-'));
  const context: BenchContext = {
    folder,
    natsCacheFolder: join(cache, 'nats-server'),
    serverArgv: args.profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${resolve(args.profileFolder)}`] : [],
    say: (line) => process.stderr.write(`bench: ${line}\n`),
  };
  try {
    const result = await measure(context, args);
    const texts = [result.pipeline.length > 0 ? pipelineTable(result.pipeline) : '', summary(result)];
    process.stdout.write(`${texts.filter((text) => text !== '').join('\n\n')}\n`);
    if (args.write) writeFileSync(join(PROJECT, 'bench', 'RESULTS.md'), resultsPage(result, runOf()));
    if (args.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(context: BenchContext, args: BenchArguments): Promise<BenchResult> {
  const plan = args.quick ? QUICK : DEFAULT;
  const wants = (part: BenchArguments['parts'][number]): boolean => args.parts.includes(part);
  const cells = wants('pipeline') ? await runPipeline(context, { ...plan, chargers: args.chargers }) : [];
  return {
    pipeline: compare(cells),
    recovery: wants('recovery') ? await measureRecovery(context, plan.recoveries) : null,
    store: wants('store') ? await measureStoreRate(context, plan.paceMs) : null,
    storm: wants('storm') ? await measureStorm(context, plan.storms) : null,
  };
}

/** The class of the machine, not its name. */
function runOf(): { machine: string; commit: string; date: string } {
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  const machine = `${cpus().length} cores, ${gibibytes} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}`;
  return { machine, commit: commitOf(), date: new Date().toISOString().slice(0, 10) };
}

function commitOf(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: PROJECT, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

try {
  await run(parseArguments(process.argv.slice(2)));
} catch (error) {
  const isUsage = error instanceof UsageError;
  process.stderr.write(isUsage ? `${error.message}\n\n${usage}\n` : `${(error as Error).stack}\n`);
  process.exitCode = isUsage ? USAGE_EXIT : 1;
}
