import { writeSync } from 'node:fs';
import { type DataFolder, DataFolderBusy, openDataFolder } from '../../runtime/data-folder.ts';

/** Tries to lock a data folder, prints `held` or `busy <pid>`, and holds it until it is killed. */
try {
  const folder: DataFolder = await openDataFolder(process.argv[2]!);
  writeSync(1, `held ${folder.path}\n`);
  setInterval(() => undefined, 60_000);
} catch (error) {
  writeSync(1, error instanceof DataFolderBusy ? `busy ${error.pid}\n` : `error ${String(error)}\n`);
}
