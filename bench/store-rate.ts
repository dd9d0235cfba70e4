import { Children } from './child.ts';
import type { BenchContext } from './context.ts';
import type { Pace } from './generator/fleet.ts';
import { openFleet, startCoreServer } from './pipeline.ts';
import { readFigures } from './process-figures.ts';
import type { BenchResult } from './results.ts';
import { drained, type Subject } from './subject.ts';

const CHARGERS = 50;
const HOUR_MS = 3_600_000;
/** A charging charger as configured by most operators: a sample every 30 s; status and heartbeat more rarely. */
const PACE: Pace = { sample: 30_000, status: 600_000, heartbeat: 300_000 };

/** Three phases of 16 A for 30 s. */
const ENERGY_STEP_WH = 92;

/**
 * What fifty charging chargers make the disk write, CPMS online, at the true spacing of their messages (spacing
 * decides how many of them share a commit), scaled to an hour.
 */
export async function measureStoreRate(
  context: BenchContext,
  forMs: number,
): Promise<NonNullable<BenchResult['store']>> {
  const children = new Children();
  try {
    context.say(`${CHARGERS} chargers at the pace of a site for ${forMs / 1_000} s`);
    const generator = await children.start('./generator/generator.js');
    const cpms = await children.start('./servers/cpms-server.js');
    const server = await startCoreServer(context, children, 'store-rate', cpms);
    const subject: Subject = { fleet: 'site', server, peer: 'ocpp', cpms };
    await openFleet(generator, subject, 'site', 1, CHARGERS, ENERGY_STEP_WH);
    await drained(subject);
    const before = await countsOf(subject);
    await generator.ask('pace', { fleet: 'site', pace: { ...PACE }, forMs });
    await drained(subject);
    const after = await countsOf(subject);
    const perHour = (count: number): number => Math.round((count * HOUR_MS) / forMs);
    return {
      bytesPerHourAtFiftyChargers: perHour(after.writtenBytes - before.writtenBytes),
      storeBytesPerHour: perHour(after.bytes - before.bytes),
      commitsPerHour: perHour(after.commits - before.commits),
    };
  } finally {
    await children.stop();
  }
}

async function countsOf({
  server,
}: Subject): Promise<{ commits: number; bytes: number; writtenBytes: number }> {
  const { commits, bytes } = (await server.ask('figures')) as { commits: number; bytes: number };
  return { commits, bytes, writtenBytes: readFigures(server.pid).writtenBytes };
}
