import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCli } from '../../app/cli.ts';
import type { QueueListing, QueueStatus } from '../../app/site-view.ts';
import { readJournal } from '../helpers/journal.ts';
import { LiveSite } from '../helpers/live-site.ts';
import { makeTempFolder } from '../helpers/temp-folder.ts';

const ENV = { HOLDFAST_NATS_BIN: '/no/such/nats-server' };

let folder: Awaited<ReturnType<typeof makeTempFolder>>;
let live: LiveSite;
let isBroken: boolean;

beforeEach(async () => {
  folder = await makeTempFolder('dead-letters');
  isBroken = true;
  live = await LiveSite.start({
    folder: folder.path,
    env: ENV,
    timing: { attemptsMax: 2, attemptIntervalMs: 100 },
    cpms: {
      poison: ({ action }) =>
        isBroken && action === 'StartTransaction'
          ? { code: 'InternalError', description: 'no such tariff' }
          : null,
    },
  });
});
afterEach(async () => {
  await live.stop();
  await folder.remove();
});

/** The command line against the running product; gives what it printed, and its exit code. */
async function holdfast(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const { host, port } = live.site.apiAddress;
  const nothing = async () => expect.unreachable('nothing is to be started');
  const code = await runCli([...args, '--url', `http://${host}:${port}`], {
    io: {
      stdout: { write: (text: string) => (out += text) },
      stderr: { write: (text: string) => (err += text) },
      env: {},
    },
    signal: new AbortController().signal,
    starters: { run: nothing, demo: nothing },
  });
  return { code, out, err };
}

async function listed(charger: string): Promise<QueueListing> {
  return JSON.parse((await holdfast('queue', 'ls', charger, '--json')).out) as QueueListing;
}

test('a transaction that the CPMS refused is found and sent again by a person, as a whole and in order', async () => {
  const charger = live.chargers[0]!;
  const id = charger.identity;
  live.plugIn(charger);
  await live.until('the start is dead', () => live.site.core.host.rows(`dead/${id}`).length > 0);
  await live.sleep(1_000);
  charger.unplug(1);
  const isStopDead = () =>
    live.site.core.host
      .rows<{ action: string }>(`dead/${id}`)
      .some(({ value }) => value.action === 'StopTransaction');
  await live.until('the stop is dead', isStopDead);

  const { items } = await listed(id);
  const dead = items.filter(({ state }) => state === 'dead');
  expect(dead[0]).toMatchObject({
    action: 'StartTransaction',
    attempts: 2,
    error: 'InternalError: no such tariff',
  });
  expect(dead.at(-1)).toMatchObject({ action: 'StopTransaction' });
  expect(new Set(dead.map(({ session }) => session)).size).toBe(1);
  const { items: queues } = JSON.parse((await holdfast('queue', 'ls', '--json')).out) as {
    items: QueueStatus[];
  };
  expect(queues.find((queue) => queue.charger === id)).toMatchObject({ deadLetters: dead.length, parked: 0 });

  isBroken = false;
  const n = dead[0]!.n;
  expect((await holdfast('queue', 'retry', id, String(n), '--reason', 'tariff was added')).code).toBe(0);
  await live.until('nothing is dead', () => live.site.core.host.rows(`dead/${id}`).length === 0);
  await live.untilDelivered();
  const taken = live.cpms.calls.filter(
    ({ identity, action, outcome }) =>
      identity === id && outcome === 'result' && /Transaction|Meter/.test(action),
  );
  expect(taken.map(({ action }) => action)).toEqual(dead.map(({ action }) => action));
  const given = taken[0]!.answer!.transactionId;
  for (const { payload } of taken.slice(1)) expect(payload.transactionId).toBe(given);

  expect((await holdfast('queue', 'retry', id, String(n), '--reason', 'again')).code).toBe(5);
  expect((await holdfast('queue', 'ls', 'nobody')).code).toBe(5);
  await live.site.stop();
  const journal = await readJournal(join(folder.path, 'data'));
  const resent = journal.filter(({ type }) => type === 'link.resent');
  expect(resent).toHaveLength(1);
  expect(resent[0]).toMatchObject({
    charger: id,
    data: { n: dead.map((entry) => entry.n) },
    reason: { code: 'link.resendAsked', params: { reason: 'tariff was added' } },
  });
});
