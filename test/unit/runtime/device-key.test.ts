import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDeviceKey } from '../../../runtime/device-key.ts';
import { makeTempFolder } from '../../helpers/temp-folder.ts';

let folder: Awaited<ReturnType<typeof makeTempFolder>>;
beforeEach(async () => {
  folder = await makeTempFolder('device-key');
});
afterEach(() => folder.remove());

const modeOf = async (): Promise<number> => (await stat(join(folder.path, 'device.key'))).mode & 0o777;

test('is 32 bytes, made once, for its owner alone', async () => {
  const key = await openDeviceKey(folder.path);
  expect(key).toHaveLength(32);
  expect(await modeOf()).toBe(0o600);
  expect(await openDeviceKey(folder.path)).toEqual(key);
  expect(await readFile(join(folder.path, 'device.key'))).toEqual(key);
});

test('is another one in another folder', async () => {
  const other = await makeTempFolder('device-key');
  expect(await openDeviceKey(folder.path)).not.toEqual(await openDeviceKey(other.path));
  await other.remove();
});

test('is closed again to others where somebody opened it', async () => {
  const key = await openDeviceKey(folder.path);
  await chmod(join(folder.path, 'device.key'), 0o644);
  expect(await openDeviceKey(folder.path)).toEqual(key);
  expect(await modeOf()).toBe(0o600);
});

test('is made anew where the file is cut short', async () => {
  await writeFile(join(folder.path, 'device.key'), 'half');
  expect(await openDeviceKey(folder.path)).toHaveLength(32);
});
