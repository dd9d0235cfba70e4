import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, Children } from './child.ts';
import type { BenchContext } from './context.ts';
import { readFigures } from './process-figures.ts';
import { compareSamples } from './storm/deliveries.ts';
import { figuresOf, type MeasuredRound, ratioOf, type StormResult } from './storm/figures.ts';
import type { RosterSize } from './storm/roster.ts';
import { makeServerCertificate, type ServerCertificate } from './storm/server-certificate.ts';
import type { StormRound } from './storm/storm-fleet.ts';
import { sleep } from './subject.ts';

const SIZE: RosterSize = { sound: 350, bad: 150 };
/** Between storms, so that one does not disturb the next. */
const REST_MS = 2_000;
const DRAIN_TIMEOUT_MS = 60_000;
const POLL_MS = 200;

interface ProductStorms {
  rounds: MeasuredRound[];
  samples: number;
  lost: number;
  repeated: number;
  loopStandstillMs: number;
  rssBytes: number;
}

/**
 * All chargers behind one address lose their sockets and dial at once over TLS, together with some that must stay
 * out; first against the product, then against bare `wss`.
 */
export async function measureStorm(context: BenchContext, rounds: number): Promise<StormResult> {
  const folder = join(context.folder, 'storm');
  mkdirSync(folder, { recursive: true });
  const certificate = await makeServerCertificate(folder);
  const { rounds: productRounds, ...counted } = await stormTheProduct(context, folder, certificate, rounds);
  const product = figuresOf(productRounds, SIZE.sound);
  const floor = figuresOf(await stormTheFloor(context, certificate, rounds), SIZE.sound);
  return {
    chargers: SIZE.sound + SIZE.bad,
    sound: SIZE.sound,
    rounds,
    product,
    floor,
    ratio: ratioOf(product.bootedMs, floor.bootedMs),
    ...counted,
  };
}

async function stormTheProduct(
  context: BenchContext,
  folder: string,
  { certificate, certificateFile, keyFile }: ServerCertificate,
  rounds: number,
): Promise<ProductStorms> {
  const children = new Children();
  try {
    const cpms = await children.start('./servers/storm-cpms-server.js');
    const { url: cpmsUrl } = cpms.ready as { url: string };
    const config = { folder, cpmsUrl, certificateFile, keyFile, size: { ...SIZE } };
    const server = await children.start('./servers/storm-site-server.js', config, context.serverArgv);
    const generator = await openFleet(context, children, server, certificate);
    const seen: ProductStorms = {
      rounds: [],
      samples: 0,
      lost: 0,
      repeated: 0,
      loopStandstillMs: 0,
      rssBytes: 0,
    };
    for (let round = 1; round <= rounds; round++) {
      context.say(`storm on the product, round ${round}`);
      await sleep(REST_MS);
      await server.ask('watchLoop');
      seen.rounds.push(await measuredStorm(context, generator, server));
      const standstillMs = Math.round((await server.ask('loopStandstillMs')) as number);
      seen.loopStandstillMs = Math.max(seen.loopStandstillMs, standstillMs);
      seen.rssBytes = Math.max(seen.rssBytes, readFigures(server.pid).rssBytes);
      await emptied(server);
    }
    const taken = (await generator.ask('taken')) as string[];
    const arrived = (await cpms.ask('samples')) as string[];
    return { ...seen, samples: taken.length, ...compareSamples(taken, arrived) };
  } finally {
    await children.stop();
  }
}

async function stormTheFloor(
  context: BenchContext,
  { certificate, certificateFile, keyFile }: ServerCertificate,
  rounds: number,
): Promise<MeasuredRound[]> {
  const children = new Children();
  try {
    const config = { certificateFile, keyFile, size: { ...SIZE } };
    const server = await children.start('./servers/bare-wss-server.js', config);
    const generator = await openFleet(context, children, server, certificate);
    const seen: MeasuredRound[] = [];
    for (let round = 1; round <= rounds; round++) {
      context.say(`storm on bare wss, round ${round}`);
      await sleep(REST_MS);
      seen.push(await measuredStorm(context, generator, server));
    }
    return seen;
  } finally {
    await children.stop();
  }
}

async function measuredStorm(context: BenchContext, generator: Child, server: Child): Promise<MeasuredRound> {
  const before = readFigures(server.pid).mainThreadCpuMicros;
  const round = (await generator.ask('storm')) as unknown as StormRound;
  context.say(`storm: the last one was back after ${Math.round(Math.max(0, ...round.bootedMs))} ms`);
  return { ...round, cpuMs: (readFigures(server.pid).mainThreadCpuMicros - before) / 1_000 };
}

async function openFleet(
  context: BenchContext,
  children: Children,
  server: Child,
  certificate: string,
): Promise<Child> {
  const generator = await children.start('./generator/storm-generator.js');
  const { port } = server.ready as { port: number };
  context.say(`storm: ${SIZE.sound} chargers come in`);
  await generator.ask('open', { size: { ...SIZE }, port, certificate });
  return generator;
}

/** Everything that the site accepted is at the CPMS; what is still queued when patience ends counts as lost. */
async function emptied(server: Child): Promise<void> {
  for (let waitedMs = 0; waitedMs < DRAIN_TIMEOUT_MS; waitedMs += POLL_MS) {
    if ((await server.ask('queued')) === 0) return;
    await sleep(POLL_MS);
  }
}
