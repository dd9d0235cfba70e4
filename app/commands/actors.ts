import { type Command, InvalidArgumentError } from 'commander';
import type { ActorStatus } from '../site-view.ts';
import { type ApiOptions, askController, jsonOption, reportProblem, urlOption } from './api-client.ts';
import type { CommandIo } from './command-io.ts';
import { print } from './print.ts';

const ALL = '/api/v1/actors';

/** `holdfast actors` and `holdfast release`: who is set aside, and letting it out. Talks to the running controller. */
export function addActors(program: Command, io: CommandIo, outcome: { code: number }): void {
  program
    .command('actors')
    .description('the actors of the site, and which of them supervision has set aside')
    .option('--quarantined', 'only those that are set aside')
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (options: ApiOptions & { quarantined?: true }) => {
      outcome.code = await listActors(options, io);
    });
  program
    .command('release')
    .description('let an actor that was set aside run again at once')
    .argument('<address>', 'its address, such as charger/cp-01', actorAddress)
    .requiredOption('--reason <text>', 'why, for the journal')
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (address: string, options: ApiOptions & { reason: string }) => {
      outcome.code = await release(address, options, io);
    });
}

async function listActors(options: ApiOptions & { quarantined?: true }, io: CommandIo): Promise<number> {
  const answer = await askController(options.url, options.quarantined ? `${ALL}?quarantined=true` : ALL);
  if ('problem' in answer) return reportProblem(answer.problem, options, io);
  const { items } = answer.document as { items: ActorStatus[] };
  return print(answer.document, options, io, () => [
    ['ADDRESS', 'STATE', 'SINCE', 'UNTIL', 'WHY'],
    ...items.map(({ address, quarantine }) =>
      quarantine === null
        ? [address, 'runs', '-', '-', '-']
        : [address, 'set aside', quarantine.since, quarantine.until, quarantine.why],
    ),
  ]);
}

async function release(
  address: string,
  options: ApiOptions & { reason: string },
  io: CommandIo,
): Promise<number> {
  const path = address.split('/').map(encodeURIComponent).join('/');
  const answer = await askController(options.url, `${ALL}/${path}/release`, { reason: options.reason });
  if ('problem' in answer) return reportProblem(answer.problem, options, io);
  return print(answer.document, options, io, () => [[`${address} runs again`]]);
}

function actorAddress(text: string): string {
  if (!/^[^/]+\/./.test(text)) throw new InvalidArgumentError('write an address such as charger/cp-01.');
  return text;
}
