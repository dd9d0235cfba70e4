import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { RPCClient, RPCServer } from 'ocpp-rpc';
import { afterEach, describe, expect, test } from 'vitest';
import type { NorthCall } from '../../actors/ports.ts';
import type { Backend } from '../../adapters/ocpp-north/dialer.ts';
import { createNorthGateway } from '../../adapters/ocpp-north/gateway.ts';
import { createWsDialer } from '../../adapters/ocpp-north/ws-dialer.ts';
import { silentLog } from '../../runtime/log.ts';
import { SystemClock } from '../../runtime/system-clock.ts';
import { systemRandom } from '../../runtime/system-random.ts';
import { fakeMappers } from '../helpers/fake-mappers.ts';
import { dataOf, FakeHost } from '../unit/adapters/ocpp/helpers.ts';
import { KEY, listening, until } from '../unit/adapters/ocpp-south/listening.ts';

const cleanups: Array<() => unknown> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

test('ocpp-rpc as a charger is let in, answered, commanded and told errors', async () => {
  const site = await listening({ answering: true });
  cleanups.push(site.stop);
  const charger = new RPCClient({
    endpoint: `ws://127.0.0.1:${site.port}/ocpp`,
    identity: 'CP-known|1',
    password: KEY,
    protocols: ['ocpp1.6'],
    strictMode: true,
    reconnect: false,
    // Its types ask for every option, its code for none.
  } as ConstructorParameters<typeof RPCClient>[0]);
  cleanups.push(() => charger.close({ force: true }));
  charger.handle('Reset', async () => ({ status: 'Accepted' }));
  await charger.connect();
  const status = { connectorId: 1, errorCode: 'NoError', status: 'Available' };
  expect(await charger.call('StatusNotification', status)).toEqual({});
  expect(site.host.ofType('south.called')[0]?.transient).toEqual(status);
  const command = {
    action: 'Reset',
    raw: '{"type":"Soft"}',
    timeoutMs: 5_000,
    replyTo: 'link/x',
    correlation: 'c',
  };
  site.gateway.perform({ type: 'call', charger: 'CP-known|1', ...command });
  await until(() => site.host.ofType('south.answered').length === 1);
  expect(dataOf(site.host.ofType('south.answered')[0]).raw).toBe('{"status":"Accepted"}');
  const unknown = { ...command, action: 'ClearCache', raw: '{}' };
  site.gateway.perform({ type: 'call', charger: 'CP-known|1', ...unknown });
  await until(() => site.host.ofType('south.failed').length === 1);
  expect(dataOf(site.host.ofType('south.failed')[0]).kind).toBe('error');
});

function aNorth(backend: Backend, handshakeTimeoutMs = 2_000) {
  const clock = new SystemClock();
  const host = new FakeHost();
  const gateway = createNorthGateway({
    clock,
    random: systemRandom,
    log: silentLog,
    post: host.post,
    mappers: fakeMappers,
    dialer: createWsDialer({ clock, handshakeTimeoutMs }),
    backendOf: () => backend,
    chargerIsWaiting: () => false,
  });
  cleanups.push(() => gateway.close());
  const call = (action: string, raw: string, correlation: string): void =>
    gateway.perform({
      type: 'call',
      charger: 'CP+1',
      action,
      raw,
      correlation,
      timeoutMs: 5_000,
      replyTo: 'link/CP+1',
    } satisfies NorthCall);
  const ended = async (): Promise<Record<string, unknown>> => {
    gateway.perform({ type: 'dial', charger: 'CP+1' });
    await until(() => host.taken.length > 0, handshakeTimeoutMs + 5_000);
    return { type: host.taken[0]?.type, ...dataOf(host.taken[0]) };
  };
  return { gateway, host, call, ended };
}

test('ocpp-rpc as a CPMS is dialled with credentials, called, and its commands arrive and are answered', async () => {
  const cpms = new RPCServer({ protocols: ['ocpp1.6'], strictMode: true });
  let seen: unknown;
  cpms.auth((accept, _reject, handshake) => {
    seen = [handshake.identity, handshake.password?.toString()];
    accept({});
  });
  let command: Promise<unknown> | undefined;
  cpms.on('client', (client) => {
    client.handle('Heartbeat', async () => ({ currentTime: new Date().toISOString() }));
    client.handle('Authorize', async () => {
      command = client.call('Reset', { type: 'Soft' });
      return { idTagInfo: { status: 'Blocked' } };
    });
  });
  const http = await cpms.listen(0, '127.0.0.1');
  cleanups.push(() => cpms.close({ force: true }));
  const { port } = http.address() as AddressInfo;
  const north = aNorth({ url: `ws://127.0.0.1:${port}/cpms`, password: 'upstream-key' });
  expect(await north.ended()).toMatchObject({ type: 'north.opened', subprotocol: 'ocpp1.6' });
  expect(seen).toEqual(['CP+1', 'upstream-key']);
  north.call('Heartbeat', '{}', 'h');
  north.call('Authorize', '{"idTag":"X"}', 'a');
  north.call('DataTransfer', '{"vendorId":"v"}', 'd');
  await until(() => north.host.ofType('north.called').length === 1);
  const { socketId, messageId, action } = dataOf(north.host.ofType('north.called')[0]);
  expect(action).toBe('Reset');
  const answer = {
    charger: 'CP+1',
    socketId: String(socketId),
    messageId: String(messageId),
    raw: '{"status":"Rejected"}',
  };
  north.gateway.perform({ type: 'answer', ...answer });
  expect(await command).toEqual({ status: 'Rejected' });
  await until(
    () => north.host.ofType('north.answered').length + north.host.ofType('north.failed').length === 3,
  );
  expect(dataOf(north.host.ofType('north.answered')[1]).raw).toBe('{"idTagInfo":{"status":"Blocked"}}');
  expect(dataOf(north.host.ofType('north.failed')[0]).kind).toBe('error');
});

describe('a dial that fails says where', () => {
  async function httpThatSays(status: number): Promise<string> {
    const server = createServer();
    server.on('upgrade', (_request, socket) =>
      socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\n\r\n`),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => void server.close());
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  async function tcpThat(act: 'hangs' | 'talks'): Promise<number> {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      if (act === 'talks') socket.end('220 mail ready\r\n');
      cleanups.push(() => void socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => void server.close());
    return (server.address() as AddressInfo).port;
  }

  test.each([
    ['auth', 401],
    ['auth', 403],
    ['upgrade', 404],
    ['upgrade', 302],
  ])('%s for HTTP %s', async (cause, status) => {
    const north = aNorth({ url: await httpThatSays(status), password: null });
    expect(await north.ended()).toEqual({ type: 'north.dialFailed', cause, detail: `HTTP ${status}` });
  });

  test('tcp when nobody listens', async () => {
    const port = await tcpThat('hangs');
    for (const cleanup of cleanups.splice(0)) await cleanup();
    expect(await aNorth({ url: `ws://127.0.0.1:${port}`, password: null }).ended()).toMatchObject({
      cause: 'tcp',
    });
  });

  test('dns for a name that does not exist', async () => {
    expect(await aNorth({ url: 'ws://nowhere.invalid', password: null }, 20_000).ended()).toMatchObject({
      cause: 'dns',
    });
  });

  test('timeout when the peer never answers', async () => {
    const url = `ws://127.0.0.1:${await tcpThat('hangs')}`;
    expect(await aNorth({ url, password: null }, 200).ended()).toMatchObject({ cause: 'timeout' });
  });

  test('tls when the peer speaks something else', async () => {
    const url = `wss://127.0.0.1:${await tcpThat('talks')}`;
    expect(await aNorth({ url, password: null }).ended()).toMatchObject({ cause: 'tls' });
  });

  test('upgrade for a URL that is none', async () => {
    expect(await aNorth({ url: 'ftp://x', password: null }).ended()).toMatchObject({ cause: 'upgrade' });
  });
});

test('a CPMS that names no subprotocol in its answer is used all the same', async () => {
  const { WebSocketServer } = await import('ws');
  const cpms = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => false });
  await new Promise((resolve) => cpms.once('listening', resolve));
  cleanups.push(() => {
    for (const client of cpms.clients) client.terminate();
    cpms.close();
  });
  const { port } = cpms.address() as AddressInfo;
  const north = aNorth({ url: `ws://127.0.0.1:${port}`, password: null });
  expect(await north.ended()).toMatchObject({ type: 'north.opened', subprotocol: 'ocpp1.6' });
});
