import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ReleaseResult } from '../../../../adapters/http/actor-routes.ts';
import { createHttpServer, type HttpServer } from '../../../../adapters/http/server.ts';

const ASIDE = { address: 'charger/cp-01', quarantine: { why: 'Error: broken' } };
const RUNS = { address: 'charger/cp-02', quarantine: null };

let server: HttpServer;
let released: Array<{ address: string; reason: string }>;
let result: ReleaseResult;

beforeEach(async () => {
  released = [];
  result = 'released';
  server = await createHttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    hosts: ['edge.local'],
    source: {
      site: () => ({}),
      chargers: () => [],
      sessions: () => [],
      queues: () => [],
      queue: () => undefined,
      replay: () => ({}),
      health: () => ({ ready: true }),
      refused: () => [],
      decisions: () => [],
      actors: ({ quarantinedOnly }) => (quarantinedOnly ? [ASIDE] : [ASIDE, RUNS]),
    },
    commands: {
      resend: () => expect.unreachable('nothing is to be sent'),
      resendSession: () => expect.unreachable('nothing is to be sent'),
      release(address, reason) {
        released.push({ address, reason });
        return result;
      },
    },
    report: (error) => expect.unreachable(String(error)),
  });
});
afterEach(() => server.close());

function url(path: string): string {
  return `http://127.0.0.1:${server.address.port}/api/v1/actors${path}`;
}

async function get(query: string) {
  const response = await fetch(url(query));
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function post(path: string, body: string, headers: Record<string, string> = {}) {
  const response = await fetch(url(path), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const type = response.headers.get('content-type');
  return { status: response.status, type, body: (await response.json()) as Record<string, unknown> };
}

const WHY = JSON.stringify({ reason: 'firmware rolled back' });

describe('the list of actors', () => {
  test.each([
    ['', [ASIDE, RUNS]],
    ['?quarantined=false', [ASIDE, RUNS]],
    ['?quarantined=true', [ASIDE]],
  ])('%s', async (query, items) => {
    expect(await get(query)).toEqual({ status: 200, body: { items } });
  });

  test.each(['?quarantined=yes', '?quarantined=true&quarantined=true'])(
    'refuses %s and says what it takes',
    async (query) => {
      expect(await get(query)).toMatchObject({
        status: 400,
        body: { code: 'BAD_PARAMETER', errors: [{ parameter: 'quarantined' }] },
      });
    },
  );

  test('can only be read', async () => {
    expect(await post('', WHY)).toMatchObject({ status: 405, body: { code: 'METHOD_NOT_ALLOWED' } });
  });
});

describe('a release', () => {
  test.each([
    ['/charger/cp-01/release', 'charger/cp-01'],
    ['/connector/cp-01/2/release', 'connector/cp-01/2'],
    ['/charger/CP%2A%20%7C%40/release', 'charger/CP* |@'],
    ['/charger/release/release', 'charger/release'],
  ])('of %s is handed on with its reason', async (path, address) => {
    expect(await post(path, WHY)).toMatchObject({ status: 200, body: { address, state: 'released' } });
    expect(released).toEqual([{ address, reason: 'firmware rolled back' }]);
  });

  test.each([
    ['unknownActor', 404, 'UNKNOWN_ACTOR'],
    ['notQuarantined', 409, 'NOT_QUARANTINED'],
  ] as const)('of %s is a problem %i', async (refusal, status, code) => {
    result = refusal;
    const answer = await post('/charger/cp-09/release', WHY);
    expect(answer).toMatchObject({ status, type: 'application/problem+json', body: { status, code } });
  });

  test.each([
    ['no reason', '/charger/cp-01/release', '{}', {}, 400, 'BAD_COMMAND'],
    ['an empty reason', '/charger/cp-01/release', '{"reason":"  "}', {}, 400, 'BAD_COMMAND'],
    ['broken JSON', '/charger/cp-01/release', '{"reason"', {}, 400, 'BAD_REQUEST'],
    ['a form', '/charger/cp-01/release', 'reason=x', form(), 415, 'JSON_WANTED'],
    ['plain text', '/charger/cp-01/release', WHY, { 'content-type': 'text/plain' }, 415, 'JSON_WANTED'],
    [
      'a page elsewhere',
      '/charger/cp-01/release',
      WHY,
      origin('http://evil.example'),
      403,
      'ORIGIN_NOT_ALLOWED',
    ],
    [
      'a long body',
      '/charger/cp-01/release',
      JSON.stringify({ reason: 'x'.repeat(2_000) }),
      {},
      413,
      'BAD_REQUEST',
    ],
    ['no id', '/charger/release', WHY, {}, 404, 'NOT_FOUND'],
    ['another verb', '/charger/cp-01/stop', WHY, {}, 404, 'NOT_FOUND'],
  ])('with %s is refused and does nothing', async (_what, path, body, headers, status, code) => {
    expect(await post(path, body, headers)).toMatchObject({ status, body: { status, code } });
    expect(released).toEqual([]);
  });
});

function form(): Record<string, string> {
  return { 'content-type': 'application/x-www-form-urlencoded' };
}

function origin(from: string): Record<string, string> {
  return { origin: from };
}
