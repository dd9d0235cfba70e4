import { once } from 'node:events';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { GateVerdict } from '../../adapters/ocpp-south/admission.ts';
import type { SouthServerLimits } from '../../adapters/ocpp-south/server.ts';
import {
  type ChargerCertificates,
  type ClientCase,
  fingerprintOf,
  makeChargerCertificates,
} from '../helpers/charger-certificates.ts';
import {
  aKeeper,
  closeCode,
  dial,
  KEY,
  listening,
  rawTcp,
  type TlsClient,
  until,
  upgradeHead,
} from '../unit/adapters/ocpp-south/listening.ts';

/** Lets this side offer what the server must refuse. */
const ANY_CIPHER = 'DEFAULT@SECLEVEL=0';

let made: ChargerCertificates;
beforeAll(async () => {
  made = await makeChargerCertificates();
});

let stop: () => Promise<void> = async () => undefined;
afterEach(() => stop());

/** `CP-01` and `CP-02` need profile 3, `CP-pinned` the pinned certificate, `CP-two` profile 2, `CP-one` profile 1. */
async function aSite(
  options: { pin?: ClientCase; limits?: Partial<SouthServerLimits>; silentAfterMs?: number } = {},
) {
  const keeper = aKeeper();
  const secret = keeper.keep(KEY);
  const doors: Record<string, GateVerdict> = {
    'CP-01': { outcome: 'accept', profile: 3, pinnedSha256: null },
    'CP-02': { outcome: 'accept', profile: 3, pinnedSha256: null },
    'CP-pinned': {
      outcome: 'accept',
      profile: 3,
      pinnedSha256: fingerprintOf(made.client[options.pin ?? 'ofItself']),
    },
    'CP-two': { outcome: 'accept', profile: 2, secret },
    'CP-one': { outcome: 'accept', profile: 1, secret },
  };
  const contested: string[] = [];
  const site = await listening({
    limits: { silentAfterMs: options.silentAfterMs ?? 300 },
    server: {
      keeper,
      listenTls: {
        host: '127.0.0.1',
        port: 0,
        material: {
          certificate: made.server.certificate,
          key: made.server.key,
          clientCa: made.authority.certificate + made.rsaAuthority.certificate,
        },
        asksCertificates: true,
      },
      gate: (identity) => doors[identity] ?? { outcome: 'reject' },
      onContested: (identity, remote) => contested.push(`${identity} ${remote}`),
      limits: { refusalStepMs: 10, ...options.limits },
    },
  });
  stop = site.stop;
  return { ...site, contested };
}

function bearing(name: ClientCase): TlsClient {
  const { certificate, key } = made.client[name];
  return { cert: certificate, key, ca: made.authority.certificate, ciphers: ANY_CIPHER };
}

const anonymous = (): TlsClient => ({ ca: made.authority.certificate });

describe('a charger with a client certificate (profile 3)', () => {
  test.each<ClientCase>(['good', 'ofRsa'])('is let in with a %s one, and known by its key', async (name) => {
    const { tlsUrl, gateway } = await aSite();
    expect((await dial(tlsUrl('CP-01'), { tls: bearing(name) })).outcome).toBe('open');
    await until(() => gateway.connected('CP-01') !== undefined);
    expect(gateway.connected('CP-01')).toMatchObject({
      isSecure: true,
      clientKey: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test.each<[ClientCase, RegExp]>([
    ['expired', /CERT_HAS_EXPIRED/],
    ['notYetValid', /CERT_NOT_YET_VALID/],
    ['ofWrongAuthority', /UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/],
    ['ofItself', /SELF_SIGNED/],
    ['ofAnother', /common name is another identity/],
    ['ofTwoNames', /common name is another identity/],
    ['weakKey', /RSA key of 1024 bits/],
    ['sha1', /often a SHA-1 signature/],
    ['forServers', /INVALID_PURPOSE/],
  ])('is refused with one that is %s, and the reason is listed: %s', async (name, reason) => {
    const { tlsUrl, server, host } = await aSite();
    expect((await dial(tlsUrl('CP-01'), { tls: bearing(name) })).outcome).toBe(401);
    const [refusal] = server.refused();
    expect(refusal).toMatchObject({ identity: 'CP-01', remote: '127.0.0.1', cause: 'badCertificate' });
    expect(refusal?.detail).toMatch(reason);
    expect(host.taken).toEqual([]);
  });

  test('is refused without one, even with a password', async () => {
    const { tlsUrl, server } = await aSite();
    expect((await dial(tlsUrl('CP-01'), { tls: anonymous(), key: KEY })).outcome).toBe(401);
    expect(server.refused()[0]?.cause).toBe('noCertificate');
  });

  test('is refused when it calls itself by another name, known or unknown', async () => {
    const { tlsUrl, server } = await aSite();
    for (const identity of ['CP-02', 'CP-03'])
      expect((await dial(tlsUrl(identity), { tls: bearing('good') })).outcome).toBe(401);
    expect(server.refused().map((one) => [one.identity, one.cause])).toEqual([
      ['CP-03', 'rejected'],
      ['CP-02', 'badCertificate'],
    ]);
  });
});

describe('a charger with a pinned certificate', () => {
  test('is let in with that one, whoever issued it and whatever its name', async () => {
    const { tlsUrl } = await aSite();
    expect((await dial(tlsUrl('CP-pinned'), { tls: bearing('ofItself') })).outcome).toBe('open');
  });

  test('is refused with another one of the right authority', async () => {
    const { tlsUrl, server } = await aSite();
    expect((await dial(tlsUrl('CP-pinned'), { tls: bearing('good') })).outcome).toBe(401);
    expect(server.refused()[0]?.detail).toBe('not the pinned certificate');
  });

  test.each<[ClientCase, string]>([
    ['expiredOfItself', 'CERT_HAS_EXPIRED'],
    ['weakKeyOfItself', 'RSA key of 1024 bits'],
  ])('is refused where that one is %s', async (name, detail) => {
    const { tlsUrl, server } = await aSite({ pin: name });
    expect((await dial(tlsUrl('CP-pinned'), { tls: bearing(name) })).outcome).toBe(401);
    expect(server.refused()[0]?.detail).toBe(detail);
  });

  test('lends it to nobody else', async () => {
    const { tlsUrl } = await aSite();
    expect((await dial(tlsUrl('CP-01'), { tls: bearing('ofItself') })).outcome).toBe(401);
  });
});

describe('a charger with a password', () => {
  test('over TLS (profile 2) is let in, with or without a certificate of its own', async () => {
    const { tlsUrl } = await aSite();
    expect((await dial(tlsUrl('CP-two'), { tls: anonymous(), key: KEY })).outcome).toBe('open');
    expect((await dial(tlsUrl('CP-two'), { tls: bearing('expired'), key: KEY })).outcome).toBe('open');
  });

  test('of profile 2 is refused over the unencrypted port, with the right password too', async () => {
    const { url, server, host } = await aSite();
    expect((await dial(url('CP-two'), { key: KEY })).outcome).toBe(401);
    expect((await dial(url('CP-01'))).outcome).toBe(401);
    expect(server.refused().map((one) => one.cause)).toEqual(['unencrypted', 'unencrypted']);
    expect(host.taken).toEqual([]);
  });

  test('of profile 1 may come in over either port', async () => {
    const { url, tlsUrl } = await aSite();
    expect((await dial(url('CP-one'), { key: KEY })).outcome).toBe('open');
    const overTls = await dial(tlsUrl('CP-one'), { tls: anonymous(), key: KEY, localAddress: '127.0.0.2' });
    expect(overTls.outcome).toBe(409);
  });

  test('that is wrong is refused over TLS with the bytes of every refusal', async () => {
    const { tlsPort } = await aSite();
    const replies = [];
    for (const identity of ['CP-two', 'CP-01', 'CP-unknown']) {
      const socket = connectTls({ port: tlsPort, host: '127.0.0.1', ca: made.authority.certificate });
      socket.write(upgradeHead(`/${identity}`));
      const chunks: Buffer[] = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      await once(socket, 'close');
      replies.push(Buffer.concat(chunks).toString());
    }
    expect(replies[0]).toMatch(/^HTTP\/1.1 401/);
    expect(new Set(replies).size).toBe(1);
  });
});

describe('the TLS handshake', () => {
  /** A client that trusts this site; what it says after its test is done is nobody's concern. */
  const client = (port: number, options: ConnectionOptions = {}): TLSSocket =>
    connectTls({ port, host: '127.0.0.1', ca: made.authority.certificate, ...options }).on(
      'error',
      () => undefined,
    );

  const handshake = (port: number, options: ConnectionOptions): Promise<string> => {
    const socket = client(port, options);
    return new Promise((resolve) => {
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.on('secureConnect', () => {
        resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
        socket.destroy();
      });
    });
  };

  test('prefers 1.3 and speaks 1.2, with AEAD suites', async () => {
    const { tlsPort } = await aSite();
    expect(await handshake(tlsPort, {})).toMatch(/^TLSv1.3 TLS_/);
    expect(await handshake(tlsPort, { maxVersion: 'TLSv1.2' })).toMatch(/^TLSv1.2 .*(GCM|CHACHA20)/);
  });

  test.each<[string, ConnectionOptions, string]>([
    [
      'TLS 1.0',
      { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: ANY_CIPHER },
      'ERR_SSL_UNSUPPORTED_PROTOCOL',
    ],
    [
      'TLS 1.1',
      { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: ANY_CIPHER },
      'ERR_SSL_UNSUPPORTED_PROTOCOL',
    ],
    [
      'suites without AEAD',
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA' },
      'ERR_SSL_NO_SHARED_CIPHER',
    ],
  ])('refuses %s, and lists why', async (_what, options, detail) => {
    const { tlsPort, server } = await aSite();
    expect(await handshake(tlsPort, options)).toMatch(/^(ERR_SSL|ECONNRESET)/);
    await until(() => server.refused().length === 1);
    expect(server.refused()[0]).toMatchObject({ cause: 'tlsHandshake', remote: '127.0.0.1', detail });
  });

  test('is not done twice: renegotiation ends the connection', async () => {
    const { tlsPort } = await aSite();
    const socket = client(tlsPort, { maxVersion: 'TLSv1.2' });
    await once(socket, 'secureConnect');
    const failed = once(socket, 'error');
    socket.renegotiate({}, () => undefined);
    expect(((await failed)[0] as NodeJS.ErrnoException).code).toMatch(/RENEGOTIATION|RESET/);
  });

  test('is never resumed, so that the certificate is looked at each time', async () => {
    const { tlsPort } = await aSite();
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const first = client(tlsPort, { maxVersion });
      await once(first, 'secureConnect');
      const session = first.getSession();
      first.destroy();
      const second = client(tlsPort, { maxVersion, ...(session ? { session } : {}) });
      await once(second, 'secureConnect');
      expect(second.isSessionReused()).toBe(false);
      second.destroy();
    }
  });

  test('refuses plain HTTP and noise without an answer in HTTP, and goes on serving', async () => {
    const { tlsPort, tlsUrl, server } = await aSite();
    for (const bytes of [upgradeHead('/CP-01'), 'noise'.repeat(100), Buffer.alloc(500, 0x16)]) {
      const { socket, ended } = rawTcp(tlsPort);
      socket.write(bytes);
      expect((await ended).toString('latin1')).not.toContain('HTTP/1.1');
    }
    const details = server.refused().map((one) => one.detail);
    expect(details).toContain('ERR_SSL_HTTP_REQUEST');
    expect(server.refused().every((one) => one.cause === 'tlsHandshake')).toBe(true);
    expect((await dial(tlsUrl('CP-01'), { tls: bearing('good') })).outcome).toBe('open');
  });

  test('that does not come to an end is cut in time, and listed', async () => {
    const { tlsPort, server } = await aSite({ limits: { handshakeTimeoutMs: 200 } });
    const silent = rawTcp(tlsPort);
    const half = rawTcp(tlsPort);
    half.socket.write(Buffer.from('1603010200010001fc0303', 'hex'));
    const startedAt = performance.now();
    await Promise.all([silent.ended, half.ended]);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(server.refused()[0]).toMatchObject({ cause: 'tooSlow', remote: '127.0.0.1', count: 2 });
  });
});

describe('a second TLS socket for the same charger', () => {
  test('with the same key wins at once, from any address; the late end of the first touches nothing', async () => {
    const { tlsUrl, gateway, host } = await aSite({ silentAfterMs: 20_000 });
    const first = await dial(tlsUrl('CP-01'), { tls: bearing('good') });
    const gone = closeCode(first.socket);
    const second = await dial(tlsUrl('CP-01'), { tls: bearing('good'), localAddress: '127.0.0.2' });
    expect(second.outcome).toBe('open');
    await gone;
    await until(() => host.ofType('south.opened').length === 2);
    expect(host.taken.map((one) => one.type)).toEqual(['south.opened', 'south.closed', 'south.opened']);
    second.socket.send('[2,"1","Heartbeat",{}]');
    await until(() => host.ofType('south.called').length === 1);
    expect(gateway.connected('CP-01')?.remote).toBe('127.0.0.2');
  });

  test('with another key, though its certificate is right, is refused while the first is alive, with an alarm', async () => {
    const { tlsUrl, gateway, contested } = await aSite();
    await dial(tlsUrl('CP-01'), { tls: bearing('good') });
    const before = gateway.connected('CP-01')?.socketId;
    expect((await dial(tlsUrl('CP-01'), { tls: bearing('renewed') })).outcome).toBe(409);
    expect(gateway.connected('CP-01')?.socketId).toBe(before);
    expect(contested).toEqual(['CP-01 127.0.0.1']);
  });

  test('does not come in over a weaker transport while the first is alive', async () => {
    const { url, tlsUrl, gateway, contested } = await aSite();
    await dial(tlsUrl('CP-one'), { tls: anonymous(), key: KEY });
    expect((await dial(url('CP-one'), { key: KEY })).outcome).toBe(409);
    expect(gateway.connected('CP-one')?.isSecure).toBe(true);
    expect(contested).toHaveLength(1);
  });
});

describe('new certificates', () => {
  test('are used from the next handshake on; open connections stay', async () => {
    const { tlsUrl, server, gateway } = await aSite();
    const { socket } = await dial(tlsUrl('CP-01'), { tls: bearing('good') });
    server.renew({
      certificate: made.server.certificate,
      key: made.server.key,
      clientCa: made.rsaAuthority.certificate,
    });
    expect((await dial(tlsUrl('CP-02'), { tls: bearing('ofAnother') })).outcome).toBe(401);
    expect((await dial(tlsUrl('CP-01'), { tls: bearing('ofRsa') })).outcome).toBe(409);
    expect(socket.readyState).toBe(socket.OPEN);
    expect(gateway.connections()).toHaveLength(1);
  });

  test('that do not fit together are not taken', async () => {
    const { tlsUrl, server } = await aSite();
    const broken = { certificate: made.server.certificate, key: made.client.good.key, clientCa: null };
    expect(() => server.renew(broken)).toThrow();
    expect((await dial(tlsUrl('CP-01'), { tls: bearing('good') })).outcome).toBe('open');
  });
});
