import type { Command } from 'commander';
import type { RefusedStatus } from '../site-view.ts';
import { type ApiOptions, askController, jsonOption, reportProblem, urlOption } from './api-client.ts';
import type { CommandIo } from './command-io.ts';
import { print } from './print.ts';

/** `holdfast refused`: who was not let in, and why. Talks to the running controller. */
export function addRefused(program: Command, io: CommandIo, outcome: { code: number }): void {
  program
    .command('refused')
    .description('connections of chargers that were refused, newest first, and what to do about each')
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (options: ApiOptions) => {
      outcome.code = await listRefused(options, io);
    });
}

async function listRefused(options: ApiOptions, io: CommandIo): Promise<number> {
  const answer = await askController(options.url, '/api/v1/refused');
  if ('problem' in answer) return reportProblem(answer.problem, options, io);
  const { items } = answer.document as { items: RefusedStatus[] };
  return print(answer.document, options, io, () => [
    ['CHARGER', 'FROM', 'TIMES', 'LAST', 'WHY'],
    ...items.map(({ identity, remote, count, lastAt, text, detail }) => [
      identity ?? '-',
      remote,
      String(count),
      lastAt,
      detail === null ? text : `${text} (${detail})`,
    ]),
  ]);
}
