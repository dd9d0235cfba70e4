import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as Crypto);

/** A certificate with its private key, both as PEM, as made at run time. */
export interface TestCertificate {
  certificate: string;
  key: string;
  issuerOf: x509.X509Certificate;
  keys: CryptoKeyPair;
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
  const keys = await makeKeys(wish.key ?? 'ec', wish.hash ?? 'SHA-256');
  const signer = wish.issuer?.keys ?? keys;
  const subject = wish.subject ?? `CN=${wish.commonName}`;
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const usage = wish.purpose === 'server' ? serverAuth : clientAuth;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: (serial++).toString(16).padStart(4, '0'),
    subject,
    issuer: wish.issuer?.issuerOf.subject ?? subject,
    notBefore: new Date(Date.now() + (wish.fromDays ?? -1) * DAY_MS),
    notAfter: new Date(Date.now() + (wish.untilDays ?? 365) * DAY_MS),
    signingAlgorithm: { ...signer.privateKey.algorithm, hash: wish.hash ?? 'SHA-256' },
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(wish.isAuthority === true, undefined, true),
      ...(wish.isAuthority === true ? [] : [new x509.ExtendedKeyUsageExtension([usage])]),
      ...(wish.purpose === 'server'
        ? [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])]
        : []),
    ],
  });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { certificate: certificate.toString('pem'), key, issuerOf: certificate, keys };
}

async function makeKeys(kind: 'ec' | 'rsa2048' | 'rsa1024', hash: string): Promise<CryptoKeyPair> {
  const algorithm =
    kind === 'ec'
      ? { name: 'ECDSA', namedCurve: 'P-256' }
      : {
          name: 'RSASSA-PKCS1-v1_5',
          modulusLength: kind === 'rsa1024' ? 1024 : 2048,
          publicExponent: new Uint8Array([1, 0, 1]),
          hash,
        };
  return (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
}
