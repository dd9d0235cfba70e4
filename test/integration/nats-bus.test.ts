import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startManagedNats } from '../../adapters/nats/managed-server.ts';
import { connectNatsBus, type NatsBus } from '../../adapters/nats/nats-bus.ts';
import type { NatsEndpoint } from '../../adapters/nats/nats-endpoint.ts';
import type { NatsServer } from '../../adapters/nats/nats-server.ts';
import type { BusMessage } from '../../runtime/bus/bus.ts';
import { silentLog } from '../../runtime/log.ts';
import { SystemClock } from '../../runtime/system-clock.ts';
import { systemRandom } from '../../runtime/system-random.ts';
import { natsServerBinary } from '../helpers/nats.ts';
import { startTcpProxy } from '../helpers/tcp-proxy.ts';

const clock = new SystemClock();
const folder = mkdtempSync(join(tmpdir(), 'holdfast-nats-'));
let server: NatsServer;
let undo: Array<() => unknown>;
const unhandled: unknown[] = [];
const noteUnhandled = (reason: unknown) => unhandled.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', noteUnhandled);
  server = await startManagedNats({
    folder,
    siteId: 'north',
    binary: natsServerBinary(),
    clock,
    log: silentLog,
  });
});
afterAll(async () => {
  await server.stop();
  process.off('unhandledRejection', noteUnhandled);
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  undo = [];
});
afterEach(async () => {
  for (const step of undo.reverse()) await step();
  expect(unhandled).toEqual([]);
});

function startBus(endpoint: () => NatsEndpoint | undefined, siteId = 'north'): NatsBus {
  const bus = connectNatsBus({ endpoint, siteId, clock, random: systemRandom, log: silentLog });
  undo.push(() => bus.close());
  return bus;
}

function direct(): NatsEndpoint {
  const endpoint = server.endpoint();
  if (endpoint === undefined) throw new Error('the server is down');
  return endpoint;
}

const untilStatus = (bus: NatsBus, status: string, timeout = 3_000) =>
  vi.waitUntil(() => bus.status === status, { timeout, interval: 10 });

function messages(count: number, body = '{}'): BusMessage[] {
  return Array.from({ length: count }, (_, n) => ({ outboxId: `o-${n}`, to: 'charger/a', body }));
}

async function startClient(user: 'bus' | 'watch', options: ConnectionOptions = {}): Promise<NatsConnection> {
  const watch = JSON.parse(readFileSync(join(folder, 'watch-credentials.json'), 'utf8'));
  const { port, user: busUser, password } = direct();
  const login =
    user === 'bus' ? { user: busUser, pass: password } : { user: watch.user, pass: watch.password };
  const client = await connect({
    servers: `127.0.0.1:${port}`,
    reconnect: false,
    ...login,
    ...options,
  } as ConnectionOptions);
  undo.push(() => client.close());
  return client;
}

/** 'allowed', or 'refused' if the server answers with a permission violation. */
async function attempt(
  client: NatsConnection,
  what: 'publish' | 'subscribe',
  subject: string,
): Promise<string> {
  let verdict = 'allowed';
  const watchErrors = (async () => {
    for await (const status of client.status()) if (status.type === 'error') verdict = 'refused';
  })();
  if (what === 'publish') client.publish(subject, 'x');
  else client.subscribe(subject, { callback: () => {} });
  await client.flush();
  await client.close();
  await watchErrors;
  return verdict;
}

describe('each credential of the managed server', () => {
  it.each([
    ['bus', 'publish', 'holdfast.north.charger.a.cmd', 'allowed'],
    ['bus', 'subscribe', 'holdfast.north.>', 'allowed'],
    ['bus', 'publish', 'holdfast.south.charger.a.cmd', 'refused'],
    ['bus', 'subscribe', 'holdfast.south.>', 'refused'],
    ['bus', 'subscribe', 'holdfast.>', 'refused'],
    ['bus', 'subscribe', '>', 'refused'],
    ['bus', 'publish', '_INBOX.x', 'refused'],
    ['bus', 'subscribe', '_INBOX.x', 'refused'],
    ['bus', 'publish', '$SYS.REQ.SERVER.PING', 'refused'],
    ['bus', 'subscribe', '$SYS.>', 'refused'],
    ['bus', 'publish', '$JS.API.INFO', 'refused'],
    ['watch', 'subscribe', 'holdfast.north.>', 'allowed'],
    ['watch', 'subscribe', 'holdfast.north.charger.*.cmd', 'allowed'],
    ['watch', 'publish', 'holdfast.north.charger.a.cmd', 'refused'],
    ['watch', 'publish', 'anything', 'refused'],
    ['watch', 'publish', '_INBOX.x', 'refused'],
    ['watch', 'subscribe', 'holdfast.south.>', 'refused'],
    ['watch', 'subscribe', 'holdfast.>', 'refused'],
    ['watch', 'subscribe', '>', 'refused'],
    ['watch', 'subscribe', '$SYS.>', 'refused'],
  ] as const)('%s may %s %s: %s', async (user, what, subject, verdict) => {
    expect(await attempt(await startClient(user), what, subject)).toBe(verdict);
  });

  it.each([
    ['no credentials', { user: undefined, pass: undefined }],
    ['the name alone', { user: 'holdfast', pass: undefined }],
    ['a wrong password', { user: 'holdfast', pass: 'wrong' }],
    ['an unknown user', { user: 'admin', pass: 'admin' }],
  ])('is needed: %s is refused', async (_, login) => {
    await expect(startClient('bus', login as ConnectionOptions)).rejects.toThrow(/authorization/i);
  });
});

describe('the NATS bus', () => {
  it('lets the watch credential see each tell as JSON under its address, with its outbox id', async () => {
    const watcher = await startClient('watch');
    const seen: unknown[] = [];
    watcher.subscribe('holdfast.north.>', {
      callback: (_, message) => {
        seen.push([message.subject, message.headers?.get('Nats-Msg-Id'), message.json()]);
      },
    });
    await watcher.flush();
    const bus = startBus(direct);
    await untilStatus(bus, 'connected');
    bus.publish([{ outboxId: 'o-1', to: 'connector/cp.1/2', body: '{"type":"connector.linkChanged"}' }]);
    await vi.waitUntil(() => seen.length > 0);
    expect(seen).toEqual([
      ['holdfast.north.connector.cp_2E1.2.cmd', 'o-1', { type: 'connector.linkChanged' }],
    ]);
  });

  it('through a line with 50 ms of delay each way delivers that much later', async () => {
    const proxy = await startTcpProxy({ target: direct });
    undo.push(() => proxy.close());
    const bus = startBus(() => ({ ...direct(), port: proxy.port }));
    const arrivalsMs: number[] = [];
    bus.onMessage(() => arrivalsMs.push(performance.now()));
    await untilStatus(bus, 'connected');
    const hopMs = async () => {
      const sentAtMs = performance.now();
      const count = arrivalsMs.length;
      bus.publish(messages(1));
      await vi.waitUntil(() => arrivalsMs.length > count, { interval: 1 });
      return (arrivalsMs.at(-1) ?? 0) - sentAtMs;
    };
    // The quickest of a few, as the machine may be busy with other things.
    const quickestMs = async () => Math.min(await hopMs(), await hopMs(), await hopMs(), await hopMs());
    expect(await quickestMs()).toBeLessThan(50);
    proxy.delayMs = 50;
    const delayedMs = await quickestMs();
    expect(delayedMs).toBeGreaterThanOrEqual(100);
    expect(delayedMs).toBeLessThan(150);
    expect(bus.status).toBe('connected');
  });

  it('says away within 2 s when the line carries nothing any more, and is back when it does', async () => {
    const proxy = await startTcpProxy({ target: direct });
    undo.push(() => proxy.close());
    const bus = startBus(() => ({ ...direct(), port: proxy.port }));
    await untilStatus(bus, 'connected');
    proxy.stalled = true;
    await untilStatus(bus, 'away', 2_000);
    proxy.stalled = false;
    await untilStatus(bus, 'connected', 2_000);
  });

  it('keeps no connection open for a server that accepts but never greets', async () => {
    const proxy = await startTcpProxy({ target: direct });
    undo.push(() => proxy.close());
    proxy.stalled = true;
    const bus = startBus(() => ({ ...direct(), port: proxy.port }));
    await vi.waitUntil(() => bus.statusDetail.includes('no greeting'), { timeout: 2_000 });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    proxy.stalled = false;
    await untilStatus(bus, 'connected', 2_000);
    await vi.waitUntil(() => proxy.connections === 1);
  });

  it('holds a bounded amount for a line that carries nothing, and drops the rest', async () => {
    const proxy = await startTcpProxy({ target: direct });
    undo.push(() => proxy.close());
    const bus = startBus(() => ({ ...direct(), port: proxy.port }));
    await untilStatus(bus, 'connected');
    proxy.stalled = true;
    bus.publish(messages(400, 'x'.repeat(100_000)));
    expect(bus.counts.dropped).toBeGreaterThanOrEqual(400 - (16 * 1024 * 1024) / 100_000 - 2);
    expect(bus.counts.dropped).toBeLessThan(400);
  });

  it('boots without a server, and connects once there is one', async () => {
    let running = false;
    const bus = startBus(() => (running ? direct() : undefined));
    expect(bus.status).toBe('away');
    bus.publish(messages(1));
    await vi.waitUntil(() => bus.statusDetail === 'no server is running');
    running = true;
    await untilStatus(bus, 'connected', 1_000);
    expect(bus.counts.dropped).toBe(1);
    expect(bus.serverVersion).toBe(server.version);
  });

  it.each([
    ['nothing listens', () => ({ ...direct(), port: 1 }), 'ECONNREFUSED'],
    ['the password is wrong', () => ({ ...direct(), password: 'wrong' }), 'Authorization Violation'],
    [
      'no credentials are given',
      () => ({ host: '127.0.0.1', port: direct().port }),
      'Authorization Violation',
    ],
    ['the server speaks no TLS', () => ({ ...direct(), tls: true }), 'tls'],
  ])('stays away, with the reason, and keeps trying while %s', async (_, broken, reason) => {
    let dials = 0;
    let wrong = true;
    const bus = startBus(() => {
      dials += 1;
      return wrong ? broken() : direct();
    });
    await vi.waitUntil(() => dials >= 4, { timeout: 4_000 });
    expect(bus.status).toBe('away');
    expect(bus.statusDetail.toLowerCase()).toContain(reason.toLowerCase());
    wrong = false;
    await untilStatus(bus, 'connected');
  });

  it('is not healthy on a server that refuses its subjects', async () => {
    const bus = startBus(direct, 'south');
    await vi.waitUntil(() => bus.statusDetail.includes('refused by the server'), { timeout: 2_000 });
    expect(bus.status).toBe('away');
  });

  it('refuses to speak to something that is not NATS', async () => {
    const other: Server = createServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n').on('error', () => {}));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    undo.push(() => new Promise((resolve) => other.close(resolve)));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const bus = startBus(() => ({ host: '127.0.0.1', port }));
    await vi.waitUntil(() => bus.statusDetail.includes('not NATS'), { timeout: 2_000 });
  });

  it('drops and counts what it did not write, and what the server takes no more', async () => {
    const bus = startBus(direct);
    const received: BusMessage[] = [];
    bus.onMessage((message) => received.push(message));
    await untilStatus(bus, 'connected');
    const forger = await startClient('bus');
    const withId = (id: string) => {
      const header = headers();
      header.set('Nats-Msg-Id', id);
      return { headers: header };
    };
    forger.publish('holdfast.north.charger.a.cmd', '{}');
    forger.publish('holdfast.north.charger.a.cmd', '{}', withId('x'.repeat(300)));
    forger.publish('holdfast.north.charger.a.evt', '{}', withId('o-1'));
    forger.publish('holdfast.north.charger._41.cmd', '{}', withId('o-1'));
    forger.publish('holdfast.north.charger.a.cmd', '{}', withId('o-9'));
    await vi.waitUntil(() => received.length > 0);
    expect(received.map((message) => message.outboxId)).toEqual(['o-9']);
    expect(bus.counts.malformed).toBe(4);

    bus.publish([...messages(1, 'x'.repeat(2_000_000)), { outboxId: 'o-10', to: 'charger/a', body: '{}' }]);
    await vi.waitUntil(() => received.length > 1);
    expect(received.at(-1)?.outboxId).toBe('o-10');
    expect(bus.counts.dropped).toBe(1);
    expect(bus.status).toBe('connected');
  });

  it('closes at any moment of a dial, and leaves no connection', async () => {
    const proxy = await startTcpProxy({ target: direct, delayMs: 5 });
    undo.push(() => proxy.close());
    for (let waitMs = 0; waitMs < 60; waitMs += 6) {
      const bus = startBus(() => ({ ...direct(), port: proxy.port }));
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      await bus.close();
      expect(bus.status).toBe('away');
    }
    await vi.waitUntil(() => proxy.connections === 0);
  });
});
