import { open, rm, stat, statfs } from 'node:fs/promises';

const CHUNK_BYTES = 1 << 20;

/**
 * Makes the file whose deletion gives a full disk room to breathe, unless it is there already. Returns false,
 * and leaves nothing behind, when the disk would not have as much again left over.
 */
export async function makeBallast(path: string, bytes: number): Promise<boolean> {
  if (bytes === 0) return false;
  if ((await sizeOf(path)) === bytes) return true;
  await rm(path, { force: true });
  if ((await availableBytes(path)) < 2 * bytes) return false;
  try {
    await fill(path, bytes);
    return true;
  } catch {
    // The disk filled up meanwhile: a part of a ballast would only be in the way.
    await rm(path, { force: true });
    return false;
  }
}

/** Deletes the ballast; false when there was none. */
export async function dropBallast(path: string): Promise<boolean> {
  if ((await sizeOf(path)) === null) return false;
  await rm(path, { force: true });
  return true;
}

/** Bytes that an unprivileged process can still write to the file system that holds `path`'s folder. */
export async function availableBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path.slice(0, path.lastIndexOf('/')));
  return bavail * bsize;
}

async function fill(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, bytes), 0xa5);
    for (let left = bytes; left > 0; ) {
      const { bytesWritten } = await file.write(chunk, 0, Math.min(left, chunk.length));
      left -= bytesWritten;
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    (found) => found.size,
    () => null,
  );
}
