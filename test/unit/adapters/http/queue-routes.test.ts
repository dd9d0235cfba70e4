import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommandResult, QueuePage } from '../../../../adapters/http/queue-routes.ts';
import { createHttpServer, type HttpServer } from '../../../../adapters/http/server.ts';

const ODD_ID = '|'.repeat(48);

let server: HttpServer;
let asked: Array<{ charger: string; page: QueuePage }>;
let commands: Array<{ charger: string; n: number; reason: string }>;
let sessions: Array<{ charger: string; session: string; reason: string }>;
let result: CommandResult;

beforeEach(async () => {
  asked = [];
  commands = [];
  sessions = [];
  result = 'accepted';
  server = await createHttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    hosts: ['edge.local'],
    source: {
      site: () => ({}),
      chargers: () => [],
      sessions: () => [],
      queues: () => [],
      replay: () => ({}),
      actors: () => [],
      health: () => ({ ready: true }),
      refused: () => [],
      decisions: () => [],
      queue(charger, page) {
        asked.push({ charger, page });
        return charger === 'cp-01' || charger === ODD_ID ? { charger, items: [], next: null } : undefined;
      },
    },
    commands: {
      resend(charger, n, reason) {
        commands.push({ charger, n, reason });
        return result;
      },
      async resendSession(charger, session, reason) {
        sessions.push({ charger, session, reason });
        return result === 'accepted' ? { messages: 3 } : result;
      },
      release: () => expect.unreachable('nobody is to be released'),
    },
    report: (error) => expect.unreachable(String(error)),
  });
});
afterEach(() => server.close());

function url(path: string): string {
  return `http://127.0.0.1:${server.address.port}${path}`;
}

async function post(body: string, headers: Record<string, string> = {}, what = 'resend') {
  const response = await fetch(url(`/api/v1/queues/cp-01/${what}`), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const answered = (await response.json()) as { code?: string; errors?: Array<{ pointer: string }> };
  return { status: response.status, type: response.headers.get('content-type'), body: answered };
}

const GOOD = JSON.stringify({ n: 12, reason: 'the CPMS was repaired' });

describe('the queue of one charger', () => {
  test('is read in pages, 100 entries from the first unless told', async () => {
    expect(await (await fetch(url('/api/v1/queues/cp-01'))).json()).toEqual({
      charger: 'cp-01',
      items: [],
      next: null,
    });
    await fetch(url('/api/v1/queues/cp-01?after=7&limit=2'));
    expect(asked.map(({ page }) => page)).toEqual([
      { after: 0, limit: 100 },
      { after: 7, limit: 2 },
    ]);
  });

  test('is found under every identity that a charger may have', async () => {
    const response = await fetch(url(`/api/v1/queues/${encodeURIComponent(ODD_ID)}`));
    expect(response.status).toBe(200);
    expect(asked[0]!.charger).toBe(ODD_ID);
  });

  test.each([
    ['cp-99', 404, 'UNKNOWN_CHARGER'],
    ['cp-01?limit=501', 400, 'BAD_PARAMETER'],
    ['cp-01?limit=0', 400, 'BAD_PARAMETER'],
    ['cp-01?after=-1', 400, 'BAD_PARAMETER'],
    ['cp-01?after=1&after=2', 400, 'BAD_PARAMETER'],
  ])('%s is refused with %i %s', async (path, status, code) => {
    const response = await fetch(url(`/api/v1/queues/${path}`));
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ status, code });
  });
});

describe('sending again', () => {
  test('is accepted with a number and a reason', async () => {
    expect(await post(GOOD)).toMatchObject({
      status: 202,
      body: { charger: 'cp-01', n: 12, state: 'accepted' },
    });
    expect(commands).toEqual([{ charger: 'cp-01', n: 12, reason: 'the CPMS was repaired' }]);
  });

  test.each([
    ['no number', '{"reason":"x"}', ['/n']],
    ['a number as text', '{"n":"12","reason":"x"}', ['/n']],
    ['a broken number', '{"n":1.5,"reason":"x"}', ['/n']],
    ['no reason', '{"n":12}', ['/reason']],
    ['an empty reason', '{"n":12,"reason":"  "}', ['/reason']],
    ['an endless reason', JSON.stringify({ n: 12, reason: 'a'.repeat(201) }), ['/reason']],
    ['a reason of two lines', '{"n":12,"reason":"a\\nb"}', ['/reason']],
    ['a list', '[12,"x"]', ['/n', '/reason']],
    ['null', 'null', ['/n', '/reason']],
  ])('with %s is refused and does nothing', async (_name, body, pointers) => {
    const answer = await post(body);
    expect(answer).toMatchObject({ status: 400, type: 'application/problem+json' });
    expect(answer.body).toMatchObject({ code: 'BAD_COMMAND' });
    expect(answer.body.errors?.map(({ pointer }) => pointer)).toEqual(pointers);
    expect(commands).toEqual([]);
  });

  test.each([
    ['a form', GOOD, { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'JSON_WANTED'],
    ['plain text, as a form may send it', GOOD, { 'content-type': 'text/plain' }, 415, 'JSON_WANTED'],
    ['a file form', GOOD, { 'content-type': 'multipart/form-data; boundary=a' }, 415, 'JSON_WANTED'],
    ['almost JSON', GOOD, { 'content-type': 'application/jsonx' }, 415, 'JSON_WANTED'],
    ['a page of another origin', GOOD, { origin: 'https://evil.example' }, 403, 'ORIGIN_NOT_ALLOWED'],
    ['a page of no origin', GOOD, { origin: 'null' }, 403, 'ORIGIN_NOT_ALLOWED'],
    ['another port of this machine', GOOD, { origin: 'http://127.0.0.1:1' }, 403, 'ORIGIN_NOT_ALLOWED'],
    ['broken JSON', '{"n":', {}, 400, 'BAD_REQUEST'],
    ['a body without end', JSON.stringify({ n: 1, reason: 'a'.repeat(2_000) }), {}, 413, 'BAD_REQUEST'],
  ])('from %s is refused and does nothing', async (_name, body, headers, status, code) => {
    expect(await post(body, headers)).toMatchObject({
      status,
      type: 'application/problem+json',
      body: { code },
    });
    expect(commands).toEqual([]);
  });

  test('from a page of this site is accepted', async () => {
    expect((await post(GOOD, { origin: `http://127.0.0.1:${server.address.port}` })).status).toBe(202);
  });

  test.each([
    ['unknownCharger', 404, 'UNKNOWN_CHARGER'],
    ['unknownMessage', 404, 'UNKNOWN_MESSAGE'],
    ['stillQueued', 409, 'STILL_QUEUED'],
    ['neverLeaves', 409, 'NEVER_LEAVES'],
    [{ refused: 'busy', why: 'the store takes nothing' }, 503, 'NOT_NOW'],
  ] as Array<[CommandResult, number, string]>)(
    'that ends as %o is answered %i',
    async (made, status, code) => {
      result = made;
      expect(await post(GOOD)).toMatchObject({ status, type: 'application/problem+json', body: { code } });
    },
  );
});

describe('sending a session again', () => {
  const SESSION = '0b8f0c52-33f4-4a0e-8f5f-0d8a2d9b7f11';
  const command = JSON.stringify({ session: SESSION, reason: 'the CPMS lost its database' });

  test('is accepted with its id and a reason', async () => {
    expect(await post(command, {}, 'resend-session')).toMatchObject({
      status: 202,
      body: { charger: 'cp-01', session: SESSION, messages: 3, state: 'accepted' },
    });
    expect(sessions).toEqual([{ charger: 'cp-01', session: SESSION, reason: 'the CPMS lost its database' }]);
  });

  test.each([
    ['{"reason":"x"}', ['/session']],
    ['{"session":"../x","reason":"x"}', ['/session']],
    [JSON.stringify({ session: SESSION }), ['/reason']],
  ])('is refused and does nothing with %s', async (body, pointers) => {
    const answer = await post(body, {}, 'resend-session');
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.map(({ pointer }) => pointer)).toEqual(pointers);
    expect(sessions).toEqual([]);
  });

  test('is refused to a form', async () => {
    expect((await post(command, { 'content-type': 'text/plain' }, 'resend-session')).status).toBe(415);
    expect(sessions).toEqual([]);
  });

  test.each([
    ['unknownSession', 404, 'UNKNOWN_SESSION'],
    ['notDelivered', 409, 'NOT_DELIVERED'],
    ['notInJournal', 404, 'NOT_IN_JOURNAL'],
    ['tooMany', 409, 'TOO_MANY'],
  ] as Array<[CommandResult, number, string]>)(
    'that ends as %s is answered %i',
    async (made, status, code) => {
      result = made;
      expect(await post(command, {}, 'resend-session')).toMatchObject({ status, body: { code } });
    },
  );
});
