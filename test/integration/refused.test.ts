import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { runCli } from '../../app/cli.ts';
import type { RefusedStatus } from '../../app/site-view.ts';
import { LIVE_CHARGERS, LiveSite } from '../helpers/live-site.ts';
import { makeTempFolder } from '../helpers/temp-folder.ts';

let folder: Awaited<ReturnType<typeof makeTempFolder>>;
let live: LiveSite;

beforeAll(async () => {
  folder = await makeTempFolder('refused');
  live = await LiveSite.start({ folder: folder.path, env: { HOLDFAST_NATS_BIN: '/no/such/nats-server' } });
});
afterAll(async () => {
  await live.stop();
  await folder.remove();
});

async function knock(path: string, subprotocol: string): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${live.site.southPort}${path}`, [subprotocol]);
  socket.on('error', () => undefined);
  await new Promise((closed) => socket.on('close', closed));
}

test('who was not let in is listed within two seconds, with cause, count and what to do', async () => {
  await knock('/ocpp/stranger', 'ocpp1.6');
  await knock('/ocpp/stranger', 'ocpp1.6');
  await knock('/ocpp/no%00way', 'ocpp1.6');
  await knock(`/ocpp/${LIVE_CHARGERS[0]}`, 'ocpp1.5');
  const { host, port } = live.site.apiAddress;
  const answer = await fetch(`http://${host}:${port}/api/v1/refused`);
  const { items } = (await answer.json()) as { items: RefusedStatus[] };
  expect(items.map(({ identity, cause, count }) => [identity, cause, count])).toEqual([
    [LIVE_CHARGERS[0], 'noCommonSubprotocol', 1],
    ['/ocpp/no%00way', 'badUrl', 1],
    ['stranger', 'rejected', 2],
  ]);
  const [, , stranger] = items;
  expect(stranger).toMatchObject({ remote: '127.0.0.1', text: expect.stringContaining('chargers.known') });
  expect(Date.parse(stranger!.lastAt)).toBeGreaterThanOrEqual(Date.parse(stranger!.firstAt));

  let stdout = '';
  const nothing = async () => expect.unreachable('nothing is to be started');
  const code = await runCli(['refused', '--url', `http://${host}:${port}`], {
    io: { stdout: { write: (text: string) => (stdout += text) }, stderr: { write: () => true }, env: {} },
    signal: new AbortController().signal,
    starters: { run: nothing, demo: nothing },
  });
  expect(code).toBe(0);
  expect(stdout.split('\n')[3]).toMatch(
    /^stranger +127\.0\.0\.1 +2 +\S+Z +this site does not know the charger/,
  );
});
