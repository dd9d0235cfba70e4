import { describe, expect, test } from 'vitest';
import { commandArguments } from '../../../scripts/start-arguments.mjs';
import { testCounts } from '../../../scripts/test-counts.mjs';

describe('npm start', () => {
  test.each([
    [[], ['demo']],
    [
      ['--for', '60s', '--json'],
      ['demo', '--for', '60s', '--json'],
    ],
    [
      ['--seed', '7'],
      ['demo', '--seed', '7'],
    ],
    [
      ['--config', 'site.yaml'],
      ['run', '--config', 'site.yaml'],
    ],
    [
      ['--inspect', '-c', 'site.yaml'],
      ['run', '--inspect', '-c', 'site.yaml'],
    ],
    [['--config=site.yaml'], ['run', '--config=site.yaml']],
    [
      ['check', 'site.yaml'],
      ['check', 'site.yaml'],
    ],
    [
      ['demo', '--json'],
      ['demo', '--json'],
    ],
    [['--help'], ['--help']],
    [['--version'], ['--version']],
  ])('with %o runs %o', (args, expected) => {
    expect(commandArguments(args)).toEqual(expected);
  });
});

describe('the closing line of npm test', () => {
  const report = {
    numPassedTests: 5,
    numFailedTests: 1,
    numPendingTests: 2,
    numTodoTests: 1,
    testResults: [],
  };

  test('counts passed, failed and skipped tests', () => {
    expect(testCounts(report)).toEqual({ passed: 5, failed: 1, skipped: 3 });
  });

  test('counts a file that could not even be loaded as a failure, and a file with a failed test once', () => {
    const testResults = [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] },
      { status: 'passed', assertionResults: [{ status: 'passed' }] },
    ];
    expect(testCounts({ ...report, testResults })).toEqual({ passed: 5, failed: 2, skipped: 3 });
  });
});
