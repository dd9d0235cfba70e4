/** Makes a fresh checkout ready: dependencies, build, nats-server. Only what is missing or stale; progress on stderr. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureNats } from './install-nats.mjs';

export const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)));

const NODE_MIN = [20, 19];
/** What the build reads. */
const SOURCES = ['machines', 'actors', 'runtime', 'adapters', 'simulation', 'app', 'bench'];
const BUILD_FILES = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
const LOCK_STAMP = join(PROJECT, 'node_modules', '.holdfast-lock');
const BUILD_STAMP = join(PROJECT, 'dist', '.holdfast-build');

/** A step that went wrong, in words for whoever started it. */
export class SetupError extends Error {}

export function setUp() {
  checkNode();
  installDependencies();
  build();
  say(ensureNats().message);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  throw new SetupError(`Node ${NODE_MIN.join('.')} or later is needed, this is ${process.versions.node}`);
}

function installDependencies() {
  const lockFile = join(PROJECT, 'package-lock.json');
  const lock = sha256(readFileSync(lockFile));
  if (readIfThere(LOCK_STAMP) === lock) return;
  const installed = join(PROJECT, 'node_modules', '.package-lock.json');
  const isCurrent = existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockFile).mtimeMs;
  if (!isCurrent) {
    say('installing dependencies (npm ci)');
    const npm = process.env.npm_execpath;
    const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
    run(command, [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], 'npm ci failed');
  }
  writeFileSync(LOCK_STAMP, lock);
}

function build() {
  const fingerprint = sourceFingerprint();
  if (readIfThere(BUILD_STAMP) === fingerprint) return;
  say('building (tsc)');
  rmSync(join(PROJECT, 'dist'), { recursive: true, force: true });
  run(process.execPath, [binOf('typescript', 'tsc'), '-p', 'tsconfig.build.json'], 'the build failed');
  writeFileSync(BUILD_STAMP, fingerprint);
}

/** Path, size and time of every source: also notices a file that was removed. */
function sourceFingerprint() {
  const files = [
    ...SOURCES.flatMap((folder) => filesBelow(join(PROJECT, folder))),
    ...BUILD_FILES.map((name) => join(PROJECT, name)),
  ];
  const lines = files.sort().map((file) => {
    const { size, mtimeMs } = statSync(file);
    return `${relative(PROJECT, file)} ${size} ${mtimeMs}`;
  });
  return sha256(lines.join('\n'));
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The script behind a command of an installed package. */
export function binOf(packageName, command) {
  const folder = join(PROJECT, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
}

function run(command, args, failure) {
  // stdout is for results: what tools say goes to stderr.
  const { status, error } = spawnSync(command, args, { cwd: PROJECT, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new SetupError(error ? `${failure}: ${error.message}` : failure);
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function sha256(data) {
  return createHash('sha256').update(data).digest('hex');
}

function say(text) {
  process.stderr.write(`holdfast: ${text}\n`);
}

/** Sets up, or says why not and ends the process with code 1. */
export function setUpOrExit() {
  try {
    setUp();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUpOrExit();
