import { afterEach, describe, expect, test } from 'vitest';
import { dataOf } from '../unit/adapters/ocpp/helpers.ts';
import {
  closeCode,
  dial,
  KEY,
  listening,
  nextMessage,
  rawTcp,
  until,
  upgradeHead,
} from '../unit/adapters/ocpp-south/listening.ts';

let stop: () => Promise<void> = async () => undefined;
afterEach(() => stop());

async function aSite(options: Parameters<typeof listening>[0] = {}) {
  const site = await listening(options);
  stop = site.stop;
  return site;
}

describe('admission', () => {
  test.each([
    ['CP-open', {}, 'open'],
    ['CP-open', { key: 'whatever' }, 'open'],
    ['CP-known', { key: KEY }, 'open'],
    ['CP-known', { key: 'wrong' }, 401],
    ['CP-known', { key: KEY, user: 'CP-open' }, 401],
    ['CP-known', {}, 401],
    ['CP-unknown', { key: KEY }, 401],
    ['CP-unknown', {}, 401],
    ['CP-new', {}, 401],
    ['not an identity', {}, 404],
  ] as const)('%s with %o ends as %s', async (identity, credentials, outcome) => {
    const { url } = await aSite();
    expect((await dial(url(identity), credentials)).outcome).toBe(outcome);
  });

  test('refusals of known and unknown identities are the same bytes, and reach nobody but the list of refusals', async () => {
    const { port, host, server } = await aSite();
    const replies = [];
    for (const identity of ['CP-known', 'CP-unknown', 'CP-new']) {
      const { socket, ended } = rawTcp(port);
      socket.write(upgradeHead(`/${identity}`));
      replies.push((await ended).toString());
    }
    expect(new Set(replies).size).toBe(1);
    expect(host.taken).toEqual([]);
    expect(server.refused().map((one) => [one.identity, one.cause])).toEqual([
      ['CP-new', 'quarantined'],
      ['CP-unknown', 'rejected'],
      ['CP-known', 'badCredentials'],
    ]);
  });

  test('a plain HTTP request is told to upgrade', async () => {
    const { port } = await aSite();
    expect((await fetch(`http://127.0.0.1:${port}/CP-open`)).status).toBe(426);
  });

  test('a connection that says nothing, or never ends its head, is closed in time', async () => {
    const { port } = await aSite({ server: { limits: { handshakeTimeoutMs: 300 } } });
    const silent = rawTcp(port);
    const slow = rawTcp(port);
    slow.socket.write('GET /CP-open HTTP/1.1\r\nHost: x\r\n');
    const startedAt = performance.now();
    await Promise.all([silent.ended, slow.ended]);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  test('a head of more than 8 KiB is refused', async () => {
    const { port, host } = await aSite();
    const { socket, ended } = rawTcp(port);
    socket.write(upgradeHead('/CP-open', `X-Big: ${'x'.repeat(9_000)}\r\n`));
    expect((await ended).toString()).toMatch(/^HTTP\/1.1 4/);
    expect(host.taken).toEqual([]);
  });
});

describe('the subprotocol', () => {
  test.each([
    [['ocpp2.0.1', 'ocpp1.6'], ['2.0.1', '1.6'], 'ocpp2.0.1'],
    [['ocpp1.6', 'ocpp2.0.1'], ['2.0.1', '1.6'], 'ocpp1.6'],
    [['ocpp2.1', 'ocpp2.0.1', 'ocpp1.6'], ['1.6', '2.0.1'], 'ocpp2.0.1'],
    [['ocpp2.0.1', 'ocpp1.6'], ['1.6'], 'ocpp1.6'],
  ] as const)(
    'of %j, where %j may be spoken, is %s: the first of the charger',
    async (protocols, versions, chosen) => {
      const { url, host } = await aSite({ server: { versions } });
      const { socket } = await dial(url('CP-open'), { protocols: [...protocols] });
      expect(socket.protocol).toBe(chosen);
      await until(() => host.taken.length === 1);
      expect(dataOf(host.taken[0]).subprotocol).toBe(chosen);
    },
  );

  test('is chosen anew each time the charger comes', async () => {
    const { url, host } = await aSite();
    for (const protocol of ['ocpp1.6', 'ocpp2.0.1', 'ocpp1.6'])
      expect((await dial(url('CP-open'), { protocols: [protocol] })).socket.protocol).toBe(protocol);
    await until(() => host.ofType('south.opened').length === 3);
    expect(host.ofType('south.opened').map((one) => dataOf(one).subprotocol)).toEqual([
      'ocpp1.6',
      'ocpp2.0.1',
      'ocpp1.6',
    ]);
  });

  test('only others: the handshake ends without one, then the socket is closed, unseen by any actor', async () => {
    const { port, host, server } = await aSite();
    const { socket, ended } = rawTcp(port);
    socket.write(upgradeHead('/CP-open', 'Sec-WebSocket-Protocol: ocpp2.1\r\n'));
    socket.on('data', () => socket.end());
    const reply = (await ended).toString('latin1');
    expect(reply).toMatch(/^HTTP\/1.1 101/);
    expect(reply).not.toMatch(/sec-websocket-protocol/i);
    expect(host.taken).toEqual([]);
    expect(server.refused()[0]?.cause).toBe('noCommonSubprotocol');
  });

  test('none offered: let in and flagged, unless that quirk is switched off', async () => {
    const lenient = await aSite();
    expect((await dial(lenient.url('CP-open'), { protocols: [] })).outcome).toBe('open');
    await until(() => lenient.gateway.connected('CP-open') !== undefined);
    expect(lenient.gateway.connected('CP-open')?.subprotocolMissing).toBe(true);
    await lenient.stop();
    const strict = await aSite({ server: { allowMissingSubprotocol: false } });
    const { socket } = await dial(strict.url('CP-open'), { protocols: [] });
    expect(await closeCode(socket)).toBe(1002);
    expect(strict.host.taken).toEqual([]);
    await strict.stop();
    const modern = await aSite({ server: { versions: ['2.0.1'] } });
    expect(await closeCode((await dial(modern.url('CP-open'), { protocols: [] })).socket)).toBe(1002);
  });
});

describe('a second socket for the same charger', () => {
  const limits = { silentAfterMs: 300 };

  test('from the same address wins at once', async () => {
    const { url, host, gateway } = await aSite({ limits });
    const first = await dial(url('CP-open'));
    const gone = closeCode(first.socket);
    expect((await dial(url('CP-open'))).outcome).toBe('open');
    await gone;
    expect(host.taken.map((one) => one.type)).toEqual(['south.opened', 'south.closed', 'south.opened']);
    expect(gateway.connections()).toHaveLength(1);
  });

  test('from elsewhere is refused while the first answers a ping', async () => {
    const { url, host, server } = await aSite({ limits });
    const first = await dial(url('CP-open'));
    expect((await dial(url('CP-open'), { localAddress: '127.0.0.2' })).outcome).toBe(409);
    expect(server.refused()[0]).toMatchObject({ cause: 'alreadyConnected', remote: '127.0.0.2' });
    first.socket.send('[2,"1","Heartbeat",{}]');
    await until(() => host.ofType('south.called').length === 1);
    expect(host.ofType('south.closed')).toEqual([]);
  });

  test('from elsewhere wins when the first stays silent', async () => {
    const { url, port, host, gateway } = await aSite({ limits });
    const mute = rawTcp(port);
    mute.socket.write(upgradeHead('/CP-open', 'Sec-WebSocket-Protocol: ocpp1.6\r\n'));
    await until(() => gateway.connected('CP-open') !== undefined);
    expect((await dial(url('CP-open'), { localAddress: '127.0.0.2' })).outcome).toBe('open');
    await mute.ended;
    expect(host.taken.map((one) => one.type)).toEqual(['south.opened', 'south.closed', 'south.opened']);
    expect(gateway.connected('CP-open')?.remote).toBe('127.0.0.2');
  });

  test('with bad credentials does not even cause a ping', async () => {
    const { url, gateway, host } = await aSite({ limits });
    await dial(url('CP-known'), { key: KEY });
    expect((await dial(url('CP-known'), { key: 'wrong', localAddress: '127.0.0.2' })).outcome).toBe(401);
    expect(gateway.connected('CP-known')?.remote).toBe('127.0.0.1');
    expect(host.taken).toHaveLength(1);
  });
});

describe('an open socket', () => {
  test('carries CALLs both ways over the wire', async () => {
    const { url, host, gateway } = await aSite({ answering: true });
    const { socket } = await dial(url('CP-open'));
    const reply = nextMessage(socket);
    socket.send('[2,"1","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]');
    expect(await reply).toEqual([3, '1', {}]);
    socket.once('message', (data) => {
      const [, id] = JSON.parse(String(data)) as [number, string];
      socket.send(`[3,"${id}",{"status":"Accepted"}]`);
    });
    const call = {
      action: 'Reset',
      raw: '{"type":"Soft"}',
      timeoutMs: 5_000,
      replyTo: 'charger/CP-open',
      correlation: 'c',
    };
    gateway.perform({ type: 'call', charger: 'CP-open', ...call });
    await until(() => host.ofType('south.answered').length === 1);
  });

  test.each([
    ['a binary frame', Buffer.from([1, 2, 3]), 1003],
    ['a frame above 256 KiB', 'x'.repeat(256 * 1024 + 1), 1009],
  ])('is closed for %s with %s', async (_what, data, code) => {
    const { url } = await aSite();
    const { socket } = await dial(url('CP-open'));
    socket.send(data);
    expect(await closeCode(socket)).toBe(code);
  });

  test('is cut when its peer reads nothing of more than 1 MiB', async () => {
    const { port, gateway, host } = await aSite({ limits: { queueMax: 100_000 } });
    const mute = rawTcp(port);
    mute.socket.write(upgradeHead('/CP-open', 'Sec-WebSocket-Protocol: ocpp1.6\r\n'));
    await until(() => gateway.connected('CP-open') !== undefined);
    mute.socket.pause();
    let n = 0;
    const data = 'x'.repeat(200_000);
    while (gateway.connected('CP-open') !== undefined && n < 500) {
      n += 1;
      gateway.call('CP-open', {
        action: 'DataTransfer',
        raw: `{"vendorId":"v","data":"${data}"}`,
        timeoutMs: 1,
        settle: () => undefined,
      });
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    await until(() => host.ofType('south.closed').length === 1);
    expect(dataOf(host.ofType('south.closed')[0]).code).toBe(1006);
  });
});
