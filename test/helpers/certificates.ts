import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);
const { subtle } = webcrypto;

/** A certificate with its private key, both as PEM, as made at run time. */
export interface TestCertificate {
  certificate: string;
  key: string;
  issuerOf: x509.X509Certificate;
  keys: webcrypto.CryptoKeyPair;
}

export interface CertificateWish {
  commonName: string;
  /** Null signs itself. */
  issuer: TestCertificate | null;
  isAuthority?: boolean;
  /** Days from now; may be negative. */
  fromDays?: number;
  untilDays?: number;
  key?: 'ec' | 'rsa2048' | 'rsa1024';
  hash?: 'SHA-256' | 'SHA-1';
  /** Who may use it; a client unless told. */
  purpose?: 'client' | 'server';
  /** Another subject than the common name alone, in RFC 4514 words. */
  subject?: string;
}

const DAY_MS = 86_400_000;
let serial = 1;

/** Makes a certificate that is right in all but what is wished. */
export async function makeCertificate(wish: CertificateWish): Promise<TestCertificate> {
  const keys = await makeKeys(wish.key ?? 'ec');
  const hash = wish.hash ?? 'SHA-256';
  const signingKey = await withHash((wish.issuer?.keys ?? keys).privateKey, hash);
  const subject = wish.subject ?? `CN=${wish.commonName}`;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: (serial++).toString(16).padStart(4, '0'),
    subject,
    issuer: wish.issuer?.issuerOf.subject ?? subject,
    notBefore: new Date(Date.now() + (wish.fromDays ?? -1) * DAY_MS),
    notAfter: new Date(Date.now() + (wish.untilDays ?? 365) * DAY_MS),
    signingAlgorithm: { ...signingKey.algorithm, hash },
    publicKey: keys.publicKey,
    signingKey,
    extensions: extensionsOf(wish),
  });
  const key = x509.PemConverter.encode(await subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { certificate: `${certificate.toString('pem')}\n`, key, issuerOf: certificate, keys };
}

function extensionsOf({ isAuthority, purpose }: CertificateWish): x509.Extension[] {
  if (isAuthority === true) return [new x509.BasicConstraintsExtension(true, undefined, true)];
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  if (purpose !== 'server') return [new x509.ExtendedKeyUsageExtension([clientAuth])];
  return [
    new x509.ExtendedKeyUsageExtension([serverAuth]),
    new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
  ];
}

function makeKeys(kind: 'ec' | 'rsa2048' | 'rsa1024'): Promise<webcrypto.CryptoKeyPair> {
  if (kind === 'ec')
    return subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const modulusLength = kind === 'rsa1024' ? 1_024 : 2_048;
  const publicExponent = new Uint8Array([1, 0, 1]);
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', modulusLength, publicExponent, hash: 'SHA-256' };
  return subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

/** WebCrypto binds an RSA key to one hash. */
async function withHash(key: webcrypto.CryptoKey, hash: string): Promise<webcrypto.CryptoKey> {
  if (key.algorithm.name === 'ECDSA') return key;
  const pkcs8 = await subtle.exportKey('pkcs8', key);
  return subtle.importKey('pkcs8', pkcs8, { name: key.algorithm.name, hash }, true, ['sign']);
}
