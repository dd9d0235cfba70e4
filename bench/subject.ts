import type { Child } from './child.ts';
import type { FleetFigures } from './generator/fleet.ts';
import type { PeerKind } from './generator/lean-charger.ts';
import type { MessageRow } from './generator/messages.ts';
import { Histogram } from './histogram.ts';
import { readFigures } from './process-figures.ts';

/** A server under test and the fleet that drives it. */
export interface Subject {
  fleet: string;
  server: Child;
  peer: PeerKind;
  /** Counts what arrives upstream, where there is somebody. */
  cpms: Child | null;
}

/** What one cell measured; sums over its rounds. */
export interface CellFigures {
  answers: number;
  errors: number;
  elapsedMicros: number;
  cpuMicros: number;
  latency: Histogram;
  commits: number;
  storeBytes: number;
  writtenBytes: number;
  deliveredUpstream: number;
}

export interface CellTiming {
  warmMs: number;
  runMs: number;
}

/** A backlog counts as drained when nothing arrived upstream for this long. */
const QUIET_MS = 300;
const DRAIN_TIMEOUT_MS = 30_000;

export function emptyCell(): CellFigures {
  return {
    answers: 0,
    errors: 0,
    elapsedMicros: 0,
    cpuMicros: 0,
    latency: new Histogram(),
    commits: 0,
    storeBytes: 0,
    writtenBytes: 0,
    deliveredUpstream: 0,
  };
}

/** One round: the fleet sends at full speed; what happens between two marks is added to `cell`. */
export async function measureRound(
  generator: Child,
  subject: Subject,
  row: MessageRow,
  timing: CellTiming,
  cell: CellFigures,
): Promise<void> {
  await generator.ask('begin', { fleet: subject.fleet, row });
  await sleep(timing.warmMs);
  const before = await countsOf(subject);
  await markOf(generator, subject);
  const start = readFigures(subject.server.pid);
  await sleep(timing.runMs);
  const seen = await markOf(generator, subject);
  const end = readFigures(subject.server.pid);
  const after = await countsOf(subject);
  await generator.ask('halt', subject.fleet);
  cell.answers += seen.answers;
  cell.errors += seen.errors;
  cell.elapsedMicros += seen.elapsedMicros;
  cell.latency.merge(seen.latency);
  cell.cpuMicros += end.mainThreadCpuMicros - start.mainThreadCpuMicros;
  cell.writtenBytes += end.writtenBytes - start.writtenBytes;
  cell.commits += after.commits - before.commits;
  cell.storeBytes += after.bytes - before.bytes;
  cell.deliveredUpstream += after.upstream - before.upstream;
  await drained(subject);
}

/** Waits until the backlog of an online subject is upstream, so that it does not disturb the next cell. */
export async function drained({ cpms }: Subject): Promise<void> {
  if (!cpms) return;
  let last = -1;
  for (let waitedMs = 0; waitedMs < DRAIN_TIMEOUT_MS; waitedMs += QUIET_MS) {
    const answered = (await cpms.ask('answered')) as number;
    if (answered === last) return;
    last = answered;
    await sleep(QUIET_MS);
  }
  throw new Error(`the backlog was not upstream after ${DRAIN_TIMEOUT_MS} ms`);
}

export function sleep(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs));
}

async function markOf(generator: Child, { fleet }: Subject): Promise<FleetFigures> {
  const { latency, ...figures } = (await generator.ask('mark', fleet)) as unknown as Omit<
    FleetFigures,
    'latency'
  > & { latency: number[] };
  return { ...figures, latency: new Histogram(latency) };
}

async function countsOf({
  server,
  peer,
  cpms,
}: Subject): Promise<{ commits: number; bytes: number; upstream: number }> {
  const upstream = cpms ? ((await cpms.ask('answered')) as number) : 0;
  if (peer === 'echo') return { commits: 0, bytes: 0, upstream };
  const { commits, bytes } = (await server.ask('figures')) as { commits: number; bytes: number };
  return { commits, bytes, upstream };
}
