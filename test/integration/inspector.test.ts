import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { assign, createActor, setup } from 'xstate';
import { createInspectorFeed, type InspectorFeed } from '../../adapters/inspector/feed.ts';

const TAG = 'SECRETTAG04A1B2C3';

interface Message {
  type: string;
  sessionId: string;
  name?: string;
  definition?: string;
  rootId?: string;
  event?: unknown;
  snapshot?: { value: unknown; context: Record<string, unknown>; status: string };
}

const machine = setup({
  types: {
    context: {} as {
      connector: number;
      idTag: string;
      tags: Record<string, number>;
      seen: string[];
      mode: string;
    },
    events: {} as { type: 'card.shown'; idTag: string } | { type: 'cable.unplugged' },
  },
  actions: { openSession: (_: unknown, _params: { idTag: string }) => undefined },
}).createMachine({
  id: 'reader',
  initial: 'idle',
  context: { connector: 2, idTag: TAG, tags: { [TAG]: 1 }, seen: [TAG], mode: 'online' },
  output: { idTag: TAG },
  states: {
    idle: {
      description: 'Nobody here.',
      meta: { lastTag: TAG },
      on: { 'card.shown': { target: 'open', actions: { type: 'openSession', params: { idTag: TAG } } } },
    },
    open: {
      entry: assign({ seen: ({ event }) => [JSON.stringify(event)] }),
      on: { 'cable.unplugged': 'idle' },
    },
  },
});

let feed: InspectorFeed;
const watchers: Watcher[] = [];

class Watcher {
  readonly socket: WebSocket;
  readonly texts: string[] = [];

  constructor(options: { origin?: string; host?: string } = {}) {
    this.socket = new WebSocket(`ws://127.0.0.1:${feed.port}`, {
      ...(options.origin === undefined ? {} : { origin: options.origin }),
      headers: options.host === undefined ? {} : { host: options.host },
    });
    this.socket.on('message', (data) => this.texts.push(String(data)));
    watchers.push(this);
  }

  get messages(): Message[] {
    return this.texts.map((text) => JSON.parse(text));
  }

  opened(): Promise<'open' | 'refused'> {
    return new Promise((resolve) => {
      this.socket.once('open', () => resolve('open'));
      this.socket.once('error', () => resolve('refused'));
    });
  }
}

beforeEach(async () => {
  feed = await createInspectorFeed({ port: 0, host: '127.0.0.1' });
});
afterEach(async () => {
  for (const watcher of watchers.splice(0)) watcher.socket.terminate();
  await feed.close();
});

function runReader(address: string) {
  const actor = createActor(machine).start();
  feed.actorSeen({ address, machine, snapshot: actor.getSnapshot() });
  return (event: { type: 'card.shown'; idTag: string } | { type: 'cable.unplugged' }) => {
    actor.send(event);
    feed.turnDone({ address, event, snapshot: actor.getSnapshot() });
  };
}

async function until(watcher: Watcher, count: number): Promise<void> {
  await expect.poll(() => watcher.texts.length, { timeout: 5_000 }).toBe(count);
}

describe('a watcher on this machine', () => {
  test('sees each actor, its events and its snapshots, in order, in the form of the Stately inspector', async () => {
    const watcher = new Watcher();
    await watcher.opened();
    const turn = runReader('charger/cp-01');
    turn({ type: 'card.shown', idTag: TAG });
    turn({ type: 'cable.unplugged' });
    await until(watcher, 5);
    expect(watcher.messages.map((message) => message.type)).toEqual([
      '@xstate.actor',
      '@xstate.event',
      '@xstate.snapshot',
      '@xstate.event',
      '@xstate.snapshot',
    ]);
    const [actor, event, snapshot] = watcher.messages;
    expect(actor).toMatchObject({
      name: 'charger/cp-01',
      sessionId: 'charger/cp-01',
      rootId: 'charger/cp-01',
      _version: expect.any(String),
      snapshot: { status: 'active', value: 'idle' },
    });
    expect(event).toMatchObject({ sessionId: 'charger/cp-01', event: { type: 'card.shown' } });
    expect(snapshot).toMatchObject({
      event: { type: 'card.shown' },
      snapshot: { status: 'active', value: 'open' },
    });
  });

  test('gets the shape of the machine: states, transitions, names of actions', async () => {
    const watcher = new Watcher();
    await watcher.opened();
    runReader('charger/cp-01');
    await until(watcher, 1);
    expect(JSON.parse(watcher.messages[0]?.definition ?? '')).toEqual({
      id: 'reader',
      initial: 'idle',
      states: {
        idle: {
          description: 'Nobody here.',
          on: { 'card.shown': { target: 'open', actions: { type: 'openSession' } } },
        },
        open: { entry: { type: expect.any(String) }, on: { 'cable.unplugged': 'idle' } },
      },
    });
  });

  test('that comes later is told the running actors first, as they stand, and nobody is told twice', async () => {
    const early = new Watcher();
    await early.opened();
    const turn = runReader('charger/cp-01');
    runReader('charger/cp-02');
    runReader('session/gone');
    turn({ type: 'card.shown', idTag: TAG });
    feed.actorGone('session/gone');
    await until(early, 5);
    const late = new Watcher();
    await late.opened();
    await until(late, 2);
    turn({ type: 'cable.unplugged' });
    await until(late, 4);
    await until(early, 7);
    expect(late.messages.map((message) => [message.type, message.sessionId])).toEqual([
      ['@xstate.actor', 'charger/cp-01'],
      ['@xstate.actor', 'charger/cp-02'],
      ['@xstate.event', 'charger/cp-01'],
      ['@xstate.snapshot', 'charger/cp-01'],
    ]);
    expect(late.messages[0]?.snapshot?.value).toBe('open');
  });
});

describe('the tags of people', () => {
  test('appear nowhere: not from context, initial context, output, meta, parameters or payloads', async () => {
    const early = new Watcher();
    await early.opened();
    const turn = runReader('charger/cp-01');
    turn({ type: 'card.shown', idTag: TAG });
    const late = new Watcher();
    await late.opened();
    await until(early, 3);
    await until(late, 1);
    expect(early.texts.join('\n') + late.texts.join('\n')).not.toContain(TAG);
  });

  test('leave the types of hidden values and the content of listed keys in their place', async () => {
    const watcher = new Watcher();
    await watcher.opened();
    runReader('charger/cp-01');
    await until(watcher, 1);
    expect(watcher.messages[0]?.snapshot?.context).toEqual({
      connector: 2,
      mode: 'online',
      idTag: '<string>',
      tags: '<object>',
      seen: '<list of 1>',
    });
  });
});

describe('the door', () => {
  test('is the loopback interface alone: the same port is still free on the other addresses', async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((entries) => entries ?? [])
      .filter((entry) => entry.family === 'IPv4' && !entry.internal)
      .map((entry) => entry.address);
    for (const host of ['127.0.0.2', ...others]) {
      const probe = createServer();
      const outcome = await new Promise<string>((resolve) => {
        probe.once('error', (error) => resolve(error.message));
        probe.listen(feed.port, host, () => resolve('free'));
      });
      probe.close();
      expect(outcome).toBe('free');
    }
  });

  test.each([
    ['a program without origin', {}, 'open'],
    ['a foreign web page', { origin: 'https://evil.example' }, 'refused'],
    ['a page under a rebound name', { origin: 'http://evil.example', host: 'evil.example' }, 'refused'],
  ] as const)('treats %s as it should: %s', async (_name, options, expected) => {
    expect(await new Watcher(options).opened()).toBe(expected);
  });

  test('lets our own page in', async () => {
    expect(await new Watcher({ origin: `http://127.0.0.1:${feed.port}` }).opened()).toBe('open');
  });

  test('refuses watchers beyond eight', async () => {
    for (let n = 0; n < 8; n += 1) expect(await new Watcher().opened()).toBe('open');
    expect(await new Watcher().opened()).toBe('refused');
  });

  test('serves a page that says who hosts the inspector before it loads anything from there', async () => {
    const answer = await fetch(feed.url);
    const page = await answer.text();
    expect(page).toContain('hosted by Stately');
    expect(page).not.toContain('<iframe');
    expect(answer.headers.get('content-security-policy')).toContain('frame-src https://stately.ai;');
    expect((await fetch(`${feed.url}other`)).status).toBe(404);
  });

  test('an unknown actor and a closed watcher disturb nothing', async () => {
    const watcher = new Watcher();
    await watcher.opened();
    watcher.socket.terminate();
    const snapshot = createActor(machine).start().getSnapshot();
    feed.turnDone({ address: 'charger/unknown', event: { type: 'x' }, snapshot });
    const next = new Watcher();
    await next.opened();
    runReader('charger/cp-01');
    await until(next, 1);
  });
});
