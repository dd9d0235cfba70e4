import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { inspect } from 'node:util';

/** A password that shows itself only on request: printing, logging or serialising it gives `***`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return '***';
  }
}

export type SecretLookup =
  | { ok: true; secret: Secret; readableByOthers: boolean }
  | { ok: false; problem: string };

/** Where secrets come from: files relative to the site file, or environment variables. */
export interface SecretSource {
  /** Folder that `file:` references are relative to. */
  folder: string;
  env: Readonly<Record<string, string | undefined>>;
}

const SECRET_BYTES_MAX = 4096;
const FILE = 'file:';

/** The form of a reference, without looking it up: `file:<path>` or `env:<NAME>`. */
export const SECRET_REFERENCE = /^(file:[^\0]{1,1024}|env:[A-Za-z_][A-Za-z0-9_]{0,127})$/;

/** Looks a reference up. A closing line break is not part of the secret; problems never quote the secret. */
export function lookUpSecret(reference: string, source: SecretSource): SecretLookup {
  if (!reference.startsWith(FILE)) {
    const name = reference.slice('env:'.length);
    return checked(source.env[name], `environment variable ${name} is not set`, false);
  }
  const path = resolve(source.folder, reference.slice(FILE.length));
  try {
    const status = statSync(path);
    if (status.size > SECRET_BYTES_MAX) return { ok: false, problem: `${path} is too large for a password` };
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    return checked(text, `${path} is empty`, (status.mode & 0o004) !== 0);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return {
      ok: false,
      problem: code === 'ENOENT' ? `${path} does not exist` : `${path} cannot be read (${code})`,
    };
  }
}

function checked(value: string | undefined, problem: string, readableByOthers: boolean): SecretLookup {
  if (!value) return { ok: false, problem };
  // Control characters cannot stand in an HTTP Basic header, and are always an editing accident.
  if (/\p{Cc}/u.test(value))
    return { ok: false, problem: 'the password holds a line break or control character' };
  return { ok: true, secret: new Secret(value), readableByOthers };
}
