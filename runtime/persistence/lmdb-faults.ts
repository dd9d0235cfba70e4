import { statfsSync } from 'node:fs';
import { availableBytes } from './ballast.ts';
import { StoreFault, type TableName } from './store.ts';

// Codes of LMDB (its own are negative) and of the operating system.
const LMDB_DAMAGED = new Set([-30_797, -30_796, -30_794, -30_793]);
const EIO = 5;
const NO_ROOM = new Set([27, 28, 122]); // EFBIG, ENOSPC, EDQUOT

/** Opens, and is not what was written. */
export class DamagedFile extends Error {
  override readonly name = 'DamagedFile';
}

/** Whether opening failed because the file is no sound LMDB file (and not for want of rights or memory). */
export function isDamage(error: unknown): boolean {
  return error instanceof DamagedFile || LMDB_DAMAGED.has(codeOf(error));
}

export function readFault(table: TableName, error: unknown): StoreFault {
  const message = error instanceof Error ? error.message : String(error);
  return new StoreFault('io', `cannot read ${table}: ${message}`, { cause: error });
}

/**
 * What a failed write means: `full` when the disk has no room, else `io`. lmdb-js hides the cause of a failed
 * commit in a promise on its error, and that promise must not stay uncaught.
 */
export async function faultFrom(error: unknown, path: string, groupBytes: number): Promise<StoreFault> {
  if (error instanceof StoreFault) return error;
  const hidden = (error as { commitError?: Promise<never> } | null)?.commitError;
  const cause = hidden === undefined ? error : await hidden.catch((reason: unknown) => reason);
  const code = codeOf(cause);
  const full = NO_ROOM.has(code) || (code === EIO && (await isOutOfRoom(path, groupBytes)));
  const message = cause instanceof Error ? cause.message : String(cause);
  return new StoreFault(full ? 'full' : 'io', `${path}: ${message}`, { cause });
}

/** LMDB reports a write that was cut short by a full disk as a plain I/O error. */
async function isOutOfRoom(path: string, groupBytes: number): Promise<boolean> {
  const available = await availableBytes(path).catch(() => Number.POSITIVE_INFINITY);
  return available < neededBytes(groupBytes);
}

/**
 * Throws `full` before a group is written to a disk that has no room for it. LMDB itself must not find out: the text
 * that lmdb-js makes of a write that failed is longer than the memory it takes for it, which ends the process (seen,
 * 3.5.6). Some microseconds; a disk that somebody else fills in the same moment is still found out by LMDB.
 */
export function assertRoom(path: string, groupBytes: number): void {
  const available = roomAt(path);
  const needed = neededBytes(groupBytes);
  if (available < needed)
    throw new StoreFault('full', `${path}: ${available} bytes are left on the disk, ${needed} are needed`);
}

/** Unknown counts as enough: LMDB will say what is wrong. */
function roomAt(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** A group is written in whole pages, with those above them. */
function neededBytes(groupBytes: number): number {
  return 4 * groupBytes + (256 << 10);
}

function codeOf(error: unknown): number {
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  if (typeof code === 'number') return code;
  return typeof errno === 'number' ? Math.abs(errno) : 0;
}
