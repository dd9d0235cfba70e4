import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { builtMain } from '../helpers/built-product.ts';
import { natsServerBinary } from '../helpers/nats.ts';
import { makeTempFolder } from '../helpers/temp-folder.ts';

let folder: Awaited<ReturnType<typeof makeTempFolder>>;
let taken: Server[];
/** Of the chargers and of the API. */
let takenPorts: [number, number];

beforeEach(async () => {
  folder = await makeTempFolder('config-exit');
  taken = [createServer(), createServer()];
  for (const server of taken) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  takenPorts = taken.map((server) => (server.address() as { port: number }).port) as [number, number];
});
afterEach(async () => {
  for (const server of taken) await new Promise((resolve) => server.close(resolve));
  await folder.remove();
});

/** A sound site file whose both ports are taken, so that a process which tries to open one says so. */
function siteFile(more: string, [south, api] = takenPorts): string {
  return [
    'version: 1',
    'site: { id: exits }',
    'data: ./data',
    'chargers: { known: [{ id: cp-1 }], unknown: reject }',
    `ocpp: { listen: "127.0.0.1:${south}", securityProfile: 0 }`,
    'backends: [{ id: cpms, url: "ws://127.0.0.1:9" }]',
    `ui: { listen: "127.0.0.1:${api}" }`,
    more,
    '',
  ].join('\n');
}

async function run(text: string, ...more: string[]): Promise<{ code: unknown; stderr: string }> {
  const file = join(folder.path, 'site.yaml');
  await writeFile(file, text);
  const env = { ...process.env, HOLDFAST_NATS_BIN: natsServerBinary() };
  return new Promise((resolve) => {
    const args = [builtMain(), 'run', '-c', file, ...more];
    execFile(process.execPath, args, { timeout: 20_000, env }, (error, _stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stderr }),
    );
  });
}

function demo(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const env = { ...process.env, HOLDFAST_NATS_BIN: natsServerBinary() };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [builtMain(), 'demo', ...args],
      { timeout: 20_000, env },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

describe('the product started with a site file that is not sound', () => {
  test.each([
    ['is no YAML', (text: string) => `${text}\n  : [`],
    ['has a key that nobody knows', (text: string) => `${text}\nchargerz: {}`],
    ['has a charger twice', (text: string) => text.replace('{ id: cp-1 }', '{ id: cp-1 }, { id: cp-1 }')],
    ['has no backend', (text: string) => text.replace(/backends:.*\n/, '')],
    [
      'names a secret that is not there',
      (text: string) => text.replace(':9"', ':9", auth: { passwordFrom: "env:NOT_SET_HERE" }'),
    ],
  ])('that %s exits with 3 before it opens a port or makes a folder', async (_fault, breakIt) => {
    const { code, stderr } = await run(breakIt(siteFile('')));
    expect(code, stderr).toBe(3);
    expect(stderr).toMatch(/site\.yaml:\d+/);
    expect(stderr).toContain('nothing was started');
    expect(stderr).not.toContain('EADDRINUSE');
    expect(existsSync(join(folder.path, 'data'))).toBe(false);
  });

  test('refuses a section of a part that is not built yet by its name', async () => {
    const { code, stderr } = await run(siteFile('signals: { grid: { url: "http://127.0.0.1:9" } }'));
    expect(code).toBe(3);
    expect(stderr).toMatch(/site\.yaml:8:.*signals/);
    expect(stderr).toContain('not built yet in this version (grid signals)');
    expect(existsSync(join(folder.path, 'data'))).toBe(false);
  });

  test('says in one line which file it cannot read', async () => {
    const { code, stderr } = await run(siteFile(''), '-c', join(folder.path, 'none.yaml'));
    expect(code).toBe(3);
    expect(stderr).toContain('none.yaml');
    expect(stderr).not.toContain(' at ');
  });
});

describe('the product started with a sound site file', () => {
  test('exits with 1 and the port when another program listens there', async () => {
    const { code, stderr } = await run(siteFile(''));
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(takenPorts.join('|')));
    expect(stderr).toContain('another program listens there');
    expect(stderr).not.toContain(' at ');
  });

  test('exits with 1 and the port when another program listens on the port of the inspector', async () => {
    const { code, stderr } = await run(siteFile('', [0, 0]), '--inspect', String(takenPorts[0]));
    expect(code).toBe(1);
    expect(stderr).toContain('inspector: ');
    expect(stderr).toContain(String(takenPorts[0]));
    expect(stderr).not.toContain(' at ');
  });
});

describe('the demo', () => {
  test('exits with 1 and the port when another program listens on the port of the inspector', async () => {
    const { code, stdout, stderr } = await demo('--for', '1s', '--json', '--inspect', String(takenPorts[0]));
    expect(code, stderr).toBe(1);
    expect(stderr).toContain('holdfast demo: inspector: ');
    expect(stderr).toContain(String(takenPorts[0]));
    expect(stderr).toContain('another program listens there');
    expect(stderr).not.toContain(' at ');
    expect(stdout).toBe('');
  });
});
