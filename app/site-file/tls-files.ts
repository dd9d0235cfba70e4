import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { secureContextOf, type TlsMaterial } from '../../adapters/ocpp-south/tls-settings.ts';

/** Absolute paths of PEM files. */
export interface TlsFiles {
  certificateFile: string;
  keyFile: string;
  /** Authorities of the chargers' certificates; null: pinned certificates only. */
  clientCaFile: string | null;
}

export interface LoadedTls {
  material: TlsMaterial;
  /** Of all the certificates in the files, the one that ends first. */
  soonestEnd: { file: string; wallMs: number };
  keyReadableByOthers: boolean;
}

/** One of the files cannot be used; the message names it and what is wrong, and never quotes it. */
export class TlsFilesFault extends Error {
  override readonly name = 'TlsFilesFault';
  readonly part: keyof TlsFiles;
  constructor(part: keyof TlsFiles, message: string) {
    super(message);
    this.part = part;
  }
}

const FILE_BYTES_MAX = 1024 * 1024;
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Resolves what the site file says against its folder. */
export function tlsFilesOf(
  named: { certificateFile: string; keyFile: string; clientCaFile?: string | undefined },
  folder: string,
): TlsFiles {
  return {
    certificateFile: resolve(folder, named.certificateFile),
    keyFile: resolve(folder, named.keyFile),
    clientCaFile: named.clientCaFile === undefined ? null : resolve(folder, named.clientCaFile),
  };
}

/** Reads the files and tries them together. @throws TlsFilesFault */
export function loadTlsFiles(files: TlsFiles): LoadedTls {
  const certificate = read('certificateFile', files.certificateFile);
  const key = read('keyFile', files.keyFile);
  const ends = endsOf('certificateFile', files.certificateFile, certificate);
  let clientCa: string | null = null;
  if (files.clientCaFile !== null) {
    clientCa = read('clientCaFile', files.clientCaFile);
    ends.push(...endsOf('clientCaFile', files.clientCaFile, clientCa));
  }
  const material = { certificate, key, clientCa };
  try {
    createSecureContext(secureContextOf(material));
  } catch (error) {
    throw new TlsFilesFault('keyFile', `does not go with ${files.certificateFile}: ${problemOf(error)}`);
  }
  const soonestEnd = ends.reduce((soonest, end) => (end.wallMs < soonest.wallMs ? end : soonest));
  return { material, soonestEnd, keyReadableByOthers: (statSync(files.keyFile).mode & 0o004) !== 0 };
}

/** Changes when one of the files was written or replaced. */
export function stampOf({ certificateFile, keyFile, clientCaFile }: TlsFiles): string {
  return [certificateFile, keyFile, clientCaFile]
    .map((file) => {
      const status = file === null ? undefined : statSync(file, { throwIfNoEntry: false });
      return status === undefined ? '' : `${status.mtimeMs} ${status.size} ${status.ino}`;
    })
    .join('|');
}

function read(part: keyof TlsFiles, path: string): string {
  try {
    if (statSync(path).size > FILE_BYTES_MAX) throw new TlsFilesFault(part, `${path} is larger than 1 MiB`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof TlsFilesFault) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new TlsFilesFault(
      part,
      code === 'ENOENT' ? `${path} does not exist` : `${path} cannot be read (${code})`,
    );
  }
}

function endsOf(part: keyof TlsFiles, file: string, pem: string): Array<{ file: string; wallMs: number }> {
  const blocks = pem.match(PEM_CERTIFICATE) ?? [];
  if (blocks.length === 0) throw new TlsFilesFault(part, `${file} holds no certificate in PEM form`);
  return blocks.map((block) => {
    try {
      return { file, wallMs: Date.parse(new X509Certificate(block).validTo) };
    } catch (error) {
      throw new TlsFilesFault(part, `${file} holds a certificate that cannot be read: ${problemOf(error)}`);
    }
  });
}

/** OpenSSL's own words for the problem, without its numbers. */
function problemOf(error: unknown): string {
  const { reason, message } = error as Error & { reason?: string };
  return reason ?? message;
}
