import { mkdir, readdir, readFile, readlink, realpath, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';

/** A data folder that this process holds alone. */
export interface DataFolder {
  /** Absolute path without symbolic links. */
  readonly path: string;
  /** Lets the next process in; calling it again does nothing. */
  release(): Promise<void>;
}

/** Another process, `pid`, holds the data folder. */
export class DataFolderBusy extends Error {
  override readonly name = 'DataFolderBusy';
  readonly path: string;
  readonly pid: number;
  constructor(path: string, pid: number) {
    super(`the data folder ${path} is in use by process ${pid}`);
    this.path = path;
    this.pid = pid;
  }
}

const LOCK_NAME = /^lock\.(\d{1,15})$/;
const HOLDER = /^pid=(\d+),start=([0-9a-f-]*)$/;
const RELEASED = 'released';

/**
 * Makes the folder if needed and locks it; rejects with {@link DataFolderBusy}.
 *
 * The lock is a symbolic link `lock.<n>` whose target names the holder: made in one step with its content, and
 * without a data block, so that a full disk can be opened too. The highest number holds. Taking over from a
 * released or dead holder makes the next number, which only one process can; the highest is never deleted, so
 * nobody can take over twice from the same holder. Processes must share one process table (not two containers).
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const folder = await realpath(path);
  const numbers = await lockNumbers(folder);
  const highest = numbers[0] ?? 0;
  if (highest > 0) await assertFree(folder, highest);
  const mine = highest + 1;
  try {
    await symlink(
      `pid=${process.pid},start=${(await processStart(process.pid)) ?? ''}`,
      lockPath(folder, mine),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new DataFolderBusy(folder, (await holderOf(folder, mine))?.pid ?? 0);
  }
  // Whoever listed the folder long ago may have made a number that others have since taken over from.
  const newest = (await lockNumbers(folder))[0] ?? mine;
  if (newest > mine) {
    await rm(lockPath(folder, mine), { force: true });
    throw new DataFolderBusy(folder, (await holderOf(folder, newest))?.pid ?? 0);
  }
  for (const number of numbers) await rm(lockPath(folder, number), { force: true });
  let held = true;
  return {
    path: folder,
    async release() {
      if (!held) return;
      held = false;
      await markReleased(folder, mine);
    },
  };
}

/** The lock stays, marked as released: deleting it would let its number be given twice. */
async function markReleased(folder: string, number: number): Promise<void> {
  const marker = join(folder, `released.${process.pid}`);
  await rm(marker, { force: true });
  await symlink(RELEASED, marker);
  await rename(marker, lockPath(folder, number));
}

async function assertFree(folder: string, number: number): Promise<void> {
  const holder = await holderOf(folder, number);
  if (holder === null) return;
  const start = await processStart(holder.pid);
  if (start === null) return;
  // Where a start time is not to be had on one side, a living process with that number counts as the holder.
  if (start === '' || holder.start === '' || start === holder.start)
    throw new DataFolderBusy(folder, holder.pid);
}

async function holderOf(folder: string, number: number): Promise<{ pid: number; start: string } | null> {
  const target = await readlink(lockPath(folder, number)).catch(() => RELEASED);
  const match = HOLDER.exec(target);
  return match === null ? null : { pid: Number(match[1]), start: match[2]! };
}

/** Numbers of all locks, highest first. */
async function lockNumbers(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  const numbers = names.map((name) => Number(LOCK_NAME.exec(name)?.[1] ?? 0)).filter((number) => number > 0);
  return numbers.sort((a, b) => b - a);
}

function lockPath(folder: string, number: number): string {
  return join(folder, `lock.${number}`);
}

/**
 * What tells this run of a process number from a later one: kernel start ticks and boot id; '' where the system
 * does not say; null when no such process runs (a zombie does not).
 */
async function processStart(pid: number): Promise<string | null> {
  if (!isAlive(pid)) return null;
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => null);
  if (stat === null) return isAlive(pid) ? '' : null;
  // The name in parentheses may hold anything; the state follows it, and the start time is 19 fields later.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => '');
  return `${fields[19] ?? ''}-${bootId.trim().slice(0, 8)}`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
