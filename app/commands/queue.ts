import { type Command, InvalidArgumentError } from 'commander';
import type { QueueEntry, QueueListing, QueueStatus } from '../site-view.ts';
import { type ApiOptions, askController, jsonOption, reportProblem, urlOption } from './api-client.ts';
import type { CommandIo } from './command-io.ts';
import { print } from './print.ts';

interface PageOptions {
  after: string;
  limit: string;
}

const ALL = '/api/v1/queues';

/** `holdfast queue`: what is kept for the CPMS, and sending it again. Talks to the running controller. */
export function addQueue(program: Command, io: CommandIo, outcome: { code: number }): void {
  const queue = program.command('queue').description('messages kept for the CPMS');
  queue
    .command('ls')
    .description('all chargers, or what is kept of one: queued, in flight, parked, dead')
    .argument('[charger]', 'the charger')
    .option('--after <n>', 'only entries with a higher number', wholeNumber, '0')
    .option('--limit <n>', 'at most this many entries', wholeNumber, '100')
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (charger: string | undefined, options: ApiOptions & PageOptions) => {
      outcome.code =
        charger === undefined ? await listChargers(options, io) : await listQueue(charger, options, io);
    });
  queue
    .command('retry')
    .description('send a dead letter or a parked message again (a start with all of its transaction)')
    .argument('<charger>', 'the charger')
    .argument('<n>', 'number of the message, as "queue ls" shows it', wholeNumber)
    .requiredOption('--reason <text>', 'why, for the journal')
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (charger: string, n: string, options: ApiOptions & { reason: string }) => {
      outcome.code = await retry(charger, Number(n), options, io);
    });
  queue
    .command('resend-session')
    .description('send a delivered transaction again, as a whole: the CPMS has lost it')
    .argument('<charger>', 'the charger')
    .argument('<session>', 'id of the session')
    .requiredOption('--reason <text>', 'why, for the journal')
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (charger: string, session: string, options: ApiOptions & { reason: string }) => {
      outcome.code = await resendSession(charger, session, options, io);
    });
}

async function listChargers(options: ApiOptions, io: CommandIo): Promise<number> {
  const answer = await askController(options.url, ALL);
  if ('problem' in answer) return reportProblem(answer.problem, options, io);
  const { items } = answer.document as { items: QueueStatus[] };
  return print(answer.document, options, io, () => [
    ['CHARGER', 'LINK', 'QUEUED', 'PARKED', 'DEAD', 'OLDEST'],
    ...items.map((queue) => [
      queue.charger,
      queue.mode,
      String(queue.queued),
      String(queue.parked),
      String(queue.deadLetters),
      queue.oldestAgeS === null ? '-' : ageText(queue.oldestAgeS),
    ]),
  ]);
}

async function listQueue(charger: string, options: ApiOptions & PageOptions, io: CommandIo): Promise<number> {
  const page = `after=${options.after}&limit=${options.limit}`;
  const answer = await askController(options.url, `${pathOf(charger)}?${page}`);
  if ('problem' in answer) return reportProblem(answer.problem, options, io);
  const { items, next } = answer.document as QueueListing;
  const code = print(answer.document, options, io, () => [
    ['N', 'STATE', 'ACTION', 'AGE', 'ATTEMPTS', 'NEXT TRY', 'SESSION', 'ERROR'],
    ...items.map(entryCells),
  ]);
  if (next !== null) io.stderr.write(`more follow: --after ${next}\n`);
  return code;
}

function entryCells(entry: QueueEntry): string[] {
  return [
    String(entry.n),
    entry.state,
    entry.action,
    ageText(entry.ageS),
    String(entry.attempts),
    entry.behind === null ? (entry.nextTryAt ?? '-') : `with ${entry.behind}`,
    entry.session ?? '-',
    entry.error ?? '-',
  ];
}

async function retry(
  charger: string,
  n: number,
  options: ApiOptions & { reason: string },
  io: CommandIo,
): Promise<number> {
  const command = { n, reason: options.reason };
  const answer = await askController(options.url, `${pathOf(charger)}/resend`, command);
  if ('problem' in answer) return reportProblem(answer.problem, options, io);
  return print(answer.document, options, io, () => [[`message ${n} of ${charger} goes up again`]]);
}

async function resendSession(
  charger: string,
  session: string,
  options: ApiOptions & { reason: string },
  io: CommandIo,
): Promise<number> {
  const command = { session, reason: options.reason };
  const answer = await askController(options.url, `${pathOf(charger)}/resend-session`, command);
  if ('problem' in answer) return reportProblem(answer.problem, options, io);
  const { messages } = answer.document as { messages: number };
  return print(answer.document, options, io, () => [[`${messages} messages of ${session} go up again`]]);
}

function pathOf(charger: string): string {
  return `${ALL}/${encodeURIComponent(charger)}`;
}

function ageText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

function wholeNumber(text: string): string {
  if (!/^\d{1,12}$/.test(text)) throw new InvalidArgumentError('write a whole number.');
  return text;
}
