/** `npm test`: set-up, static checks, then every test. The closing line counts tests; any failure gives exit code 1. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binOf, PROJECT, setUpOrExit } from './setup.mjs';
import { testCounts } from './test-counts.mjs';

setUpOrExit();

const checks = [
  { name: 'format and lint', script: binOf('@biomejs/biome', 'biome'), args: ['check', '.'] },
  { name: 'types', script: binOf('typescript', 'tsc'), args: ['--noEmit', '-p', 'tsconfig.json'] },
  { name: 'boundaries', script: binOf('tsx', 'tsx'), args: ['scripts/check-boundaries.ts'] },
  { name: 'machine diagrams', script: binOf('tsx', 'tsx'), args: ['scripts/render-machines.ts', '--check'] },
];

const failedChecks = checks
  .filter(({ args }) => !args[0].startsWith('scripts/') || existsSync(join(PROJECT, args[0])))
  .filter(({ name, script, args }) => {
    process.stderr.write(`\n── ${name}\n`);
    return runNode(script, args) !== 0;
  })
  .map(({ name }) => name);

const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
const report = join(folder, 'report.json');
process.stderr.write('\n── tests\n');
const status = runNode(binOf('vitest', 'vitest'), [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
]);
const counts = existsSync(report)
  ? testCounts(JSON.parse(readFileSync(report, 'utf8')))
  : { passed: 0, failed: 0, skipped: 0 };
rmSync(folder, { recursive: true, force: true });

if (failedChecks.length > 0) process.stdout.write(`\nchecks failed: ${failedChecks.join(', ')}\n`);
if (counts.skipped > 0) process.stdout.write(`\n${counts.skipped} skipped\n`);
if (counts.passed + counts.failed === 0) process.stdout.write('\nno test ran\n');
process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed\n`);
const isGood = status === 0 && counts.failed === 0 && counts.passed > 0 && failedChecks.length === 0;
process.exitCode = isGood ? 0 : 1;

function runNode(script, args) {
  return spawnSync(process.execPath, [script, ...args], { cwd: PROJECT, stdio: 'inherit' }).status ?? 1;
}
