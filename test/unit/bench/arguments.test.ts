import { describe, expect, it } from 'vitest';
import { parseArguments, UsageError } from '../../../bench/arguments.ts';

describe('parseArguments', () => {
  it('measures everything if nothing is said', () => {
    expect(parseArguments([])).toEqual({
      json: false,
      write: false,
      quick: false,
      parts: ['pipeline', 'recovery', 'store', 'storm'],
      chargers: [1, 100, 200, 1_000],
      profileFolder: null,
    });
  });

  it('takes parts, numbers of chargers and the rest', () => {
    const args = [
      '--json',
      '--quick',
      '--write',
      '--part',
      'store',
      '--part',
      'storm',
      '--chargers',
      '1,50',
      '--profile',
      'p',
    ];
    expect(parseArguments(args)).toEqual({
      json: true,
      write: true,
      quick: true,
      parts: ['store', 'storm'],
      chargers: [1, 50],
      profileFolder: 'p',
    });
  });

  it.each([
    ['--part', 'speed'],
    ['--chargers', '0'],
    ['--chargers', '1,,2'],
    ['--chargers', '99999'],
    ['--fast'],
    ['load'],
  ])('refuses %s %s', (...args) => {
    expect(() => parseArguments(args)).toThrow(UsageError);
  });
});
