import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../../app/cli.ts';

interface Asked {
  method: string;
  path: string;
  type: string | undefined;
  body: string;
}

let server: Server;
let url: string;
let asked: Asked[];
let answer: { status: number; body: string };
let stdout: string;
let stderr: string;

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

beforeEach(async () => {
  asked = [];
  stdout = '';
  stderr = '';
  server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request;
    asked.push({ method, path, type: headers['content-type'], body: await textOf(request) });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => void server.close());

function says(body: unknown, status = 200): void {
  answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

function cli(...args: string[]): Promise<number> {
  const nothing = async () => expect.unreachable('nothing is to be started');
  return runCli(['queue', ...args], {
    io: {
      stdout: { write: (text: string) => (stdout += text) },
      stderr: { write: (text: string) => (stderr += text) },
      env: {},
    },
    signal: new AbortController().signal,
    starters: { run: nothing, demo: nothing },
  });
}

const QUEUES = {
  items: [
    { charger: 'cp-01', mode: 'online', queued: 3, parked: 1, deadLetters: 12, oldestAgeS: 200 },
    { charger: 'cp-02', mode: 'offline', queued: 0, parked: 0, deadLetters: 0, oldestAgeS: null },
  ],
};
const ENTRY = {
  ...{ n: 12, state: 'dead', action: 'StopTransaction', kind: 'stop', connector: 1, session: 's-1' },
  ...{ acceptedAt: '2026-03-02T13:00:00.000Z', ageS: 60, attempts: 5, since: null, parkedTries: null },
  ...{ nextTryAt: null, behind: null, error: 'InternalError: \u001b[2Jno' },
};

describe('holdfast queue ls', () => {
  test('lists all chargers', async () => {
    says(QUEUES);
    expect(await cli('ls', '--url', url)).toBe(0);
    expect(stdout).toBe(
      [
        'CHARGER  LINK     QUEUED  PARKED  DEAD  OLDEST',
        'cp-01    online   3       1       12    3 min',
        'cp-02    offline  0       0       0     -',
        '',
      ].join('\n'),
    );
  });

  test('lists what is kept of one charger, without anything that a terminal would obey', async () => {
    says({ charger: 'cp|01', items: [ENTRY, { ...ENTRY, n: 13, state: 'parked', behind: 12 }], next: 13 });
    expect(await cli('ls', 'cp|01', '--after', '11', '--limit', '2', '--url', url)).toBe(0);
    expect(asked).toMatchObject([{ method: 'GET', path: '/api/v1/queues/cp%7C01?after=11&limit=2' }]);
    expect(stdout.split('\n')[1]).toBe(
      '12  dead    StopTransaction  60 s  5         -         s-1      InternalError: �[2Jno',
    );
    expect(stdout).toMatch(/^13 {2}parked .* with 12 /m);
    expect(stderr).toBe('more follow: --after 13\n');
  });

  test('gives the document as it came on request', async () => {
    says(QUEUES);
    expect(await cli('ls', '--json', '--url', url)).toBe(0);
    expect(JSON.parse(stdout)).toEqual(QUEUES);
  });
});

describe('holdfast queue retry', () => {
  test('tells the controller what to send again, and why', async () => {
    says({ charger: 'cp-01', n: 12, state: 'accepted' }, 202);
    expect(await cli('retry', 'cp-01', '12', '--reason', 'CPMS repaired', '--url', url)).toBe(0);
    expect(asked).toEqual([
      {
        method: 'POST',
        path: '/api/v1/queues/cp-01/resend',
        type: 'application/json',
        body: '{"n":12,"reason":"CPMS repaired"}',
      },
    ]);
    expect(stdout).toBe('message 12 of cp-01 goes up again\n');
  });

  test.each([
    [['retry', 'cp-01', '12']],
    [['retry', 'cp-01', '--reason', 'x']],
    [['retry', 'cp-01', 'twelve', '--reason', 'x']],
    [['ls', '--url', 'ftp://x']],
    [['ls', '--limit', '-1']],
    [['drop', 'cp-01', '12']],
  ])('used wrongly (%o) ends with 2 and asks nobody', async (args) => {
    expect(await cli(...args)).toBe(2);
    expect(stderr).not.toBe('');
    expect(asked).toEqual([]);
  });
});

describe('holdfast queue resend-session', () => {
  test('names the session and says how much goes up again', async () => {
    says({ charger: 'cp-01', session: 's-1', messages: 42, state: 'accepted' }, 202);
    expect(await cli('resend-session', 'cp-01', 's-1', '--reason', 'lost', '--url', url)).toBe(0);
    expect(asked).toMatchObject([
      {
        method: 'POST',
        path: '/api/v1/queues/cp-01/resend-session',
        body: '{"session":"s-1","reason":"lost"}',
      },
    ]);
    expect(stdout).toBe('42 messages of s-1 go up again\n');
  });
});

describe('a command that fails', () => {
  const problem = (status: number, code: string) => ({
    ...{ type: 'about:blank', title: 'T', status, code, detail: 'what is wrong', hint: 'what to do' },
    errors: [{ pointer: '/reason', detail: 'must be shorter' }],
  });

  test.each([
    [404, 'UNKNOWN_MESSAGE', 5],
    [403, 'ORIGIN_NOT_ALLOWED', 7],
    [421, 'HOST_NOT_ALLOWED', 7],
    [409, 'STILL_QUEUED', 1],
    [503, 'NOT_NOW', 1],
  ])('with %i %s ends with %i and says what to do', async (status, code, exit) => {
    says(problem(status, code), status);
    expect(await cli('retry', 'cp-01', '12', '--reason', 'x', '--url', url)).toBe(exit);
    expect(stderr).toBe('what is wrong\n  /reason: must be shorter\nhint: what to do\n');
    expect(stdout).toBe('');
  });

  test('gives the problem as JSON on request', async () => {
    says(problem(404, 'UNKNOWN_CHARGER'), 404);
    expect(await cli('ls', 'cp-09', '--json', '--url', url)).toBe(5);
    expect(JSON.parse(stdout)).toEqual(problem(404, 'UNKNOWN_CHARGER'));
    expect(stderr).toBe('');
  });

  test('ends with 4 when nothing answers there', async () => {
    await new Promise((closed) => server.close(closed));
    expect(await cli('ls', '--url', url)).toBe(4);
    expect(stderr).toMatch(
      /^cannot reach http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\)\nhint: is the controller/,
    );
  });

  test('ends with 4 when something else answers there', async () => {
    says('<html>a printer</html>');
    expect(await cli('ls', '--url', url)).toBe(4);
    expect(stderr).toContain('is not Holdfast');
  });
});
