import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { META_PAGE_BYTES_MAX, type Metas, readMetas } from './lmdb-meta.ts';
import { walkLmdbFile } from './lmdb-walk.ts';

/** Moved-aside files kept for analysis; the oldest goes when one more arrives. */
const QUARANTINE_MAX = 5;

/** `suspect` may be healthy: only walking it can tell. */
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
    const metas = await metasOf(file);
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

/** Walks every page of the file (see `lmdb-walk.ts`). Returns what is wrong, or null when nothing is. */
export async function walkFile(
  path: string,
  tables: readonly string[],
  monotonicMs: () => number,
): Promise<string | null> {
  const file = await open(path, 'r');
  try {
    const metas = await metasOf(file);
    if ('problem' in metas) return metas.problem;
    return metas.flushed === null ? null : walkLmdbFile(file.fd, metas.flushed, tables, monotonicMs);
  } finally {
    await file.close();
  }
}

async function metasOf(file: FileHandle): Promise<Metas | { problem: string }> {
  const header = Buffer.alloc(2 * META_PAGE_BYTES_MAX);
  const { bytesRead } = await file.read(header, 0, header.length, 0);
  return readMetas(header.subarray(0, bytesRead));
}
