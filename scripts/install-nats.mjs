// Makes sure that a nats-server can be started: finds one, or gets Debian's package. Built-ins only, as it runs
// before anything is installed or built. The search order is the one of adapters/nats/find-server.ts.
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const projectFolder = dirname(dirname(fileURLToPath(import.meta.url)));
const APT_OPTIONS = [
  '-o',
  'DPkg::Lock::Timeout=30',
  '-o',
  'Acquire::Retries=1',
  '-o',
  'Acquire::http::Timeout=15',
];
const APT_TIMEOUT_MS = 180_000;

/**
 * Finds or installs nats-server.
 * @param {{ env?: Record<string, string | undefined>, cacheFolder?: string, sbinFolders?: string[], asRoot?: boolean }} [options]
 * @returns {{ found: string | null, how: 'present' | 'package' | 'unpacked' | 'none', message: string }}
 */
export function ensureNats(options = {}) {
  const env = options.env ?? process.env;
  const cacheFolder = options.cacheFolder ?? join(projectFolder, '.cache', 'nats-server');
  const sbinFolders = options.sbinFolders ?? ['/usr/sbin', '/usr/local/sbin', '/sbin'];
  const asRoot = options.asRoot ?? process.getuid?.() === 0;
  const locate = () => findServer(env, sbinFolders, cacheFolder);

  if (env.HOLDFAST_NATS_BIN && !isExecutableFile(resolve(env.HOLDFAST_NATS_BIN))) {
    const message = `HOLDFAST_NATS_BIN names "${env.HOLDFAST_NATS_BIN}", which is not an executable file: correct or unset it.`;
    return { found: null, how: 'none', message };
  }
  const present = locate();
  if (present !== null) return { found: present, how: 'present', message: `nats-server found: ${present}` };

  const reasons = [];
  if (asRoot) {
    const failure = installPackage(env);
    const found = locate();
    if (found !== null)
      return { found, how: 'package', message: `nats-server installed with apt-get: ${found}` };
    reasons.push(failure ?? 'apt-get install brought no nats-server');
  }
  const failure = unpackPackage(env, cacheFolder);
  const found = locate();
  if (found !== null) {
    return { found, how: 'unpacked', message: `nats-server unpacked from the Debian package: ${found}` };
  }
  reasons.push(failure ?? 'the unpacked package holds no nats-server');
  return {
    found: null,
    how: 'none',
    message:
      `nats-server could not be had (${reasons.join('; ')}). Install it ("apt-get install nats-server" as root, or a ` +
      'binary from nats.io) or name one in HOLDFAST_NATS_BIN. Until then Holdfast runs on its in-process bus and ' +
      'says so in a banner.',
  };
}

function findServer(env, sbinFolders, cacheFolder) {
  const folders = [...(env.PATH ?? '').split(delimiter).filter(Boolean), ...sbinFolders, cacheFolder];
  const candidates = folders.map((folder) => join(folder, 'nats-server'));
  if (env.HOLDFAST_NATS_BIN) candidates.unshift(resolve(env.HOLDFAST_NATS_BIN));
  return candidates.find(isExecutableFile) ?? null;
}

function isExecutableFile(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Returns why it failed, or null. */
function installPackage(env) {
  const install = () =>
    run(env, 'apt-get', [...APT_OPTIONS, 'install', '-y', '--no-install-recommends', 'nats-server']);
  let failure = install();
  if (failure !== null) {
    run(env, 'apt-get', [...APT_OPTIONS, 'update']);
    failure = install();
  }
  if (failure !== null) return failure;
  // The package enables a server of its own on port 4222. Holdfast runs its own on another port, and a server
  // that nobody asked for should not stay open on the machine.
  if (existsSync('/run/systemd/system')) run(env, 'systemctl', ['disable', '--now', 'nats-server']);
  return null;
}

/** Works without root: downloads the package and unpacks it into the private cache. */
function unpackPackage(env, cacheFolder) {
  const work = mkdtempSync(join(tmpdir(), 'holdfast-nats-'));
  try {
    let failure = run(env, 'apt-get', [...APT_OPTIONS, 'download', 'nats-server'], work);
    if (failure !== null) {
      // No usable package lists (a slim image, say): fetch a private copy, which needs no root.
      const lists = join(work, 'lists');
      mkdirSync(join(lists, 'partial'), { recursive: true });
      mkdirSync(join(work, 'cache', 'archives', 'partial'), { recursive: true });
      const own = ['-o', `Dir::State::lists=${lists}`, '-o', `Dir::Cache=${join(work, 'cache')}`];
      run(env, 'apt-get', [...APT_OPTIONS, ...own, 'update'], work);
      failure = run(env, 'apt-get', [...APT_OPTIONS, ...own, 'download', 'nats-server'], work);
    }
    if (failure !== null) return failure;
    const archive = readdirSync(work).find((name) => name.endsWith('.deb'));
    if (archive === undefined) return 'apt-get download left no package';
    const unpacked = join(work, 'unpacked');
    const unpackFailure = run(env, 'dpkg-deb', ['-x', join(work, archive), unpacked]);
    if (unpackFailure !== null) return unpackFailure;
    mkdirSync(cacheFolder, { recursive: true });
    const staged = join(cacheFolder, `nats-server.${process.pid}`);
    copyFileSync(join(unpacked, 'usr', 'sbin', 'nats-server'), staged);
    renameSync(staged, join(cacheFolder, 'nats-server'));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Returns why the command failed in one line, or null. */
function run(env, command, args, cwd) {
  const result = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: APT_TIMEOUT_MS,
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const name = `${command} ${args.at(command === 'dpkg-deb' ? 0 : -2) ?? ''}`.trim();
  if (result.error) return `${name}: ${result.error.message}`;
  if (result.status === 0) return null;
  const lines = (result.stderr || result.stdout || '').trim().split('\n');
  return `${name}: ${lines.find((line) => line.startsWith('E:')) ?? lines.at(-1) ?? `exit ${result.status}`}`;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  console.log(ensureNats().message);
}
