import { constants } from 'node:crypto';
import type { TlsOptions } from 'node:tls';

/** Contents of the certificate files, PEM. */
export interface TlsMaterial {
  /** The server's certificate, with intermediate ones after it. */
  certificate: string;
  key: string;
  /** Authorities that chargers' certificates are checked against; null: only pinned certificates are known. */
  clientCa: string | null;
}

/**
 * AEAD only. The last two have no forward secrecy, but every central system must offer them (OCPP 1.6
 * certification, TC_086_CSMS), as a charger may speak nothing better.
 */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-GCM-SHA256',
];
/** No RSA key below 2048 bits, no SHA-1 signature (OpenSSL security level 2). */
const SECURITY_LEVEL = '@SECLEVEL=2';

/** What `tls.createSecureContext` and `setSecureContext` take. Throws there for material that does not fit together. */
export function secureContextOf(material: TlsMaterial) {
  return {
    cert: material.certificate,
    key: material.key,
    // Left out, Node would trust every public authority.
    ca: material.clientCa === null ? [] : [material.clientCa],
    minVersion: 'TLSv1.2',
    ciphers: `${CIPHERS.join(':')}${SECURITY_LEVEL}`,
    honorCipherOrder: true,
    // A resumed session would skip the check of the certificate.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET,
  } satisfies TlsOptions;
}

/**
 * Of the listener. A wrong certificate does not end the handshake: it is judged with the identity that the request
 * names, like a password, so that all refusals are alike and the technician reads whose certificate was wrong.
 */
export function tlsOptionsOf(material: TlsMaterial, asksCertificates: boolean): TlsOptions {
  return { ...secureContextOf(material), requestCert: asksCertificates, rejectUnauthorized: false };
}
