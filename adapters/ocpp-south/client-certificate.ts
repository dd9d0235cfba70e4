import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

export type CertificateVerdict =
  | {
      isRight: true;
      /** SHA-256 of the public key, hex: tells one client from another. */
      clientKey: string;
    }
  | { isRight: false; cause: 'noCertificate' | 'badCertificate'; detail: string | null };

/** What a charger's certificate is held against. */
export interface CertificateRule {
  identity: string;
  /** SHA-256 of the one certificate that is accepted, lower-case hex, whoever issued it; null: any that the authority vouches for. */
  pinnedSha256: string | null;
  nowWallMs: number;
}

const RSA_BITS_MIN = 2_048;
const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

/**
 * Whether the client certificate of a TLS connection proves this identity: it is the pinned one, or the configured
 * authority issued it and its common name is the identity (OCPP 1.6 security whitepaper; certification case TC_087).
 */
export function judgeCertificate(socket: TLSSocket, rule: CertificateRule): CertificateVerdict {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { isRight: false, cause: 'noCertificate', detail: null };
  const detail = weaknessOf(certificate.publicKey) ?? faultOf(socket, certificate, rule);
  if (detail !== null) return { isRight: false, cause: 'badCertificate', detail };
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return { isRight: true, clientKey: createHash('sha256').update(spki).digest('hex') };
}

function faultOf(socket: TLSSocket, certificate: X509Certificate, rule: CertificateRule): string | null {
  if (rule.pinnedSha256 !== null) {
    const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
    if (fingerprint !== rule.pinnedSha256) return 'not the pinned certificate';
    if (rule.nowWallMs < Date.parse(certificate.validFrom)) return 'CERT_NOT_YET_VALID';
    return rule.nowWallMs > Date.parse(certificate.validTo) ? 'CERT_HAS_EXPIRED' : null;
  }
  if (!socket.authorized) return wordsFor(String(socket.authorizationError));
  // Several common names are a list here, which equals no identity.
  const { CN } = socket.getPeerCertificate().subject;
  return CN === rule.identity ? null : 'its common name is another identity';
}

/** OpenSSL's code, except for the one that Node gives to all that it has no name for. */
function wordsFor(code: string): string {
  return code === 'UNSPECIFIED'
    ? 'OpenSSL refuses it: often a SHA-1 signature or a weak key in its chain'
    : code;
}

function weaknessOf(key: KeyObject): string | null {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa') {
    const bits = details?.modulusLength ?? 0;
    return bits < RSA_BITS_MIN ? `RSA key of ${bits} bits` : null;
  }
  if (type === 'ec' && CURVES.has(details?.namedCurve ?? '')) return null;
  return type === 'ed25519' ? null : `key of an unknown or weak kind (${type} ${details?.namedCurve ?? ''})`;
}
