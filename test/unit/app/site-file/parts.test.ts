import { describe, expect, test } from 'vitest';
import { didYouMean } from '../../../../app/site-file/did-you-mean.ts';
import { parseDurationMs } from '../../../../app/site-file/duration.ts';
import { isLoopback, parseListenAddress } from '../../../../app/site-file/listen-address.ts';

describe('durations', () => {
  test.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['365d', 31_536_000_000],
  ])('%s is %i milliseconds', (text, expected) => {
    expect(parseDurationMs(text)).toBe(expected);
  });

  test.each(['', '30', 's', '1.5h', '-1s', '30 s', '1h30m', '366d', '30S'])('%j is none', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });
});

describe('listen addresses', () => {
  test.each([
    ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:443', { host: '::1', port: 443 }],
  ])('%s is read', (text, expected) => {
    expect(parseListenAddress(text)).toEqual(expected);
  });

  test.each([
    '8080',
    ':8080',
    'edge.local:8080',
    '::1:8080',
    '127.0.0.1',
    '127.0.0.1:65536',
    '[127.0.0.1]:80',
    '1.2.3:80',
  ])('%j is none', (text) => {
    expect(parseListenAddress(text)).toBeUndefined();
  });

  test('only this machine reaches a loopback address', () => {
    expect(['127.0.0.1', '127.9.9.9', '::1', 'localhost'].map(isLoopback)).toEqual([true, true, true, true]);
    expect(['0.0.0.0', '::', '192.168.1.1', '128.0.0.1'].map(isLoopback)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('did you mean', () => {
  test.each([
    ['maxCurentA', ['id', 'circuit', 'maxA', 'connectors', 'onLinkLoss', 'passwordFrom'], 'maxA'],
    ['limtA', ['afterS', 'limitA'], 'limitA'],
    ['backend', ['version', 'site', 'backends', 'bus'], 'backends'],
    ['OCPP', ['ocpp', 'bus'], 'ocpp'],
    ['colour', ['id', 'maxA'], undefined],
  ])('%s among %o finds %s', (typed, known, expected) => {
    expect(didYouMean(typed, known)).toBe(expected);
  });
});
