import { copyFile, mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openLmdbStore } from '../runtime/persistence/lmdb-store.ts';
import { SystemClock } from '../runtime/system-clock.ts';
import { Children, startChild } from './child.ts';
import type { BenchContext } from './context.ts';
import { chargerName } from './generator/charger-name.ts';
import { AWAY, openFleet, startCoreServer } from './pipeline.ts';
import { fillStore, type RecoverySize, readTemplate } from './recovery-data.ts';
import { type BenchResult, median } from './results.ts';
import { type Subject, sleep } from './subject.ts';

/** Five actors each: charger, link, two connectors and a session. */
const SIZE: RecoverySize = { chargers: 2_000, outboxPerCharger: 5, journalRecords: 100_000 };
const STORE_FILE = 'store.mdb';

/** From the start of a fresh process to its listening socket, on a copy of a folder like after a power cut. */
export async function measureRecovery(
  context: BenchContext,
  runs: number,
): Promise<NonNullable<BenchResult['recovery']>> {
  const seedFolder = join(context.folder, 'recovery-seed');
  context.say('recovery: making the data folder');
  const actors = await makeSeed(context, seedFolder);
  const runsMs: number[] = [];
  let verifiedRecords = 0;
  for (let run = 1; run <= runs; run++) {
    context.say(`recovery: run ${run}`);
    const folder = join(context.folder, `recovery-${run}`);
    await mkdir(folder);
    for (const file of [STORE_FILE, 'ballast']) await copyToDisk(join(seedFolder, file), join(folder, file));
    await writeFile(join(folder, `${STORE_FILE}.open`), '');
    const child = await startChild(
      './servers/core-server.js',
      {
        folder,
        chargers: SIZE.chargers,
        cpmsUrl: AWAY,
        natsCacheFolder: context.natsCacheFolder,
      },
      context.serverArgv,
    );
    runsMs.push(Math.round(child.startMs));
    const ready = child.ready as { verifiedRecords: number; actors: number; chainProblem: string | null };
    if (ready.chainProblem !== null) throw new Error(`the journal did not verify: ${ready.chainProblem}`);
    if (ready.actors < actors) throw new Error(`only ${ready.actors} of ${actors} actors came back`);
    verifiedRecords = ready.verifiedRecords;
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return { actors, ms: median(runsMs), runsMs, verifiedRecords };
}

/** A cut leaves nothing to be written: else the start's own first flush would wait for the whole copy. */
async function copyToDisk(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const file = await open(to, 'r+');
  await file.sync().finally(() => file.close());
}

/** Lets a real charger run, and makes two thousand of what it left in the store. */
async function makeSeed(context: BenchContext, seedFolder: string): Promise<number> {
  const name = 'recovery-template';
  await runTemplate(context, name);
  const clock = new SystemClock();
  const source = await openLmdbStore(join(context.folder, name), { clock });
  const template = readTemplate(source, chargerName(1));
  await source.close();
  const target = await openLmdbStore(seedFolder, { clock });
  const actors = await fillStore(target, template, SIZE, clock);
  await target.close();
  return actors;
}

async function runTemplate(context: BenchContext, name: string): Promise<void> {
  const children = new Children();
  try {
    const generator = await children.start('./generator/generator.js');
    const server = await startCoreServer(context, children, name, null);
    const subject: Subject = { fleet: 'template', server, peer: 'ocpp', cpms: null };
    await openFleet(generator, subject, 'template', 1, 1);
    for (const row of ['status', 'sample']) {
      await generator.ask('begin', { fleet: 'template', row });
      await sleep(300);
      await generator.ask('halt', 'template');
    }
    await server.ask('settle');
  } finally {
    await children.stop();
  }
}
