import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeForPeople, identityOfUrl } from '../../../../adapters/ocpp-south/identity.ts';

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
