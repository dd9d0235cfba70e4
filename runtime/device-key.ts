import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

const NAME = 'device.key';
const BYTES = 32;
const OWNER_ONLY = 0o600;

/**
 * The secret of this installation, made at its first start and kept in the data folder for its owner alone. What is
 * derived from it is worth nothing without the folder. A file of another length is no key of ours and is replaced.
 */
export async function openDeviceKey(folder: string): Promise<Buffer> {
  const path = join(folder, NAME);
  const found = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found?.length === BYTES) {
    const file = await open(path, 'r');
    await file.chmod(OWNER_ONLY);
    await file.close();
    return found;
  }
  const key = randomBytes(BYTES);
  const staged = `${path}.new`;
  const file = await open(staged, 'w', OWNER_ONLY);
  try {
    await file.chmod(OWNER_ONLY);
    await file.writeFile(key);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(staged, path);
  await syncFolder(folder);
  return key;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync();
  await handle.close();
}
