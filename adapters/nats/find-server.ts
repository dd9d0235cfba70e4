import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const BINARY = 'nats-server';
/** Often missing from the PATH of ordinary users; Debian puts the server there. */
const SBIN_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin'];

export interface FindServerOptions {
  /** Path in the site file. */
  configured?: string | undefined;
  /** Value of HOLDFAST_NATS_BIN. */
  fromEnvironment?: string | undefined;
  /** Value of PATH. */
  searchPath: string;
  /** Where the set-up step unpacks a server when it may not install one: `<project>/.cache/nats-server`. */
  cacheFolder: string;
  sbinFolders?: readonly string[];
}

export type FoundServer = { path: string; how: 'configured' | 'environment' | 'path' | 'sbin' | 'cache' };

/**
 * Finds the nats-server binary, first match wins. A path that somebody set and that is not executable is a
 * problem of its own: falling through to another server would hide the mistake.
 */
export function findNatsServer(options: FindServerOptions): FoundServer | { problem: string } {
  const named = [
    ['configured', options.configured, 'the site file'],
    ['environment', options.fromEnvironment, 'HOLDFAST_NATS_BIN'],
  ] as const;
  for (const [how, path, source] of named) {
    if (path === undefined || path === '') continue;
    const absolute = resolve(path);
    if (isExecutableFile(absolute)) return { path: absolute, how };
    return { problem: `${source} names "${path}" as nats-server, and that is not an executable file` };
  }
  const places: Array<[FoundServer['how'], readonly string[]]> = [
    ['path', options.searchPath.split(delimiter).filter((folder) => folder !== '')],
    ['sbin', options.sbinFolders ?? SBIN_FOLDERS],
    ['cache', [options.cacheFolder]],
  ];
  for (const [how, folders] of places) {
    const path = folders.map((folder) => resolve(join(folder, BINARY))).find(isExecutableFile);
    if (path !== undefined) return { path, how };
  }
  return {
    problem:
      'no nats-server found in PATH, the sbin folders or the private cache. Run "node scripts/install-nats.mjs", ' +
      'or "apt-get install nats-server" as root, or name a binary in HOLDFAST_NATS_BIN',
  };
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
