import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeForPeople, identityOfUrl } from '../../../../adapters/ocpp-south/identity.ts';
import { REFUSALS_MAX, Refusals } from '../../../../adapters/ocpp-south/refusals.ts';
import { silentLog } from '../../../../runtime/log.ts';
import { HandClock } from '../ocpp/helpers.ts';

describe('the identity in a URL', () => {
  test.each([
    ['/CP-01', 'CP-01'],
    ['/ocpp/v16/CP-01?token=1#x', 'CP-01'],
    ['//CP', 'CP'],
    ['/a%2Bb%40c%3A%7C', 'a+b@c:|'],
    ['/*-_=:+@.|', '*-_=:+@.|'],
    [`/${'x'.repeat(48)}`, 'x'.repeat(48)],
  ])('%s is %s', (url, identity) => {
    expect(identityOfUrl(url)).toBe(identity);
  });

  test.each([
    '',
    '/',
    '/a/',
    '/.',
    '/..',
    '/%2e%2e',
    '/%2E',
    '/a%2fb',
    '/a%00',
    '/%',
    '/%zz',
    '/%c3%28',
    '/é',
    '/%D0%90',
    '/a b',
    '/a%0d%0ab',
    '/a;rm',
    '/$(x)',
    '/a\\b',
    `/${'x'.repeat(49)}`,
    `/${'x'.repeat(8_192)}`,
    'CP-01',
    'http://h/CP',
    '/?CP',
    '*',
  ])('%j is none', (url) => {
    expect(identityOfUrl(url)).toBeNull();
  });

  test('is an OCPP identifier or nothing, for 5 000 generated URLs', () => {
    const piece = fc.constantFrom(
      '/',
      '%',
      '..',
      '%2e',
      '%00',
      'CP',
      '\r\n',
      '?',
      '#',
      'é',
      '%25',
      '%2f',
      '|',
    );
    const url = fc.oneof(
      fc.webPath(),
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((all) => `/${all.join('')}`),
    );
    fc.assert(
      fc.property(url, (text) => {
        const identity = identityOfUrl(text);
        if (identity !== null) expect(identity).toMatch(/^(?!\.{1,2}$)[A-Za-z0-9*\-_=:+@.|]{1,48}$/);
      }),
      { numRuns: 5_000, seed: 3 },
    );
  });
});

test('what a stranger claims is printable, one line and bounded', () => {
  expect(escapeForPeople('a\r\n\u001b[31m<b>"\u202e')).toBe(
    'a\\u000d\\u000a\\u001b[31m\\u003cb\\u003e\\u0022\\u202e',
  );
  expect(escapeForPeople('x'.repeat(10_000)).length).toBeLessThan(100);
});

test('refused connections are counted per kind, newest first, and bounded', () => {
  const refusals = new Refusals(new HandClock(), silentLog);
  refusals.add('<old>', '10.0.0.1', 'rejected');
  for (let n = 0; n < REFUSALS_MAX - 1; n += 1) refusals.add(`CP-${n}`, '10.0.0.2', 'rejected');
  refusals.add('<old>', '10.0.0.1', 'rejected');
  refusals.add('one more', '10.0.0.3', 'badCertificate', 'CERT_HAS_EXPIRED');
  const list = refusals.list();
  expect(list).toHaveLength(REFUSALS_MAX);
  expect(list.slice(0, 2)).toMatchObject([
    { identity: 'one more', cause: 'badCertificate', detail: 'CERT_HAS_EXPIRED', count: 1 },
    { identity: '\\u003cold\\u003e', cause: 'rejected', detail: null, count: 2 },
  ]);
  expect(list.some((one) => one.identity === 'CP-0')).toBe(false);
});
