import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../../app/cli.ts';

let server: Server;
let url: string;
let asked: Array<{ method: string; path: string; type: string | undefined; body: string }>;
let answer: { status: number; body: unknown };
let stdout: string;
let stderr: string;

beforeEach(async () => {
  asked = [];
  stdout = '';
  stderr = '';
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { method = '', url: path = '', headers } = request;
    asked.push({ method, path, type: headers['content-type'], body });
    response
      .writeHead(answer.status, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer.body));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => void server.close());

function cli(...args: string[]): Promise<number> {
  const nothing = async () => expect.unreachable('nothing is to be started');
  return runCli(args, {
    io: {
      stdout: { write: (text: string) => (stdout += text) },
      stderr: { write: (text: string) => (stderr += text) },
      env: {},
    },
    signal: new AbortController().signal,
    starters: { run: nothing, demo: nothing },
  });
}

const ACTORS = {
  items: [
    {
      address: 'charger/cp-01',
      quarantine: {
        since: '2026-03-02T13:00:00.000Z',
        until: '2026-03-02T13:10:00.000Z',
        why: 'Error: broken \u001b[2J',
      },
    },
    { address: 'budget/site', quarantine: null },
  ],
};

describe('holdfast actors', () => {
  test('lists who runs and who is set aside, harmless on a terminal', async () => {
    answer = { status: 200, body: ACTORS };
    expect(await cli('actors', '--url', url)).toBe(0);
    expect(asked).toMatchObject([{ method: 'GET', path: '/api/v1/actors' }]);
    expect(stdout).toContain('charger/cp-01  set aside  2026-03-02T13:00:00.000Z  2026-03-02T13:10:00.000Z');
    expect(stdout).toMatch(/budget\/site +runs/);
    expect(stdout).not.toContain('\u001b');
  });

  test('asks for those that are set aside alone, and gives one JSON document', async () => {
    answer = { status: 200, body: ACTORS };
    expect(await cli('actors', '--quarantined', '--json', '--url', url)).toBe(0);
    expect(asked).toMatchObject([{ path: '/api/v1/actors?quarantined=true' }]);
    expect(JSON.parse(stdout)).toEqual(ACTORS);
  });
});

describe('holdfast release', () => {
  test('tells the controller whom to release, and why', async () => {
    answer = { status: 200, body: { address: 'connector/CP *1/2', state: 'released' } };
    expect(await cli('release', 'connector/CP *1/2', '--reason', 'cable replaced', '--url', url)).toBe(0);
    expect(asked).toEqual([
      {
        method: 'POST',
        path: '/api/v1/actors/connector/CP%20*1/2/release',
        type: 'application/json',
        body: '{"reason":"cable replaced"}',
      },
    ]);
    expect(stdout).toBe('connector/CP *1/2 runs again\n');
  });

  test.each([
    [404, 'UNKNOWN_ACTOR', 5],
    [409, 'NOT_QUARANTINED', 1],
    [403, 'ORIGIN_NOT_ALLOWED', 7],
  ])('that is refused with %i %s ends with %i and says why on stderr', async (status, code, exit) => {
    answer = { status, body: { title: 'x', status, code, detail: 'that is why' } };
    expect(await cli('release', 'charger/cp-9', '--reason', 'x', '--url', url)).toBe(exit);
    expect(stdout).toBe('');
    expect(stderr).toContain('that is why');
  });

  test('ends with 4 when nobody answers there', async () => {
    server.close();
    expect(await cli('release', 'charger/cp-1', '--reason', 'x', '--url', 'http://127.0.0.1:9')).toBe(4);
    expect(stderr).toContain('cannot reach http://127.0.0.1:9');
  });

  test.each([[['release']], [['release', 'charger/cp-1']], [['release', 'cp-1', '--reason', 'x']]])(
    'used wrongly (%o) ends with 2 and asks nobody',
    async (args) => {
      expect(await cli(...args, '--url', url)).toBe(2);
      expect(asked).toEqual([]);
    },
  );
});
