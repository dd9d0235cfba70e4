import { describe, expect, test } from 'vitest';
import { findingText } from '../../../../app/site-file/finding.ts';
import { readSiteFile } from '../../../../app/site-file/load.ts';

/** A site file with this said of its one charger. */
function read(quirks: string) {
  const text = [
    'version: 1',
    'site: { id: yard }',
    'ocpp: { listen: "127.0.0.1:9000", securityProfile: 0 }',
    'chargers:',
    '  known:',
    `    - { id: cp-1${quirks} }`,
    'backends: [{ id: cpms, url: "ws://127.0.0.1:9100/ocpp" }]',
    'electrical: { connection: { fuseA: 63 } }',
    '',
  ].join('\n');
  const result = readSiteFile(text, '/site/site.yaml', { folder: '/site', env: {} });
  return {
    quirks: result.config?.chargers.known[0]?.quirks,
    lines: result.findings.map((finding) => findingText(result.file, finding)),
  };
}

describe('the quirks of a charger', () => {
  test.each([
    ['', []],
    [', quirks: []', []],
    [', quirks: [zoneless-time]', ['zoneless-time']],
    [', quirks: [made-up-transaction, zoneless-time]', ['made-up-transaction', 'zoneless-time']],
    [', quirks: [none]', 'none'],
  ])('%j: %j', (said, quirks) => {
    expect(read(said)).toEqual({ quirks, lines: [] });
  });

  test.each([
    [
      ', quirks: [zonelesstime]',
      'site.yaml:6:28 chargers.known[0].quirks[0]',
      '(did you mean zoneless-time?)',
    ],
    [', quirks: none', 'site.yaml:6:19 chargers.known[0].quirks', 'must be a list'],
    [', quirks: [none, zoneless-time]', 'site.yaml:6:19 chargers.known[0].quirks', 'none stands alone'],
    [
      ', quirks: [zoneless-time, zoneless-time]',
      'site.yaml:6:19 chargers.known[0].quirks',
      'names a repair twice',
    ],
    [', quirk: [none]', 'site.yaml:6:19 chargers.known[0].quirk', '(did you mean quirks?)'],
  ])('%j is refused at its place', (said, place, words) => {
    const { lines, quirks } = read(said);
    expect(quirks).toBeUndefined();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^${place.replace(/[[\].]/g, '\\$&')} `));
    expect(lines[0]).toContain(words);
  });
});
