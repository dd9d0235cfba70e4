import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RPCClient, RPCServer } from 'ocpp-rpc';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { NorthCall, NorthDial, SouthCall } from '../../actors/ports.ts';
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

const IDENTITY = 'CP-known|1';

async function aChargerOf201() {
  const site = await listening({ answering: true });
  cleanups.push(site.stop);
  const charger = new RPCClient({
    endpoint: `ws://127.0.0.1:${site.port}/ocpp`,
    identity: IDENTITY,
    password: KEY,
    protocols: ['ocpp2.0.1', 'ocpp1.6'],
    strictMode: true,
    reconnect: false,
    // Its types ask for every option, its code for none.
  } as ConstructorParameters<typeof RPCClient>[0]);
  cleanups.push(() => charger.close({ force: true }));
  const command = (correlation: string, overrides: Partial<SouthCall>): void =>
    site.gateway.perform({
      type: 'call',
      charger: IDENTITY,
      action: 'Reset',
      raw: '{"type":"Hard"}',
      timeoutMs: 5_000,
      replyTo: 'link/x',
      correlation,
      ...overrides,
    });
  return { site, charger, command };
}

test('ocpp-rpc as a charger of 2.0.1 is let in, answered, commanded in both versions and told errors', async () => {
  const { site, charger, command } = await aChargerOf201();
  const resets: unknown[] = [];
  charger.handle('Reset', async ({ params }: { params?: unknown }) => {
    resets.push(params);
    return { status: 'Accepted' };
  });
  await charger.connect();
  expect(charger.protocol).toBe('ocpp2.0.1');
  const status = {
    timestamp: '2026-01-01T12:00:00Z',
    connectorStatus: 'Available',
    evseId: 1,
    connectorId: 1,
  };
  expect(await charger.call('StatusNotification', status)).toEqual({});
  expect(dataOf(site.host.ofType('south.opened')[0]).subprotocol).toBe('ocpp2.0.1');
  expect(dataOf(site.host.ofType('south.called')[0]).version).toBe('2.0.1');
  expect(site.host.ofType('south.called')[0]?.transient).toEqual(status);

  command('1.6', {});
  command('2.0.1', { version: '2.0.1', raw: '{"type":"OnIdle","evseId":1}' });
  command('unknown', { version: '2.0.1', action: 'ClearCache', raw: '{}' });
  await until(() => site.host.ofType('south.failed').length === 1);
  expect(resets).toEqual([{ type: 'Immediate' }, { type: 'OnIdle', evseId: 1 }]);
  expect(site.host.ofType('south.answered').map((one) => [one.correlation, dataOf(one).version])).toEqual([
    ['1.6', undefined],
    ['2.0.1', '2.0.1'],
  ]);
  expect(dataOf(site.host.ofType('south.failed')[0])).toMatchObject({
    kind: 'error',
    error: { code: 'NotImplemented' },
  });
});

async function aCpms(protocols: string[]) {
  const cpms = new RPCServer({ protocols, strictMode: true });
  cleanups.push(() => cpms.close({ force: true }));
  cpms.auth((accept) => accept({}));
  const seen: unknown[] = [];
  let command: Promise<unknown> | undefined;
  cpms.on('client', (client) => {
    client.handle('StatusNotification', async ({ params }: { params?: unknown }) => {
      seen.push(params);
      command = client.call('GetBaseReport', { requestId: 7, reportBase: 'FullInventory' });
      return {};
    });
  });
  const http = await cpms.listen(0, '127.0.0.1');
  const { port } = http.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}/cpms`, seen, commandAnswer: () => command };
}

function aNorth(url: string) {
  const clock = new SystemClock();
  const host = new FakeHost();
  const gateway = createNorthGateway({
    clock,
    random: systemRandom,
    log: silentLog,
    post: host.post,
    mappers: fakeMappers,
    dialer: createWsDialer({ clock, handshakeTimeoutMs: 2_000 }),
    backendOf: () => ({ url, password: 'upstream-key' }),
    chargerIsWaiting: () => false,
  });
  cleanups.push(() => gateway.close());
  const dial = async (prefer?: NorthDial['prefer']): Promise<Record<string, unknown>> => {
    const before = host.taken.length;
    gateway.perform({ type: 'dial', charger: 'CP+1', ...(prefer === undefined ? {} : { prefer }) });
    await until(() => host.taken.length > before);
    return { type: host.taken[before]?.type, ...dataOf(host.taken[before]) };
  };
  const call = (overrides: Partial<NorthCall>): void =>
    gateway.perform({
      type: 'call',
      charger: 'CP+1',
      action: 'StatusNotification',
      raw: '{"connectorId":2,"errorCode":"NoError","status":"Available"}',
      timeoutMs: 5_000,
      replyTo: 'link/CP+1',
      correlation: 'c',
      ...overrides,
    });
  return { host, gateway, dial, call };
}

test('ocpp-rpc as a CPMS of 2.0.1 takes translated messages, and its commands arrive and are answered', async () => {
  const cpms = await aCpms(['ocpp2.0.1']);
  const north = aNorth(cpms.url);
  expect(await north.dial()).toMatchObject({ type: 'north.opened', subprotocol: 'ocpp2.0.1' });
  north.call({});
  await until(() => north.host.ofType('north.called').length === 1);
  const { socketId, messageId, version, action } = dataOf(north.host.ofType('north.called')[0]);
  expect([version, action]).toEqual(['2.0.1', 'GetBaseReport']);
  expect(cpms.seen).toMatchObject([{ connectorStatus: 'Available', evseId: 2, connectorId: 1 }]);
  const asked = { charger: 'CP+1', socketId: String(socketId), messageId: String(messageId) };
  north.gateway.perform({ type: 'answer', ...asked, version: '2.0.1', raw: '{"status":"NotSupported"}' });
  expect(await cpms.commandAnswer()).toEqual({ status: 'NotSupported' });
  await until(() => north.host.ofType('north.answered').length === 1);
  expect(dataOf(north.host.ofType('north.answered')[0])).toMatchObject({
    action: 'StatusNotification',
    raw: '{}',
  });
});

describe('a CPMS that speaks both', () => {
  test.each([
    [undefined, 'ocpp1.6'],
    ['1.6', 'ocpp1.6'],
    ['2.0.1', 'ocpp2.0.1'],
  ] as const)(
    'and takes the first offer is spoken to as the charger is: %s makes %s',
    async (prefer, chosen) => {
      const { url } = await aWsCpms();
      expect(await aNorth(url).dial(prefer)).toMatchObject({ type: 'north.opened', subprotocol: chosen });
    },
  );

  test('and has an order of its own is taken at its word', async () => {
    const cpms = await aCpms(['ocpp1.6', 'ocpp2.0.1']);
    expect(await aNorth(cpms.url).dial('2.0.1')).toMatchObject({ subprotocol: 'ocpp1.6' });
  });
});

/** Chooses the first offer, or what is given. */
async function aWsCpms(options: { handleProtocols?: () => string } = {}) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  await new Promise((resolve) => server.once('listening', resolve));
  cleanups.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const offers: unknown[] = [];
  server.on('headers', (_headers, request) => offers.push(request.headers['sec-websocket-protocol']));
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, offers };
}

describe('a CPMS that refuses the handshake for its subprotocols', () => {
  /** Compares the whole header with the one name that it knows. */
  async function aPickyCpms(known: string, refuse: number): Promise<{ url: string; offers: string[] }> {
    const offers: string[] = [];
    const sockets = new WebSocketServer({ noServer: true });
    const http = createServer();
    http.on('upgrade', (request, socket, head) => {
      const offer = String(request.headers['sec-websocket-protocol']);
      offers.push(offer);
      if (offer !== known) socket.end(`HTTP/1.1 ${refuse} No\r\nConnection: close\r\n\r\n`);
      else sockets.handleUpgrade(request, socket, head, () => undefined);
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => {
      for (const client of sockets.clients) client.terminate();
      http.close();
    });
    return { url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`, offers };
  }

  test.each([400, 426])('with %s is offered one at the next dial, and then the other', async (status) => {
    const cpms = await aPickyCpms('ocpp1.6', status);
    const north = aNorth(cpms.url);
    const ends = [await north.dial('2.0.1'), await north.dial('2.0.1'), await north.dial('2.0.1')];
    expect(ends.map(({ type }) => type)).toEqual(['north.dialFailed', 'north.dialFailed', 'north.opened']);
    expect(cpms.offers).toEqual(['ocpp2.0.1,ocpp1.6', 'ocpp2.0.1', 'ocpp1.6']);
  });

  test('with another status is offered the same again', async () => {
    const cpms = await aPickyCpms('ocpp1.6', 503);
    const north = aNorth(cpms.url);
    await north.dial();
    await north.dial();
    expect(cpms.offers).toEqual(['ocpp1.6,ocpp2.0.1', 'ocpp1.6,ocpp2.0.1']);
  });

  test('by choosing what was not offered is offered another', async () => {
    const { url, offers } = await aWsCpms({ handleProtocols: () => 'ocpp2.1' });
    const north = aNorth(url);
    expect(await north.dial()).toMatchObject({ type: 'north.dialFailed', cause: 'upgrade' });
    await north.dial();
    expect(offers).toEqual(['ocpp1.6,ocpp2.0.1', 'ocpp1.6']);
  });
});
