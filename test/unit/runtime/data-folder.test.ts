import { readdir, readlink, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataFolder } from '../../../runtime/data-folder.ts';
import { runChild } from '../../helpers/child-script.ts';
import { makeTempFolder } from '../../helpers/temp-folder.ts';

let temp: Awaited<ReturnType<typeof makeTempFolder>>;
let path: string;

beforeEach(async () => {
  temp = await makeTempFolder('folder');
  path = join(temp.path, 'a', 'data');
});
afterEach(() => temp.remove());

/** Starts a process that tries to hold the folder; gives its first line and the call that kills it. */
async function startHolder(): Promise<{ line: string; kill: () => Promise<void> }> {
  return new Promise((resolve, reject) => {
    const end = runChild('folder-holder.child.ts', {
      args: [path],
      onLine: (line, kill) =>
        resolve({
          line,
          async kill() {
            kill();
            await end;
          },
        }),
    });
    end.then(({ lines, stderr }) => lines.length === 0 && reject(new Error(stderr)), reject);
  });
}

describe('the data folder', () => {
  it('is made, for its owner only, and handed out to one at a time', async () => {
    const folder = await openDataFolder(path);
    expect((await stat(folder.path)).mode & 0o777).toBe(0o700);
    await expect(openDataFolder(path)).rejects.toMatchObject({ name: 'DataFolderBusy', pid: process.pid });
    await folder.release();
    const again = await openDataFolder(path);
    await folder.release();
    await expect(openDataFolder(path)).rejects.toMatchObject({ name: 'DataFolderBusy' });
    await again.release();
  });

  it('is the same folder behind a symbolic link', async () => {
    const folder = await openDataFolder(path);
    const link = join(temp.path, 'link');
    await symlink(path, link);
    await expect(openDataFolder(link)).rejects.toMatchObject({ name: 'DataFolderBusy', path: folder.path });
    await folder.release();
  });

  it('leaves one lock behind, however often it is opened', async () => {
    for (let turn = 0; turn < 5; turn++) await (await openDataFolder(path)).release();
    expect(await readdir(path)).toEqual(['lock.5']);
    expect(await readlink(join(path, 'lock.5'))).toBe('released');
  });

  it('is refused with the number of the other process, and free after that was killed with -9', async () => {
    const holder = await startHolder();
    expect(holder.line).toMatch(/^held /);
    const busy: unknown = await openDataFolder(path).catch((error: unknown) => error);
    expect(busy).toMatchObject({ name: 'DataFolderBusy' });
    const { pid } = busy as { pid: number };
    expect(pid).not.toBe(process.pid);
    expect((busy as Error).message).toContain(String(pid));
    await holder.kill();
    await (await openDataFolder(path)).release();
  });

  it('is taken over when the process number lives on in another process', async () => {
    const folder = await openDataFolder(path);
    const [, start] = /start=(.*)$/.exec(await readlink(join(folder.path, 'lock.1')))!;
    expect(start).toMatch(/^\d+-[0-9a-f]{8}$/);
    await folder.release();
    await symlink(`pid=${process.pid},start=1-${start!.split('-')[1]}`, join(path, 'lock.7'));
    const again = await openDataFolder(path);
    expect(await readdir(path)).toEqual(['lock.8']);
    await again.release();
  });

  it('stays refused when a living holder has no start time', async () => {
    await (await openDataFolder(path)).release();
    await symlink(`pid=${process.pid},start=`, join(path, 'lock.9'));
    await expect(openDataFolder(path)).rejects.toMatchObject({ name: 'DataFolderBusy', pid: process.pid });
  });

  it('goes to exactly one of many that find a dead holder together', async () => {
    for (let round = 0; round < 20; round++) {
      const contended = join(temp.path, `round-${round}`);
      await (await openDataFolder(contended)).release();
      await symlink('pid=4194304,start=1-00000000', join(contended, 'lock.3'));
      const results = await Promise.allSettled(Array.from({ length: 12 }, () => openDataFolder(contended)));
      const winners = results.filter((result) => result.status === 'fulfilled');
      expect(winners).toHaveLength(1);
      expect((await readdir(contended)).filter((name) => name === 'lock.4')).toHaveLength(1);
      await winners[0]!.value.release();
    }
  });

  it('goes to exactly one of several processes that start together', async () => {
    const dead = await startHolder();
    await dead.kill();
    const holders = await Promise.all(Array.from({ length: 4 }, startHolder));
    expect(holders.map(({ line }) => line.split(' ')[0]).sort()).toEqual(['busy', 'busy', 'busy', 'held']);
    await Promise.all(holders.map(({ kill }) => kill()));
  });
});
