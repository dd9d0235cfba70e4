import { createHash, X509Certificate } from 'node:crypto';
import { makeCertificate, type TestCertificate } from './certificates.ts';

/** A site's authority, its own certificate, and one for each way in which a charger's can be wrong; all for `CP-01`. */
export interface ChargerCertificates {
  authority: TestCertificate;
  rsaAuthority: TestCertificate;
  server: TestCertificate;
  client: Record<ClientCase, TestCertificate>;
}

export type ClientCase =
  | 'good'
  | 'renewed'
  | 'ofRsa'
  | 'ofAnother'
  | 'expired'
  | 'notYetValid'
  | 'ofWrongAuthority'
  | 'ofItself'
  | 'expiredOfItself'
  | 'weakKey'
  | 'weakKeyOfItself'
  | 'sha1'
  | 'forServers'
  | 'ofTwoNames';

export async function makeChargerCertificates(): Promise<ChargerCertificates> {
  const authorityOf = (commonName: string, key: 'ec' | 'rsa2048') =>
    makeCertificate({ commonName, issuer: null, isAuthority: true, key });
  const [authority, stranger, rsaAuthority] = await Promise.all([
    authorityOf('site authority', 'ec'),
    authorityOf('another authority', 'ec'),
    authorityOf('rsa authority', 'rsa2048'),
  ]);
  const wishes = {
    good: { issuer: authority },
    renewed: { issuer: authority },
    ofRsa: { issuer: rsaAuthority, key: 'rsa2048' },
    ofAnother: { issuer: authority, commonName: 'CP-02' },
    expired: { issuer: authority, fromDays: -10, untilDays: -1 },
    notYetValid: { issuer: authority, fromDays: 1 },
    ofWrongAuthority: { issuer: stranger },
    ofItself: { issuer: null },
    expiredOfItself: { issuer: null, fromDays: -10, untilDays: -1 },
    weakKey: { issuer: authority, key: 'rsa1024' },
    weakKeyOfItself: { issuer: null, key: 'rsa1024' },
    sha1: { issuer: rsaAuthority, hash: 'SHA-1' },
    forServers: { issuer: authority, purpose: 'server' },
    ofTwoNames: { issuer: authority, subject: 'CN=CP-01, CN=CP-02' },
  } as const;
  const made = await Promise.all(
    Object.entries(wishes).map(async ([name, wish]) => {
      return [name, await makeCertificate({ commonName: 'CP-01', ...wish })] as const;
    }),
  );
  return {
    authority,
    rsaAuthority,
    server: await makeCertificate({ commonName: 'holdfast', issuer: authority, purpose: 'server' }),
    client: Object.fromEntries(made) as Record<ClientCase, TestCertificate>,
  };
}

/** As a site file's check gives it on: lower-case hex. */
export function fingerprintOf({ certificate }: TestCertificate): string {
  return createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex');
}
