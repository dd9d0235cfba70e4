import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const SOURCES = ['machines', 'actors', 'runtime', 'adapters', 'simulation', 'app'];

/** The built product's entry. Throws, saying what to do, when there is no build or a source is newer than it. */
export function builtMain(): string {
  const main = join(PROJECT, 'dist', 'app', 'main.js');
  if (!existsSync(main)) throw new Error('the product is not built: run "npm run build" (npm test does)');
  const builtAtMs = statSync(main).mtimeMs;
  const newer = SOURCES.flatMap((folder) => sourcesBelow(join(PROJECT, folder))).find(
    (file) => statSync(file).mtimeMs > builtAtMs,
  );
  if (newer !== undefined) {
    throw new Error(`${newer} is newer than the build: run "npm run build" (npm test does)`);
  }
  return main;
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}
