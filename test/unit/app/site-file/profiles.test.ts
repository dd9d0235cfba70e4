import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findingText } from '../../../../app/site-file/finding.ts';
import { readSiteFile } from '../../../../app/site-file/load.ts';
import { makeCertificate, type TestCertificate } from '../../../helpers/certificates.ts';

let authority: TestCertificate;
let server: TestCertificate;
let expired: TestCertificate;
let weak: TestCertificate;
let folder: string;
const env = { KEY: 'a-key-of-enough-characters' };
const PIN = `${'AB:'.repeat(31)}CD`;

beforeAll(async () => {
  authority = await makeCertificate({ commonName: 'authority', issuer: null, isAuthority: true });
  const own = { commonName: 'holdfast', issuer: authority, purpose: 'server' } as const;
  server = await makeCertificate(own);
  expired = await makeCertificate({ ...own, fromDays: -9, untilDays: -1 });
  weak = await makeCertificate({ ...own, key: 'rsa1024' });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'profiles-'));
  put('site.crt', server.certificate);
  put('site.key', server.key);
  put('ca.crt', authority.certificate);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), 0o600);
}

/** `known` and `ocpp` as in a site file, on loopback addresses. */
function read(known: string, ocpp: string) {
  const text = `version: 1
site: { id: yard }
electrical: { connection: { fuseA: 63 } }
chargers: { known: [${known}] }
ocpp: { listen: "127.0.0.1:9000", ${ocpp} }
backends: [{ id: cpms, url: "ws://127.0.0.1:9100/ocpp" }]
`;
  const result = readSiteFile(text, join(folder, 'site.yaml'), { folder, env });
  return {
    config: result.config,
    lines: result.findings.map((finding) =>
      findingText(result.file, finding).replace(/^site.yaml:\d+:\d+ /, ''),
    ),
  };
}

const TLS = 'listenTls: "127.0.0.1:9443", tls: { certificateFile: site.crt, keyFile: site.key }';
const TLS_CA = TLS.replace('site.key', 'site.key, clientCaFile: ca.crt');
const WITH_KEY = 'passwordFrom: "env:KEY"';

describe('a site of security profile 2', () => {
  test('listens with TLS only, and asks every charger for its password', () => {
    const { config, lines } = read(`{ id: cp-1, ${WITH_KEY} }`, `securityProfile: 2, ${TLS}`);
    expect(lines).toEqual([]);
    expect(config?.ocpp).toEqual({
      listen: null,
      tls: {
        listen: { host: '127.0.0.1', port: 9443 },
        certificateFile: join(folder, 'site.crt'),
        keyFile: join(folder, 'site.key'),
        clientCaFile: null,
      },
      securityProfile: 2,
      versions: ['1.6'],
    });
    expect(config?.chargers.known[0]).toMatchObject({ securityProfile: 2, certificateSha256: null });
    expect(config?.chargers.known[0]?.password?.reveal()).toBe(env.KEY);
  });

  test('takes TLS connections on port 9443 unless told', () => {
    const tls = TLS.replace(/listenTls: "[^"]+", /, '');
    const { config } = read(`{ id: cp-1, ${WITH_KEY} }`, `securityProfile: 2, ${tls}`);
    expect(config?.ocpp.tls?.listen).toEqual({ host: '0.0.0.0', port: 9443 });
  });

  test('opens the unencrypted port too for a charger that may be weaker, and warns of it', () => {
    const { config, lines } = read(
      `{ id: cp-1, ${WITH_KEY} }, { id: cp-2, securityProfile: 1, allowWeakerProfile: true, ${WITH_KEY} }`,
      `securityProfile: 2, ${TLS}`,
    );
    expect(config?.ocpp.listen).toEqual({ host: '127.0.0.1', port: 9000 });
    expect(lines).toEqual([
      "warning: chargers.known[1].allowWeakerProfile cp-2 comes in with profile 1, weaker than the site's 2",
    ]);
  });
});

describe('a site of security profile 3', () => {
  test('knows its chargers by the authority, or by a pinned certificate', () => {
    const { config, lines } = read(
      `{ id: cp-1 }, { id: cp-2, certificateSha256: "${PIN}" }`,
      `securityProfile: 3, ${TLS_CA}`,
    );
    expect(lines).toEqual([]);
    expect(config?.ocpp.listen).toBeNull();
    expect(config?.ocpp.tls?.clientCaFile).toBe(join(folder, 'ca.crt'));
    expect(config?.chargers.known.map((one) => one.certificateSha256)).toEqual([
      null,
      `${'ab'.repeat(31)}cd`,
    ]);
  });

  test('needs no authority where every certificate is pinned', () => {
    const { lines } = read(`{ id: cp-1, certificateSha256: "${PIN}" }`, `securityProfile: 3, ${TLS}`);
    expect(lines).toEqual([]);
  });
});

describe('is refused:', () => {
  test.each<[string, string, string, string]>([
    [
      'a charger below the floor without permission',
      `{ id: cp-1, securityProfile: 1, ${WITH_KEY} }`,
      `securityProfile: 2, ${TLS}`,
      'chargers.known[0].securityProfile 1 is weaker than ocpp.securityProfile 2 (allowWeakerProfile: true permits it for cp-1 alone)',
    ],
    [
      'TLS asked for and not there',
      `{ id: cp-1, ${WITH_KEY} }`,
      'securityProfile: 2',
      'ocpp.tls is missing: security profile 2 needs TLS',
    ],
    [
      'TLS asked for by one charger and not there',
      '{ id: cp-1, securityProfile: 3 }',
      'securityProfile: 0',
      'ocpp.tls is missing: security profile 3 needs TLS',
    ],
    [
      'a TLS port without TLS',
      '{ id: cp-1 }',
      'securityProfile: 0, listenTls: "127.0.0.1:9443"',
      'ocpp.listenTls needs ocpp.tls',
    ],
    [
      'a certificate asked for that nothing vouches for',
      '{ id: cp-1 }',
      `securityProfile: 3, ${TLS}`,
      'chargers.known[0] cp-1 must show a certificate, but nothing says which',
    ],
    [
      'no password over TLS',
      '{ id: cp-1 }',
      `securityProfile: 2, ${TLS}`,
      'chargers.known[0].passwordFrom is missing for cp-1: ocpp.securityProfile 2 asks every charger for a password',
    ],
    [
      'a fingerprint that is none',
      '{ id: cp-1, certificateSha256: "AB:CD" }',
      `securityProfile: 3, ${TLS_CA}`,
      'certificateSha256 must be a SHA-256 fingerprint: 64 hex digits',
    ],
    [
      'one port for both',
      `{ id: cp-1, ${WITH_KEY} }`,
      `securityProfile: 2, ${TLS.replace('9443', '9000')}`,
      'ocpp.listenTls uses port 9000, as ocpp.listen does',
    ],
    [
      'a file that is not there',
      `{ id: cp-1, ${WITH_KEY} }`,
      `securityProfile: 2, ${TLS.replace('site.crt', 'none.crt')}`,
      'none.crt does not exist',
    ],
    [
      'a key where the certificate should be',
      `{ id: cp-1, ${WITH_KEY} }`,
      `securityProfile: 2, ${TLS.replace('site.crt', 'site.key')}`,
      'site.key holds no certificate in PEM form',
    ],
  ])('%s', (_what, known, ocpp, expected) => {
    const { config, lines } = read(known, ocpp);
    expect(config).toBeUndefined();
    expect(lines.join('\n')).toContain(expected);
  });

  test('a key that is another certificate’s, without a word of it', () => {
    put('site.key', authority.key);
    const { config, lines } = read(`{ id: cp-1, ${WITH_KEY} }`, `securityProfile: 2, ${TLS}`);
    expect(config).toBeUndefined();
    expect(lines.join('\n')).toContain('ocpp.tls.keyFile does not go with');
    expect(lines.join('\n')).not.toContain(authority.key.slice(40, 60));
  });

  test('a certificate with a weak key', () => {
    put('site.crt', weak.certificate);
    put('site.key', weak.key);
    const { config, lines } = read(`{ id: cp-1, ${WITH_KEY} }`, `securityProfile: 2, ${TLS}`);
    expect(config).toBeUndefined();
    expect(lines.join('\n')).toMatch(/too small/);
  });
});

describe('is warned of:', () => {
  test.each<[string, string, string, string]>([
    [
      'a permission that is not needed',
      `{ id: cp-1, allowWeakerProfile: true, ${WITH_KEY} }`,
      'securityProfile: 1',
      'chargers.known[0].allowWeakerProfile is not needed',
    ],
    [
      'a password beside a certificate',
      `{ id: cp-1, ${WITH_KEY} }`,
      `securityProfile: 3, ${TLS_CA}`,
      'chargers.known[0].passwordFrom is not asked for with ocpp.securityProfile 3',
    ],
    [
      'a pinned certificate beside a password',
      `{ id: cp-1, ${WITH_KEY}, certificateSha256: "${PIN}" }`,
      `securityProfile: 2, ${TLS}`,
      'chargers.known[0].certificateSha256 is not asked for with profile 2',
    ],
  ])('%s', (_what, known, ocpp, expected) => {
    const { config, lines } = read(known, ocpp);
    expect(config).toBeDefined();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`warning: ${expected}`);
  });

  test('passwords on a network that anyone can listen on', () => {
    const text = read(`{ id: cp-1, ${WITH_KEY} }`, 'securityProfile: 1');
    expect(text.lines).toEqual([]);
    const open = readSiteFile(
      `version: 1\nsite: { id: yard }\nchargers: { known: [{ id: cp-1, ${WITH_KEY} }] }\nbackends: [{ id: cpms, url: "ws://127.0.0.1:1" }]\n`,
      join(folder, 'site.yaml'),
      { folder, env },
    );
    expect(open.findings.map((finding) => finding.message).join('\n')).toContain(
      '1 sends passwords and tags unencrypted',
    );
  });

  test('a certificate that has ended: the site starts all the same', () => {
    put('site.crt', expired.certificate);
    put('site.key', expired.key);
    const { config, lines } = read(`{ id: cp-1, ${WITH_KEY} }`, `securityProfile: 2, ${TLS}`);
    expect(config).toBeDefined();
    expect(lines.join('\n')).toMatch(/^warning: ocpp.tls a certificate in .*site.crt has expired$/);
  });

  test('a key that everybody can read', () => {
    chmodSync(join(folder, 'site.key'), 0o644);
    const { config, lines } = read(`{ id: cp-1, ${WITH_KEY} }`, `securityProfile: 2, ${TLS}`);
    expect(config).toBeDefined();
    expect(lines.join('\n')).toContain('warning: ocpp.tls.keyFile its file can be read by every user');
  });
});
