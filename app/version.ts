import { readFileSync } from 'node:fs';

/** The product's version, from the package file: one folder up as source, two as built. */
export const VERSION: string = readVersion();

function readVersion(): string {
  for (const place of ['../package.json', '../../package.json']) {
    try {
      const parsed: unknown = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8'));
      if (isHoldfast(parsed)) return parsed.version;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  return 'unknown';
}

function isHoldfast(parsed: unknown): parsed is { version: string } {
  return (
    typeof parsed === 'object' &&
    parsed !== null &&
    Reflect.get(parsed, 'name') === 'holdfast' &&
    typeof Reflect.get(parsed, 'version') === 'string'
  );
}
