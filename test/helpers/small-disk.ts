import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempFolder } from './temp-folder.ts';

/** A place for a data folder that can be made full. */
export interface SmallDisk {
  readonly path: string;
  /** From now on nothing can be written that makes a file grow; what others free is taken at once. */
  fill(): void;
  /** There is room again. */
  giveBack(): void;
  remove(): Promise<void>;
}

const SIZE_MIB = 48;
const REFILL_MS = 20;
const CHUNK = Buffer.alloc(64 << 10, 1);

/** A file system of its own where this process may mount one; elsewhere a limit on how large its files may grow. */
export async function makeSmallDisk(): Promise<SmallDisk> {
  const folder = await makeTempFolder('small-disk');
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m`, 'tmpfs', folder.path], {
      stdio: 'ignore',
    });
  } catch {
    return limitedFiles(folder.path, folder.remove);
  }
  return mounted(folder.path, folder.remove);
}

function mounted(path: string, removeFolder: () => Promise<void>): SmallDisk {
  const filler = openSync(join(path, 'filler'), 'a');
  let refill: NodeJS.Timeout | undefined;
  const giveBack = () => {
    clearInterval(refill);
    ftruncateSync(filler, 0);
  };
  return {
    path,
    fill: () => {
      takeAll(filler);
      refill = setInterval(() => takeAll(filler), REFILL_MS);
    },
    giveBack,
    remove: async () => {
      giveBack();
      closeSync(filler);
      execFileSync('umount', ['-l', path]);
      await removeFolder();
    },
  };
}

function takeAll(filler: number): void {
  for (let chunk = CHUNK; chunk.length > 0; ) {
    try {
      writeSync(filler, chunk);
    } catch {
      chunk = chunk.subarray(0, chunk.length >> 1);
    }
  }
}

/** The limit is this process's own: no file of it grows beyond what the store has now. */
function limitedFiles(path: string, remove: () => Promise<void>): SmallDisk {
  // Unhandled, the signal for a write past the limit would end the process instead of failing the write.
  const ignore = () => undefined;
  process.on('SIGXFSZ', ignore);
  const limit = (soft: string) => execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${soft}:`]);
  return {
    path,
    fill: () => limit(String(statSync(join(path, 'data', 'store', 'store.mdb')).size)),
    giveBack: () => limit('unlimited'),
    remove: async () => {
      limit('unlimited');
      process.off('SIGXFSZ', ignore);
      await remove();
    },
  };
}
