import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../../app/cli.ts';
import type { DemoOptions } from '../../../app/demo.ts';
import { type RunOptions, runSite } from '../../../app/run.ts';

let folder: string;
let stdout: string;
let stderr: string;
let started: Array<{ run: string; options: RunOptions } | { demo: DemoOptions }>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  stdout = '';
  stderr = '';
  started = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function io(isTTY: boolean) {
  return {
    stdout: { isTTY, write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    env: {},
  };
}

function cli(args: string[], { isTTY = false, code = 0 } = {}): Promise<number> {
  return runCli(args, {
    io: io(isTTY),
    signal: new AbortController().signal,
    starters: {
      run: async (run, options) => {
        started.push({ run, options });
        return code;
      },
      demo: async (demo) => {
        started.push({ demo });
        return code;
      },
    },
  });
}

function siteFile(text: string): string {
  const path = join(folder, 'site.yaml');
  writeFileSync(path, text);
  return path;
}

describe('holdfast demo', () => {
  test('runs until told to end, in the terminal if there is one', async () => {
    expect(await cli(['demo'], { isTTY: true })).toBe(0);
    expect(started).toMatchObject([
      { demo: { forMs: null, json: false, seed: 1, inspectPort: null, terminal: { colour: true } } },
    ]);
  });

  test('takes a time, a seed and JSON, which leaves the terminal alone', async () => {
    await cli(['demo', '--for', '60s', '--json', '--seed', '7'], { isTTY: true });
    expect(started).toMatchObject([{ demo: { forMs: 60_000, json: true, seed: 7, terminal: null } }]);
  });

  test.each([
    [[], null],
    [['--inspect'], 8500],
    [['--inspect', '9999'], 9999],
  ])('with %o feeds the inspector on port %s', async (args, inspectPort) => {
    await cli(['demo', ...args]);
    expect(started).toMatchObject([{ demo: { inspectPort } }]);
  });

  test('gives its own exit code back', async () => {
    expect(await cli(['demo'], { code: 1 })).toBe(1);
  });
});

describe('holdfast run', () => {
  test('takes the site file, site.yaml unless told', async () => {
    await cli(['run']);
    await cli(['run', '-c', 'other.yaml', '--inspect', '0']);
    expect(started).toMatchObject([
      { run: 'site.yaml', options: { inspectPort: null } },
      { run: 'other.yaml', options: { inspectPort: 0 } },
    ]);
  });

  test('ends with 3 and all findings on stderr when the site file is not sound', async () => {
    const path = siteFile('version: 2\nsite: { id: yard }\n');
    const code = await runSite(path, {
      io: io(false),
      signal: new AbortController().signal,
      inspectPort: null,
    });
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toContain('site.yaml:1:1 version must be 1, found 2\n');
    expect(stderr).toContain('backends is missing');
    expect(stderr).toMatch(/2 errors, 2 warnings; nothing was started\n$/);
  });
});

describe('holdfast check', () => {
  test('calls the example sound and ends with 0', async () => {
    expect(await cli(['check', 'examples/site.yaml'])).toBe(0);
    expect(stdout).toBe('site.yaml: sound (0 errors, 0 warnings), 3 chargers known\n');
  });

  test('lists findings and ends with 3', async () => {
    expect(await cli(['check', siteFile('version: 1\n')])).toBe(3);
    expect(stdout).toContain('site.yaml:1:1 site is missing');
  });

  test('gives one JSON document on request', async () => {
    expect(await cli(['check', '--json', siteFile('version: 1\nsignals: []\n')])).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      file: 'site.yaml',
      ok: false,
      findings: expect.arrayContaining([
        {
          severity: 'error',
          line: 2,
          column: 1,
          path: 'signals',
          message: expect.stringContaining('not built yet'),
        },
      ]),
    });
  });

  test('of a file that is not there ends with 3', async () => {
    expect(await cli(['check', join(folder, 'none.yaml')])).toBe(3);
    expect(stdout).toContain('does not exist');
  });
});

describe('the command line', () => {
  test('prints its version', async () => {
    expect(await cli(['--version'])).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('starts its help with examples', async () => {
    expect(await cli(['--help'])).toBe(0);
    expect(stdout).toMatch(/^Examples:\n {2}holdfast demo/);
  });

  test.each([
    [[]],
    [['fly']],
    [['demo', '--fast']],
    [['demo', '--for', '60']],
    [['demo', '--for', '0s']],
    [['demo', '--seed', '-1']],
    [['demo', '--seed', '4294967296']],
    [['run', '--inspect', '65536']],
    [['run', 'site.yaml']],
    [['run', '-c']],
  ])('used wrongly (%o) ends with 2, says why on stderr and starts nothing', async (args) => {
    expect(await cli(args)).toBe(2);
    expect(stderr).not.toBe('');
    expect(stdout).toBe('');
    expect(started).toEqual([]);
  });
});
