import { readFileSync, statSync } from 'node:fs';

const SECTOR_BYTES = 512;
const SECTORS_WRITTEN = 9;

/**
 * Bytes written so far to the block device that holds `folder`, by everybody on the machine; null where no block
 * device of its own holds it (a file system in memory or over a network).
 *
 * The kernel's count for one process (`write_bytes` in proc(5)) is of no use here: it counts a page as often as
 * the whole group of pages around it, up to a hundred times too much (seen on ext4 with Linux 6.18).
 */
export function deviceWriteBytes(folder: string): number | null {
  return parseDiskStats(readFileSync('/proc/diskstats', 'latin1'), statSync(folder).dev);
}

/** `text` is that of /proc/diskstats; `dev` as in stat(2). */
export function parseDiskStats(text: string, dev: number): number | null {
  const major = String((dev >> 8) & 0xfff);
  const minor = String((dev & 0xff) | ((dev >> 12) & 0xfff00));
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[0] === major && fields[1] === minor) return Number(fields[SECTORS_WRITTEN]) * SECTOR_BYTES;
  }
  return null;
}
