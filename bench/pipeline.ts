import { join } from 'node:path';
import { type Child, Children } from './child.ts';
import type { BenchContext } from './context.ts';
import { readFigures } from './process-figures.ts';
import type { Cell, CpmsState, RowName } from './results.ts';
import { type CellTiming, drained, emptyCell, measureRound, type Subject, sleep } from './subject.ts';

export interface PipelinePlan extends CellTiming {
  chargers: readonly number[];
  rounds: number;
}

/** Chargers that run first, so that lazy loading and just-in-time compiling are not counted as memory per charger. */
const WARM_UP_CHARGERS = 8;
const WARM_UP_MS = 1_500;
/** Fewer chargers than this weigh less than the noise. */
const WEIGHABLE = 50;
/**
 * At full speed a charger says in a second what it says in an hour else, so its meter advances little, and only
 * every tenth sample tells the session something new.
 */
const ENERGY_STEP_WH = 1;
/** Nothing listens there. */
export const AWAY = 'ws://127.0.0.1:9';

/** One cell to measure, and the subject it is measured on. */
interface Station {
  cell: Cell;
  subject: Subject;
}

/** All rows for each number of chargers; rows take turns within a round, so that a slow minute hits all alike. */
export async function runPipeline(context: BenchContext, plan: PipelinePlan): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const chargers of plan.chargers) {
    const children = new Children();
    try {
      context.say(`${chargers} chargers: connecting`);
      const generator = await children.start('./generator/generator.js');
      const stations = [
        ...(await baselines(generator, children, chargers)),
        ...(await products(context, generator, children, chargers)),
      ];
      for (let round = 1; round <= plan.rounds; round++) {
        for (const { cell, subject } of stations) {
          context.say(`${chargers} chargers, round ${round}: ${cell.row} (CPMS ${cell.cpms})`);
          const row = cell.row === 'turn' ? 'status' : 'sample';
          await measureRound(generator, subject, row, plan, cell.figures);
        }
      }
      cells.push(...stations.map(({ cell }) => cell));
    } finally {
      await children.stop();
    }
  }
  return cells;
}

async function baselines(generator: Child, children: Children, chargers: number): Promise<Station[]> {
  const stations: Station[] = [];
  for (const [row, module] of [
    ['ws', './servers/echo-server.js'],
    ['ocpp-rpc', './servers/ocpp-rpc-server.js'],
  ] as const) {
    const server = await children.start(module);
    const subject: Subject = { fleet: row, server, peer: 'echo', cpms: null };
    await openFleet(generator, subject, row, 1, chargers);
    stations.push({ subject, cell: cellOf(row, chargers, 'none', null) });
  }
  return stations;
}

async function products(
  context: BenchContext,
  generator: Child,
  children: Children,
  chargers: number,
): Promise<Station[]> {
  const stations: Station[] = [];
  for (const cpmsState of ['away', 'online'] as const) {
    const cpms = cpmsState === 'online' ? await children.start('./servers/cpms-server.js') : null;
    const server = await startCoreServer(context, children, `${cpmsState}-${chargers}`, cpms);
    const subject: Subject = { fleet: cpmsState, server, peer: 'ocpp', cpms };
    const bytesPerCharger = await openWeighed(generator, subject, chargers);
    for (const row of ['sample', 'turn'] as const)
      stations.push({ subject, cell: cellOf(row, chargers, cpmsState, bytesPerCharger) });
  }
  return stations;
}

/** The product in a process of its own, with a data folder of its own and no charger yet. */
export function startCoreServer(
  context: BenchContext,
  children: Children,
  name: string,
  cpms: Child | null,
): Promise<Child> {
  const config = {
    folder: join(context.folder, name),
    chargers: 0,
    cpmsUrl: cpms ? `ws://127.0.0.1:${portOf(cpms)}` : AWAY,
    natsCacheFolder: context.natsCacheFolder,
  };
  return children.start('./servers/core-server.js', config, ['--expose-gc', ...context.serverArgv]);
}

/** At rest: actors untouched for 10 s have gone to sleep, and the quiet process has given memory back. */
const REST_MS = 45_000;

/** Opens the fleet, and weighs what it added to the server's resident memory. */
async function openWeighed(generator: Child, subject: Subject, chargers: number): Promise<number | null> {
  await openFleet(generator, subject, `${subject.fleet}-first`, chargers + 1, WARM_UP_CHARGERS);
  for (const row of ['sample', 'status']) {
    await generator.ask('begin', { fleet: `${subject.fleet}-first`, row });
    await sleep(WARM_UP_MS);
    await generator.ask('halt', `${subject.fleet}-first`);
  }
  const isWeighed = chargers >= WEIGHABLE;
  const before = isWeighed ? await restingRss(subject) : 0;
  await openFleet(generator, subject, subject.fleet, 1, chargers);
  return isWeighed ? Math.round(((await restingRss(subject)) - before) / chargers) : null;
}

async function restingRss(subject: Subject): Promise<number> {
  await drained(subject);
  await subject.server.ask('settle');
  await sleep(REST_MS);
  await subject.server.ask('collect');
  await sleep(200);
  return readFigures(subject.server.pid).rssBytes;
}

export async function openFleet(
  generator: Child,
  subject: Subject,
  fleet: string,
  first: number,
  chargers: number,
  energyStepWh = ENERGY_STEP_WH,
): Promise<void> {
  const startTransactions = subject.peer === 'ocpp';
  if (startTransactions) {
    await subject.server.ask('adopt', { first, count: chargers });
    await subject.server.ask('settle');
  }
  await generator.ask('open', {
    fleet,
    port: portOf(subject.server),
    chargers,
    first,
    peer: subject.peer,
    energyStepWh,
    startTransactions,
  });
}

function cellOf(row: RowName, chargers: number, cpms: CpmsState, bytesPerCharger: number | null): Cell {
  return { row, chargers, cpms, figures: emptyCell(), bytesPerCharger };
}

function portOf(child: Child): number {
  return (child.ready as { port: number }).port;
}
