import { spawn } from 'node:child_process';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { META_PAGE_BYTES_MAX, readMetas } from './lmdb-meta.ts';

/** Moved-aside files kept for analysis; the oldest goes when one more arrives. */
const QUARANTINE_MAX = 5;

/** `suspect` may be healthy: only walking it, in a process of its own, can tell. */
export type FileVerdict = { state: 'absent' | 'plausible' } | { state: 'suspect' | 'bad'; problem: string };

/**
 * Looks at an LMDB file without LMDB, which may end the whole process on a file that is not one (seen with an
 * all-zero header after a power cut), and which takes an older state for the newest when a transaction number in
 * its header is damaged (seen after a flipped bit). See `lmdb-meta.ts` for what is compared.
 */
export async function inspectLmdbFile(path: string): Promise<FileVerdict> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return { state: 'absent' };
  try {
    const { size } = await file.stat();
    const header = Buffer.alloc(2 * META_PAGE_BYTES_MAX);
    const { bytesRead } = await file.read(header, 0, header.length, 0);
    const metas = readMetas(header.subarray(0, bytesRead));
    if ('problem' in metas) return { state: 'bad', problem: metas.problem };
    // LMDB may leave the last pages unwritten when a transaction freed them again, hence only a suspicion.
    if ((metas.lastPage + 1) * metas.pageBytes > size)
      return { state: 'suspect', problem: 'the file is too short' };
    return { state: 'plausible' };
  } finally {
    await file.close();
  }
}

/** Moves a bad file (and removes its lock file) so that a fresh one can be made; returns where it went. */
export async function quarantineLmdbFile(path: string, wallMs: number): Promise<string> {
  const folder = join(dirname(path), 'quarantine');
  await mkdir(folder, { recursive: true });
  const kept = await readdir(folder);
  let name = `${wallMs}-${basename(path)}`;
  for (let turn = 2; kept.includes(name); turn++) name = `${wallMs}-${turn}-${basename(path)}`;
  const target = join(folder, name);
  await rename(path, target);
  await rm(`${path}-lock`, { force: true });
  const surplus = kept.sort().slice(0, Math.max(0, kept.length + 1 - QUARANTINE_MAX));
  for (const old of surplus) await rm(join(folder, old), { force: true });
  await syncFolder(folder);
  await syncFolder(dirname(path));
  return target;
}

/** Makes a rename or a new name in the folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Walks every entry in a process of its own, as a damaged B-tree can end the process that reads it. Returns
 * what is wrong, or null when the file can be walked, or when the probe itself could not be run.
 */
export function probeLmdbFile(path: string, tables: readonly string[]): Promise<string | null> {
  const lmdb = createRequire(import.meta.url).resolve('lmdb');
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', PROBE, lmdb, path, ...tables], {
      stdio: 'ignore',
      timeout: PROBE_LIMIT_MS,
    });
    child.on('error', () => resolve(null));
    child.on('exit', (code, signal) => {
      if (signal === 'SIGSEGV' || signal === 'SIGBUS' || signal === 'SIGABRT')
        resolve(`reading it ends in ${signal}`);
      else resolve(code === PROBE_BAD ? 'its B-tree is damaged' : null);
    });
  });
}

/** A file too large to walk in this time is taken for good: starting late helps nobody. */
const PROBE_LIMIT_MS = 20_000;
const PROBE_BAD = 3;
const PROBE = `
const [lmdb, path, ...tables] = process.argv.slice(1);
try {
  const root = require(lmdb).open({ path, readOnly: true, safeRestore: true, maxDbs: 12, encoding: 'binary' });
  for (const name of tables) {
    const table = root.openDB(name, { encoding: 'binary', keyEncoding: 'binary', create: false });
    if (table === undefined) process.exit(${PROBE_BAD});
    let count = 0, last = null;
    for (const { key, value } of table.getRange({})) {
      if (last !== null && Buffer.compare(last, key) >= 0) process.exit(${PROBE_BAD});
      last = key;
      count += 1;
    }
    if (count !== table.getStats().entryCount) process.exit(${PROBE_BAD});
  }
  process.exit(0);
} catch (error) {
  process.exit(error.code === 12 || error.code === 13 ? 0 : ${PROBE_BAD});
}`;
