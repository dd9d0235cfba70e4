import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { CommandIo } from '../../app/commands/command-io.ts';
import { inspectHost } from '../../app/inspection.ts';
import { DEMO_CHARGERS, DEMO_ID_TAGS } from '../../simulation/demo-plan.ts';
import { builtMain } from '../helpers/built-product.ts';
import { LiveSite } from '../helpers/live-site.ts';
import { natsServerBinary } from '../helpers/nats.ts';
import { makeTempFolder } from '../helpers/temp-folder.ts';

/** What a watcher is sent, as far as tests look at it. */
interface Message {
  type: '@xstate.actor' | '@xstate.event' | '@xstate.snapshot';
  sessionId: string;
  definition?: string;
  event?: { type: string };
  snapshot?: { value: unknown };
}

const RUN_S = 15;
const texts: string[] = [];
const reachable: string[] = [];
let exitCode: number | null = null;
let stdout = '';
let stderr = '';

/** A whole demo, watched from its first second by a plain WebSocket client. */
async function watchDemo(): Promise<void> {
  const args = [builtMain(), 'demo', '--for', `${RUN_S}s`, '--json', '--inspect', '0'];
  const env = { ...process.env, HOLDFAST_NATS_BIN: natsServerBinary() };
  const demo = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(demo, 'exit') as Promise<[number | null]>;
  demo.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: demo.stderr }).on('line', (line) => {
      stderr += `${line}\n`;
      const found = /inspector: http:\/\/127\.0\.0\.1:(\d+)\//.exec(line)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    void exited.then(([code]) =>
      reject(new Error(`the demo ended (${code}) before its feed began\n${stderr}`)),
    );
  });
  const watcher = new WebSocket(`ws://127.0.0.1:${port}`);
  watcher.on('message', (data) => texts.push(String(data)));
  await once(watcher, 'open');
  for (const address of otherAddresses()) if (await connects(address, port)) reachable.push(address);
  [exitCode] = await exited;
}

describe('the inspector feed of a site on the data of an earlier process', () => {
  test('announces actors that were born then', async () => {
    const folder = await makeTempFolder('inspector-again');
    const options = { folder: folder.path, env: { HOLDFAST_NATS_BIN: '/no/such/nats-server' } };
    await (await LiveSite.start(options)).stop();
    const live = await LiveSite.start(options);
    let said = '';
    const io = { stdout: process.stdout, stderr: { write: (text: string) => (said += text) }, env: {} };
    const uninspect = await inspectHost(live.site.core.host, 0, io as unknown as CommandIo);
    const watcher = new WebSocket(/http:\/\/(127\.0\.0\.1:\d+)\//.exec(said)![1]!.replace(/^/, 'ws://'));
    const seen: string[] = [];
    watcher.on('message', (data) => {
      const message = JSON.parse(String(data)) as Message;
      if (message.type === '@xstate.actor') seen.push(message.sessionId);
    });
    await once(watcher, 'open');
    live.plugIn(live.chargers[0]!);
    await live.until('charger and session are announced', () =>
      ['charger/live-1', 'connector/live-1/1', 'session/'].every((start) =>
        seen.some((address) => address.startsWith(start)),
      ),
    );
    expect(seen.filter((address) => address === 'charger/live-1')).toEqual(['charger/live-1']);
    watcher.terminate();
    await uninspect();
    await live.stop();
    await folder.remove();
  });
});

/** Every address of this machine but the one that the feed is meant to have. */
function otherAddresses(): string[] {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  // All of 127.0.0.0/8 is this machine.
  return [...own.map(({ address }) => address), '127.0.0.2'].filter((address) => address !== '127.0.0.1');
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

function messages(type: Message['type']): Message[] {
  return texts.map((text) => JSON.parse(text) as Message).filter((message) => message.type === type);
}

describe('the inspector feed of a running demo', () => {
  beforeAll(watchDemo, 60_000);
  afterAll(() => {
    texts.length = 0;
  });

  test('announces every actor of the site with its chart', () => {
    const seen = new Map(messages('@xstate.actor').map((message) => [message.sessionId, message]));
    const expected = DEMO_CHARGERS.flatMap(({ identity, connectors }) => [
      `charger/${identity}`,
      `link/${identity}`,
      ...Array.from({ length: connectors }, (_, index) => `connector/${identity}/${index + 1}`),
    ]);
    expect([...seen.keys()]).toEqual(expect.arrayContaining(['budget/site', ...expected]));
    const sessions = [...seen.keys()].filter((address) => address.startsWith('session/'));
    expect(sessions.length).toBeGreaterThan(5);
    for (const { definition } of seen.values())
      expect(Object.keys(JSON.parse(definition!).states).length).toBeGreaterThan(1);
  });

  test('shows what happens to them, and the states that they are in then', () => {
    const events = new Set(messages('@xstate.event').map(({ event }) => event!.type));
    for (const type of ['south.called', 'connector.statusReported', 'session.metered', 'limits.answered'])
      expect(events).toContain(type);
    const states = new Set(
      messages('@xstate.snapshot')
        .filter(({ sessionId }) => sessionId === 'budget/site')
        .map(({ snapshot }) => snapshot!.value),
    );
    expect(states.size).toBeGreaterThan(1);
  });

  test("shows no driver's tag, and nobody on another address can connect", () => {
    expect(texts.length).toBeGreaterThan(200);
    for (const tag of DEMO_ID_TAGS) expect(texts.filter((text) => text.includes(tag))).toEqual([]);
    expect(reachable).toEqual([]);
  });

  test('does not disturb the demo', () => {
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      transactions: { lost: 0, duplicates: 0 },
      budget: { violations: 0 },
    });
  });
});
