import { readFileSync } from 'node:fs';

/** The product's version, as package.json has it; found from the sources and from `dist/` alike. */
export const version: string = readVersion();

function readVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string })
        .version;
    } catch {
      // Not here: the sources lie one level below package.json, the build two.
    }
  }
  return 'unknown';
}
