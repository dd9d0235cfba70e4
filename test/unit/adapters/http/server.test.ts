import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isAllowedHost } from '../../../../adapters/http/allowed-host.ts';
import { createHttpServer, type HttpServer, type HttpSource } from '../../../../adapters/http/server.ts';

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

let server: HttpServer;
let reported: unknown[];
let source: HttpSource;
let ready: boolean;

beforeEach(async () => {
  reported = [];
  ready = true;
  source = {
    site: () => ({ id: 'yard', load: { limitA: 61, measuredA: 12.5 } }),
    chargers: () => [{ id: 'cp-01', mode: 'online' }],
    sessions: () => [],
    queues: () => [{ charger: 'cp-01', queued: 3 }],
    queue: () => undefined,
    replay: () => ({ perSecond: 100, waiting: 2 }),
    actors: () => [],
    refused: () => [{ identity: 'cp-09', cause: 'rejected', count: 2 }],
    health: () => ({ ready, status: ready ? 'ok' : 'failed' }),
    decisions: (limit) => Array.from({ length: Math.min(limit, 80) }, (_, index) => ({ seq: 80 - index })),
  };
  server = await createHttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    hosts: ['Edge.Local'],
    source,
    commands: {
      resend: () => 'accepted',
      resendSession: async () => ({ messages: 1 }),
      release: () => 'released',
    },
    report: (error) => reported.push(error),
  });
});
afterEach(() => server.close());

function ask(path: string, options: { method?: string; host?: string; body?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      host: options.host ?? `127.0.0.1:${server.address.port}`,
      'content-type': 'application/json',
    };
    const asked = httpRequest(
      { host: '127.0.0.1', port: server.address.port, path, method: options.method ?? 'GET', headers },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    );
    asked.on('error', reject);
    asked.end(options.body);
  });
}

describe('reads', () => {
  test.each([
    ['/api/v1/site', { id: 'yard', load: { limitA: 61, measuredA: 12.5 } }],
    ['/api/v1/chargers', { items: [{ id: 'cp-01', mode: 'online' }] }],
    ['/api/v1/sessions', { items: [] }],
    ['/api/v1/queues', { items: [{ charger: 'cp-01', queued: 3 }], replay: { perSecond: 100, waiting: 2 } }],
    ['/api/v1/refused', { items: [{ identity: 'cp-09', cause: 'rejected', count: 2 }] }],
    ['/api/v1/health', { ready: true, status: 'ok' }],
    ['/healthz', { status: 'ok' }],
    ['/readyz', { status: 'ready' }],
  ])('%s answers what the site says now', async (path, expected) => {
    const answer = await ask(path);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toContain('application/json');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(JSON.parse(answer.text)).toEqual(expected);
  });

  test('decisions come in the asked number, 50 if none is asked', async () => {
    const three = await ask('/api/v1/decisions?limit=3');
    const plain = await ask('/api/v1/decisions');
    expect(JSON.parse(three.text).items).toEqual([{ seq: 80 }, { seq: 79 }, { seq: 78 }]);
    expect(JSON.parse(plain.text).items).toHaveLength(50);
  });

  test('readiness is refused while chargers cannot be served, but the process still counts as alive', async () => {
    ready = false;
    expect((await ask('/readyz')).status).toBe(503);
    expect((await ask('/healthz')).status).toBe(200);
  });
});

describe('every refusal is a problem document', () => {
  test.each([
    ['an unknown path', '/api/v1/nothing', {}, 404, 'NOT_FOUND'],
    ['a write', '/api/v1/site', { method: 'POST', body: '{}' }, 405, 'METHOD_NOT_ALLOWED'],
    ['a delete', '/api/v1/queues?x=1', { method: 'DELETE' }, 405, 'METHOD_NOT_ALLOWED'],
    ['a limit out of range', '/api/v1/decisions?limit=0', {}, 400, 'BAD_PARAMETER'],
    ['a limit given twice', '/api/v1/decisions?limit=1&limit=2', {}, 400, 'BAD_PARAMETER'],
    ['a broken escape', '/api/v1/%zz', {}, 400, 'BAD_URL'],
    ['an endless address', `/api/v1/site?${'a'.repeat(3000)}`, {}, 400, 'BAD_URL'],
    ['a foreign host name', '/api/v1/site', { host: 'evil.example' }, 421, 'HOST_NOT_ALLOWED'],
    [
      'a foreign host name on an unknown path',
      '/nothing',
      { host: 'evil.example:8080' },
      421,
      'HOST_NOT_ALLOWED',
    ],
  ])('%s', async (_name, path, options, status, code) => {
    const answer = await ask(path, options);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.text)).toMatchObject({
      type: 'about:blank',
      status,
      code,
      title: expect.any(String),
    });
  });

  test('a write says which methods are allowed', async () => {
    expect((await ask('/api/v1/site', { method: 'PUT' })).headers.allow).toBe('GET, HEAD');
  });

  test('a fault of ours is reported here and told to nobody else', async () => {
    source.site = () => {
      throw new Error('secret path /var/lib/holdfast');
    };
    const answer = await ask('/api/v1/site');
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.text)).toMatchObject({ status: 500, code: 'INTERNAL' });
    expect(answer.text).not.toMatch(/secret|server\.test|at /);
    expect(String(reported[0])).toContain('secret path');
  });
});

describe('the door', () => {
  test('is the loopback interface', () => {
    expect(server.address.host).toBe('127.0.0.1');
    expect(server.address.port).toBeGreaterThan(0);
  });

  test.each([
    ['127.0.0.1', true],
    ['127.0.0.1:8080', true],
    ['192.168.1.7:8080', true],
    ['localhost:8080', true],
    ['[::1]:8080', true],
    ['edge.local', true],
    ['EDGE.LOCAL:80', true],
    ['evil.example', false],
    ['127.0.0.1.evil.example', false],
    ['edge.local.evil.example', false],
    ['', false],
    [undefined, false],
    ['edge.local:80:90', false],
    ['edge.local/x', false],
  ])('lets the host %s in: %s', (header, expected) => {
    expect(isAllowedHost(header, new Set(['edge.local']))).toBe(expected);
  });

  test('outlives a client that speaks no HTTP', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(server.address.port, '127.0.0.1', () =>
        socket.end('\x16\x03\x01 nonsense\r\n\r\n'),
      );
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
    expect((await ask('/healthz')).status).toBe(200);
  });

  test('closes while a client keeps its connection open', async () => {
    const socket = connect(server.address.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await server.close();
    await closed;
    expect(socket.destroyed).toBe(true);
  });
});
