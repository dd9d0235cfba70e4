/**
 * Fails when a file imports what its folder may not know, reads time, chance or environment past the ports, or is
 * too long (docs/ARCHITECTURE.md). Warnings are printed and do not fail.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkBoundaries } from './boundaries/check.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folders = [
  'machines',
  'runtime',
  'actors',
  'adapters',
  'simulation',
  'app',
  'bench',
  'scripts',
  'test',
];

function readSources(): Map<string, string> {
  const files = new Map<string, string>();
  for (const folder of folders) {
    if (!existsSync(join(root, folder))) continue;
    for (const entry of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!entry.endsWith('.ts')) continue;
      const path = `${folder}/${entry.replaceAll('\\', '/')}`;
      files.set(path, readFileSync(join(root, path), 'utf8'));
    }
  }
  return files;
}

const files = readSources();
const findings = checkBoundaries(files);
for (const { severity, file, line, problem, remedy } of findings) {
  process.stderr.write(`${file}:${line} ${severity}: ${problem}. ${remedy}\n`);
}
const errors = findings.filter(({ severity }) => severity === 'error').length;
process.stdout.write(
  `boundaries: ${files.size} files, ${errors} errors, ${findings.length - errors} warnings\n`,
);
process.exitCode = errors > 0 ? 1 : 0;
