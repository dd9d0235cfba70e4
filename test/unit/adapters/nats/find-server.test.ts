import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNatsServer } from '../../../../adapters/nats/find-server.ts';
import { ensureNats } from '../../../../scripts/install-nats.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-find-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function placeServer(folder: string, mode = 0o755): string {
  const path = join(root, folder, 'nats-server');
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, mode);
  return path;
}

function places() {
  return {
    searchPath: `${join(root, 'empty')}:${join(root, 'path')}`,
    sbinFolders: [join(root, 'sbin')],
    cacheFolder: join(root, 'cache'),
  };
}

describe('nats-server is found', () => {
  it('in the order configured, environment, PATH, sbin folders, cache', () => {
    const configured = placeServer('configured');
    const fromEnvironment = placeServer('environment');
    const [path, sbin, cache] = [placeServer('path'), placeServer('sbin'), placeServer('cache')];
    expect(findNatsServer({ ...places(), configured, fromEnvironment })).toEqual({
      path: configured,
      how: 'configured',
    });
    expect(findNatsServer({ ...places(), fromEnvironment })).toEqual({
      path: fromEnvironment,
      how: 'environment',
    });
    expect(findNatsServer(places())).toEqual({ path, how: 'path' });
    rmSync(path);
    expect(findNatsServer(places())).toEqual({ path: sbin, how: 'sbin' });
    rmSync(sbin);
    expect(findNatsServer(places())).toEqual({ path: cache, how: 'cache' });
  });

  it('never as a folder or a file that cannot be executed', () => {
    mkdirSync(join(root, 'path', 'nats-server'), { recursive: true });
    placeServer('sbin', 0o644);
    const cache = placeServer('cache');
    expect(findNatsServer(places())).toEqual({ path: cache, how: 'cache' });
  });

  it('or the problem says what to do', () => {
    const found = findNatsServer(places());
    expect(found).toEqual({ problem: expect.stringMatching(/install-nats\.mjs.*HOLDFAST_NATS_BIN/) });
  });

  it.each(['configured', 'fromEnvironment'])(
    'or a wrong path in %s is a problem, though another server is there',
    (key) => {
      placeServer('path');
      const found = findNatsServer({ ...places(), [key]: join(root, 'missing') });
      expect(found).toEqual({ problem: expect.stringContaining('missing') });
    },
  );
});

describe('the set-up step', () => {
  function ensure(environment: Record<string, string>) {
    const { searchPath, sbinFolders, cacheFolder } = places();
    return ensureNats({ env: { PATH: searchPath, ...environment }, sbinFolders, cacheFolder, asRoot: false });
  }

  it.each([['path'], ['sbin'], ['cache']])('finds a server in %s as the product does', (folder) => {
    const path = placeServer(folder);
    expect(ensure({})).toMatchObject({ found: path, how: 'present' });
    expect(findNatsServer(places())).toMatchObject({ path });
  });

  it('takes the one named in HOLDFAST_NATS_BIN first, and says so when that is wrong', () => {
    placeServer('path');
    const named = placeServer('named');
    expect(ensure({ HOLDFAST_NATS_BIN: named }).found).toBe(named);
    expect(ensure({ HOLDFAST_NATS_BIN: join(root, 'missing') })).toMatchObject({
      found: null,
      message: expect.stringContaining('HOLDFAST_NATS_BIN'),
    });
  });

  it('says what to do, and that the in-process bus stands in, when no server can be had', () => {
    // No apt-get on this PATH.
    expect(ensure({})).toMatchObject({
      found: null,
      how: 'none',
      message: expect.stringMatching(/apt-get install nats-server.*HOLDFAST_NATS_BIN.*in-process bus/),
    });
  });
});
