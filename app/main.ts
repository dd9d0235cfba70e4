import { runCli } from './cli.ts';
import { runDemo } from './demo.ts';
import { EXIT } from './exit-codes.ts';
import { runSite } from './run.ts';

/** One press of Ctrl-C can arrive several times (terminal, npm, shell): only a later one is a second request. */
const REPEATED_SIGNAL_MS = 1_000;

const ending = new AbortController();
let firstSignal: { name: NodeJS.Signals; atMs: number } | undefined;

function onSignal(name: NodeJS.Signals): void {
  const atMs = performance.now();
  if (firstSignal === undefined) {
    firstSignal = { name, atMs };
    ending.abort();
  } else if (atMs - firstSignal.atMs > REPEATED_SIGNAL_MS) {
    process.exit(EXIT.interrupted);
  }
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
// Whoever read our result went away: nobody is left to tell.
process.stdout.on('error', () => process.exit(EXIT.failed));

const code = await runCli(process.argv.slice(2), {
  io: { stdout: process.stdout, stderr: process.stderr, env: process.env },
  signal: ending.signal,
  starters: { run: runSite, demo: runDemo },
});
// SIGTERM is how a service is stopped: that is no failure. Ctrl-C is told apart for scripts.
const wasInterrupted = code === EXIT.ok && firstSignal?.name === 'SIGINT';
process.stdout.write('', () => process.exit(wasInterrupted ? EXIT.interrupted : code));
