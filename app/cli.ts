import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { addActors } from './commands/actors.ts';
import { checkSite } from './commands/check.ts';
import type { CommandIo } from './commands/command-io.ts';
import { addQueue } from './commands/queue.ts';
import { addRefused } from './commands/refused.ts';
import type { DemoOptions } from './demo.ts';
import { EXIT } from './exit-codes.ts';
import type { RunOptions } from './run.ts';
import { parseDurationMs } from './site-file/duration.ts';
import { wantsColour } from './terminal-view.ts';
import { version } from './version.ts';

/** What the command line starts; handed in, so that parsing can be tested without starting anything. */
export interface Starters {
  run(configPath: string, options: RunOptions): Promise<number>;
  demo(options: DemoOptions): Promise<number>;
}

export interface CliContext {
  io: CommandIo;
  /** Aborted when the process is asked to end. */
  signal: AbortSignal;
  starters: Starters;
}

const SITE_FILE = 'site.yaml';
const INSPECT_PORT = 8500;
const SEED_MAX = 2 ** 32 - 1;

/** Reads the arguments (without node and script), runs the command and gives the exit code. */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  const outcome = { code: EXIT.ok as number };
  const program = programOf(context, outcome);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return outcome.code;
}

function programOf(context: CliContext, outcome: { code: number }): Command {
  const { io } = context;
  const program = new Command('holdfast')
    .description('Edge controller for EV charging sites.')
    .version(version, '--version', 'print the version')
    .addHelpText('before', EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    });
  addRun(program, context, outcome);
  addDemo(program, context, outcome);
  program
    .command('check')
    .description('check a site file and say all that is wrong with it')
    .argument('[file]', 'the site file', SITE_FILE)
    .option('--json', 'one JSON document')
    .action((file: string, options: { json?: boolean }) => {
      outcome.code = checkSite(file, options.json === true, io);
    });
  addQueue(program, io, outcome);
  addActors(program, io, outcome);
  addRefused(program, io, outcome);
  return program;
}

const EXAMPLES = `Examples:
  holdfast demo                       a simulated site, live in this terminal
  holdfast demo --for 60s --json      the same without a terminal; the result is the last line
  holdfast check site.yaml            every fault of a site file, with line and hint
  holdfast run -c site.yaml           run a site
  holdfast queue ls cp-01             what is kept for the CPMS of a charger
  holdfast queue retry cp-01 12 --reason "CPMS repaired"   send a dead letter or parked message again
  holdfast actors --quarantined       who was set aside after failures, until when and why
  holdfast release charger/cp-01 --reason "firmware rolled back"   let it run again at once
`;

interface InspectOption {
  inspect?: number | true;
}

function inspectOption(): Option {
  return new Option(
    '--inspect [port]',
    `feed the Stately inspector on 127.0.0.1 (port ${INSPECT_PORT}), redacted`,
  ).argParser(wholeNumber('a port', 65_535));
}

function inspectPortOf({ inspect }: InspectOption): number | null {
  if (inspect === undefined) return null;
  return inspect === true ? INSPECT_PORT : inspect;
}

function addRun(program: Command, { io, signal, starters }: CliContext, outcome: { code: number }): void {
  program
    .command('run')
    .description('run a site until it is told to end')
    .option('-c, --config <file>', 'the site file', SITE_FILE)
    .addOption(inspectOption())
    .action(async (options: InspectOption & { config: string }) => {
      outcome.code = await starters.run(options.config, { io, signal, inspectPort: inspectPortOf(options) });
    });
}

function addDemo(program: Command, { io, signal, starters }: CliContext, outcome: { code: number }): void {
  program
    .command('demo')
    .description('run the product against a simulated site')
    .option('--for <duration>', 'end after this time, such as 60s', durationMs)
    .option('--json', 'no terminal view; the result as one line of JSON')
    .option('--seed <n>', 'seed of the simulated site', wholeNumber('a seed', SEED_MAX), 1)
    .addOption(inspectOption())
    .action(async (options: InspectOption & { for?: number; json?: boolean; seed: number }) => {
      const json = options.json === true;
      const isTerminal = io.stdout.isTTY === true;
      outcome.code = await starters.demo({
        io,
        signal,
        forMs: options.for ?? null,
        json,
        seed: options.seed,
        inspectPort: inspectPortOf(options),
        terminal: isTerminal && !json ? { colour: wantsColour(isTerminal, io.env) } : null,
      });
    });
}

function durationMs(text: string): number {
  const value = parseDurationMs(text);
  if (value === undefined || value === 0)
    throw new InvalidArgumentError('write a duration such as 60s or 10m.');
  return value;
}

function wholeNumber(what: string, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value <= max)) throw new InvalidArgumentError(`write ${what} from 0 to ${max}.`);
    return value;
  };
}
