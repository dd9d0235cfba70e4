import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import type { SouthServerLimits } from '../../adapters/ocpp-south/server.ts';
import { makeCertificate } from '../helpers/certificates.ts';
import {
  aKeeper,
  dial,
  KEY,
  listening,
  nextMessage,
  PASSWORD,
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

const limited = (limits: Partial<SouthServerLimits>) => ({ server: { limits } });
const OTHER = '127.0.0.2';

/** Milliseconds from the request's head to the refusal's end. */
async function refusalMs(port: number, identity: string, key: string): Promise<number> {
  const { socket, ended } = rawTcp(port);
  await new Promise((resolve) => socket.once('connect', resolve));
  const authorization = Buffer.from(`${identity}:${key}`).toString('base64');
  const startedAt = performance.now();
  socket.write(upgradeHead(`/${identity}`, `Authorization: Basic ${authorization}\r\n`));
  const reply = (await ended).toString();
  expect(reply).toMatch(/^HTTP\/1.1 401/);
  return performance.now() - startedAt;
}

describe('failed logins', () => {
  test('hold the pair of address and identity: even the right key is refused there, and let in from elsewhere', async () => {
    const { url, server } = await aSite();
    for (let n = 0; n < 5; n += 1)
      expect((await dial(url('CP-known'), { key: 'wrong', localAddress: OTHER })).outcome).toBe(401);
    expect((await dial(url('CP-known'), { key: KEY, localAddress: OTHER })).outcome).toBe(401);
    expect(server.refused()[0]).toMatchObject({ cause: 'tooManyFailures', remote: OTHER });
    expect((await dial(url('CP-known'), { key: KEY })).outcome).toBe('open');
  });

  test('do not touch a charger that is connected', async () => {
    const { url, host } = await aSite({ answering: true });
    const { socket } = await dial(url('CP-known'), { key: KEY });
    for (let n = 0; n < 8; n += 1) await dial(url('CP-known'), { key: 'wrong' });
    const reply = nextMessage(socket);
    socket.send('[2,"1","Heartbeat",{}]');
    expect(await reply).toEqual([3, '1', {}]);
    expect(host.ofType('south.closed')).toEqual([]);
  });

  test('as many identities hold the address, but not the keys of its other chargers', async () => {
    const { url } = await aSite();
    for (const identity of ['A', 'B', 'C', 'D', 'E']) await dial(url(identity), { key: 'wrong' });
    expect((await dial(url('CP-weak'), { key: PASSWORD })).outcome).toBe(401);
    expect((await dial(url('CP-weak'), { key: PASSWORD, localAddress: OTHER })).outcome).toBe('open');
    expect((await dial(url('CP-known'), { key: KEY })).outcome).toBe('open');
  });

  test('look the same for known and unknown identities, held or not', async () => {
    const { port } = await aSite();
    const replies = new Set<string>();
    for (const identity of ['CP-known', 'CP-unknown', 'CP-new', 'CP-weak'])
      for (let n = 0; n < 7; n += 1) {
        const { socket, ended } = rawTcp(port);
        socket.write(upgradeHead(`/${identity}`));
        replies.add((await ended).toString());
      }
    expect([...replies]).toHaveLength(1);
  });

  test('take the same time for known and unknown identities, keys and passwords, held or not', async () => {
    const stepMs = 40;
    const { port } = await aSite(limited({ refusalStepMs: stepMs }));
    const identities = ['CP-known', 'CP-unknown', 'CP-weak', 'CP-new'];
    const tookMs = new Map<string, number[]>(identities.map((identity) => [identity, []]));
    // Interleaved, so that a busy moment of the machine meets all of them.
    for (let n = 0; n < 12; n += 1)
      for (const identity of identities) tookMs.get(identity)?.push(await refusalMs(port, identity, 'wrong'));
    const medians = [...tookMs.values()].map((all) => all.sort((a, b) => a - b)[all.length / 2] ?? 0);
    expect(Math.min(...medians)).toBeGreaterThanOrEqual(stepMs - 2);
    expect(Math.max(...medians) - Math.min(...medians)).toBeLessThan(stepMs / 2);
  });
});

describe('a password', () => {
  test('lets in, wrong or none does not', async () => {
    const { url } = await aSite();
    expect((await dial(url('CP-weak'), { key: 'wrong' })).outcome).toBe(401);
    expect((await dial(url('CP-weak'))).outcome).toBe(401);
    expect((await dial(url('CP-weak'), { key: PASSWORD })).outcome).toBe('open');
    expect((await dial(url('CP-weak'), { key: PASSWORD })).outcome).toBe('open');
  });

  test('of a charger that leaves while it is being proven is nobody’s any more', async () => {
    const { port, host, server } = await aSite();
    const { socket, ended } = rawTcp(port);
    const authorization = Buffer.from(`CP-weak:${PASSWORD}`).toString('base64');
    socket.write(upgradeHead('/CP-weak', `Authorization: Basic ${authorization}\r\n`), () =>
      socket.destroy(),
    );
    await ended;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(host.ofType('south.opened').length).toBe(host.ofType('south.closed').length);
    expect(server.refused().filter((one) => one.cause === 'badCredentials')).toEqual([]);
  });
});

describe('a second socket for the same charger', () => {
  test('that waits for the verdict loses to the charger that comes back meanwhile', async () => {
    const contested: string[] = [];
    const { port, url, gateway, host } = await aSite({
      limits: { silentAfterMs: 400 },
      server: { onContested: (identity, remote) => contested.push(`${identity} ${remote}`) },
    });
    const mute = rawTcp(port);
    mute.socket.write(upgradeHead('/CP-open', 'Sec-WebSocket-Protocol: ocpp1.6\r\n'));
    await until(() => gateway.connected('CP-open') !== undefined);
    const rival = dial(url('CP-open'), { localAddress: OTHER });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await dial(url('CP-open'))).outcome).toBe('open');
    expect((await rival).outcome).toBe(409);
    await mute.ended;
    expect(gateway.connected('CP-open')?.remote).toBe('127.0.0.1');
    expect(host.taken.map((one) => one.type)).toEqual(['south.opened', 'south.closed', 'south.opened']);
    expect(contested).toEqual([`CP-open ${OTHER}`]);
  });

  test('from the same address with a wrong key touches nothing', async () => {
    const { url, gateway, host } = await aSite();
    await dial(url('CP-known'), { key: KEY });
    await until(() => gateway.connected('CP-known') !== undefined);
    const before = gateway.connected('CP-known')?.socketId;
    expect((await dial(url('CP-known'), { key: 'wrong' })).outcome).toBe(401);
    expect(gateway.connected('CP-known')?.socketId).toBe(before);
    expect(host.taken).toHaveLength(1);
  });

  test('and a third one at the same time: the third is refused at once', async () => {
    const { url, gateway } = await aSite({ limits: { silentAfterMs: 2_000 } });
    const { socket } = await dial(url('CP-open'));
    await until(() => gateway.connected('CP-open') !== undefined);
    socket.pause();
    const second = dial(url('CP-open'), { localAddress: OTHER });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const startedAt = performance.now();
    expect((await dial(url('CP-open'), { localAddress: '127.0.0.3' })).outcome).toBe(409);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    socket.resume();
    expect((await second).outcome).toBe(409);
  });
});

describe('connections that go nowhere', () => {
  /** Of each kind; the time-outs are those of production divided by twenty. */
  const EACH = 30;
  const [STAGE_MS, STALL_MS] = [250, 500];
  const CLOSED_WITHIN_MS = 3_000;

  test('are closed in time, whatever stage they stop at, and a good charger is served meanwhile', async () => {
    const issuer = await makeCertificate({ commonName: 'authority', issuer: null, isAuthority: true });
    const own = await makeCertificate({ commonName: 'holdfast', issuer, purpose: 'server' });
    const material = { certificate: own.certificate, key: own.key, clientCa: null };
    const { port, tlsPort, url, gateway, server } = await aSite({
      answering: true,
      server: {
        keeper: aKeeper(),
        listenTls: { host: '127.0.0.1', port: 0, material, asksCertificates: false },
        limits: {
          pendingPerAddressMax: 8 * EACH,
          handshakeTimeoutMs: STAGE_MS,
          frameStallMs: STALL_MS,
        },
      },
    });
    const { socket: good } = await dial(url('CP-open-good'));
    const startedAt = performance.now();
    const stuck: Array<Promise<unknown>> = [];
    const write = (text: string | Buffer, toPort = port): ReturnType<typeof rawTcp> => {
      const raw = rawTcp(toPort);
      raw.socket.write(text);
      stuck.push(raw.ended);
      return raw;
    };
    for (let n = 0; n < EACH; n += 1) {
      stuck.push(rawTcp(port).ended, rawTcp(tlsPort).ended);
      write(Buffer.from('1603010200010001fc0303', 'hex'), tlsPort);
      write('GET /CP-');
      write(upgradeHead('/CP-open').slice(0, -2));
      // Half a frame can be sent only by a charger that was let in.
      const half = write(upgradeHead(`/CP-open-${n}`, 'Sec-WebSocket-Protocol: ocpp1.6\r\n'));
      half.socket.once('data', () =>
        half.socket.write(Buffer.from([0x81, 0xfe, 0x0f, 0xff, 0, 0, 0, 0, 0x5b])),
      );
      const afterTls = connectTls({ port: tlsPort, host: '127.0.0.1', rejectUnauthorized: false });
      afterTls.on('error', () => undefined);
      stuck.push(new Promise((resolve) => afterTls.on('close', resolve)));
    }
    const latenciesMs: number[] = [];
    let isOver = false;
    const heartbeats = (async () => {
      for (let n = 0; !isOver; n += 1) {
        const askedAt = performance.now();
        const reply = nextMessage(good);
        good.send(`[2,"h${n}","Heartbeat",{}]`);
        await reply;
        latenciesMs.push(performance.now() - askedAt);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    await Promise.all(stuck);
    expect(performance.now() - startedAt).toBeLessThan(CLOSED_WITHIN_MS);
    isOver = true;
    await heartbeats;
    expect(latenciesMs.length).toBeGreaterThan(10);
    expect(Math.max(...latenciesMs)).toBeLessThan(500);
    await until(() => gateway.connections().length === 1);
    expect(server.refused().map((one) => one.cause)).toEqual(['tooSlow']);
    // Nothing is left that counts against the address.
    expect((await dial(url('CP-open-later'))).outcome).toBe('open');
  });

  const connected = ({ socket }: ReturnType<typeof rawTcp>): Promise<unknown> => once(socket, 'connect');

  test('wait beyond 128 of one address until one of them is gone; chargers of another address come in', async () => {
    const { port, url, server } = await aSite();
    const idle = Array.from({ length: 128 }, () => rawTcp(port));
    await Promise.all(idle.map(connected));
    // The listener takes them one by one.
    await new Promise((resolve) => setTimeout(resolve, 200));
    let outcome: unknown = 'none yet';
    const beyond = dial(url('CP-open')).then((attempt) => (outcome = attempt.outcome));
    expect((await dial(url('CP-open-2'), { localAddress: OTHER })).outcome).toBe('open');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(outcome).toBe('none yet');
    idle[20]?.socket.destroy();
    expect(await beyond).toBe('open');
    expect(server.refused()).toEqual([]);
  });

  test('come in when those before them are cut for being slow', async () => {
    const { port, url } = await aSite(limited({ pendingPerAddressMax: 2, handshakeTimeoutMs: 200 }));
    await Promise.all([rawTcp(port), rawTcp(port), rawTcp(port)].map(connected));
    expect((await dial(url('CP-open'))).outcome).toBe('open');
  });

  test('are dropped where as many wait already as may: half of them of one address', async () => {
    const limits = { pendingPerAddressMax: 1, waitingMax: 4, handshakeTimeoutMs: 1_000 };
    const { port, url, server } = await aSite(limited(limits));
    await Promise.all([rawTcp(port), rawTcp(port), rawTcp(port)].map(connected));
    expect((await rawTcp(port).ended).length).toBe(0);
    expect(server.refused()).toMatchObject([{ cause: 'tooManyPending', remote: '127.0.0.1', count: 1 }]);
    expect((await dial(url('CP-open'), { localAddress: OTHER })).outcome).toBe('open');
  });

  test('are dropped when it was never their turn, and make room in the line', async () => {
    const limits = { pendingPerAddressMax: 1, waitingMax: 2, waitMs: 150, handshakeTimeoutMs: 1_500 };
    const { port, url, server } = await aSite(limited(limits));
    const first = rawTcp(port);
    await connected(first);
    const second = rawTcp(port);
    expect((await second.ended).length).toBe(0);
    expect(server.refused()).toMatchObject([{ cause: 'tooManyPending', remote: '127.0.0.1', count: 1 }]);
    const third = dial(url('CP-open'));
    first.socket.destroy();
    expect((await third).outcome).toBe('open');
  });

  test('are ended with the listener, those in line too', async () => {
    const { port } = await aSite(limited({ pendingPerAddressMax: 1 }));
    const both = [rawTcp(port), rawTcp(port)];
    await Promise.all(both.map(connected));
    await stop();
    stop = async () => undefined;
    for (const { ended } of both) expect((await ended).length).toBe(0);
  });

  test.each(['plain', 'TLS'])('come in at the first try, 200 of one address at once, %s', async (how) => {
    const issuer = await makeCertificate({ commonName: 'authority', issuer: null, isAuthority: true });
    const own = await makeCertificate({ commonName: 'holdfast', issuer, purpose: 'server' });
    const material = { certificate: own.certificate, key: own.key, clientCa: null };
    const listenTls = { host: '127.0.0.1', port: 0, material, asksCertificates: false };
    const { port, tlsPort, gateway, server } = await aSite({ server: { keeper: aKeeper(), listenTls } });
    // All connections have reached the listener before the first of them says a word, as over a slow line.
    const raws = Array.from({ length: 200 }, () => rawTcp(how === 'TLS' ? tlsPort : port));
    await Promise.all(raws.map(connected));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const answers = raws.map(async ({ socket, ended }, no) => {
      const spoken =
        how === 'TLS' ? connectTls({ socket, ca: issuer.certificate, host: '127.0.0.1' }) : socket;
      spoken.on('error', () => undefined);
      spoken.write(upgradeHead(`/CP-open-${no}`, 'Sec-WebSocket-Protocol: ocpp1.6\r\n'));
      const answered = once(spoken, 'data').then(([data]) => String(data).slice(0, 12));
      return Promise.race([answered, ended.then(() => 'closed')]);
    });
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['HTTP/1.1 101']));
    expect(gateway.connections()).toHaveLength(200);
    expect(server.refused()).toEqual([]);
    for (const { socket } of raws) socket.destroy();
  });

  test('do not count once they are let in: 150 chargers behind one address', async () => {
    const { url, gateway } = await aSite();
    for (let n = 0; n < 150; n += 1) expect((await dial(url(`CP-open-${n}`))).outcome).toBe('open');
    expect(gateway.connections()).toHaveLength(150);
  });
});

describe('a frame', () => {
  test('that comes in parts, each in time, is taken however long it is on its way', async () => {
    const { url, host } = await aSite(limited({ frameStallMs: 150 }));
    const { socket } = await dial(url('CP-open'));
    const text = Buffer.from('[2,"1","Heartbeat",{}]');
    const mask = Buffer.alloc(4);
    const frame = Buffer.concat([Buffer.from([0x81, 0x80 | text.length]), mask, text]);
    const stream = (socket as unknown as { _socket: NodeJS.WritableStream })._socket;
    for (const byte of frame) {
      stream.write(Buffer.from([byte]));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await until(() => host.ofType('south.called').length === 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(socket.readyState).toBe(socket.OPEN);
  });
});
