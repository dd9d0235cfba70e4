import { describe, expect, it } from 'vitest';
import { hostAndPort, parseNatsUrl } from '../../../../adapters/nats/nats-endpoint.ts';
import { externalNats } from '../../../../adapters/nats/nats-server.ts';

describe('a configured NATS URL', () => {
  it.each([
    ['nats://bus.local:4333', { host: 'bus.local', port: 4333 }],
    ['nats://bus.local', { host: 'bus.local', port: 4222 }],
    ['tls://bus.local/', { host: 'bus.local', port: 4222, tls: true }],
    ['nats://me:p%40ss@10.0.0.1:1', { host: '10.0.0.1', port: 1, user: 'me', password: 'p@ss' }],
    ['nats://[::1]:4222', { host: '::1', port: 4222 }],
  ])('%s is read', (text, endpoint) => {
    expect(parseNatsUrl(text)).toEqual(endpoint);
  });

  it.each([
    ['bus.local', 'not a URL'],
    ['http://bus.local', 'scheme "http"'],
    ['nats://', 'host'],
    ['nats://bus.local/path', 'nothing may follow'],
    ['nats://bus.local?x=1', 'nothing may follow'],
    ['nats://me:%zz@bus.local', 'malformed %'],
  ])('%s is refused with the reason', (text, reason) => {
    expect(parseNatsUrl(text)).toEqual({ problem: expect.stringContaining(reason) });
  });

  it('never repeats the password in a problem', () => {
    expect(JSON.stringify(parseNatsUrl('nats://me:secret%zz@bus.local'))).not.toContain('secret');
  });

  it('puts an IPv6 host in brackets', () => {
    expect(hostAndPort({ host: '::1', port: 4222 })).toBe('[::1]:4222');
    expect(hostAndPort({ host: '127.0.0.1', port: 4222 })).toBe('127.0.0.1:4222');
  });

  it('is used as it is, and nothing is stopped with it', async () => {
    const server = externalNats('nats://me:pw@bus.local:4333');
    if ('problem' in server) throw new Error(server.problem);
    await server.stop();
    expect(server.kind).toBe('external');
    expect(server.endpoint()).toEqual({ host: 'bus.local', port: 4333, user: 'me', password: 'pw' });
  });

  it('is refused as a server too', () => {
    expect(externalNats('nats://')).toHaveProperty('problem');
  });
});
