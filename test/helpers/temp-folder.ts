import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A fresh folder below the system's temporary folder, and the call that removes it. */
export async function makeTempFolder(prefix: string): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `holdfast-${prefix}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
