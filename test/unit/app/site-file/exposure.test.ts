import { describe, expect, test } from 'vitest';
import { findingText } from '../../../../app/site-file/finding.ts';
import { readSiteFile } from '../../../../app/site-file/load.ts';

const HOUR_MS = 3_600_000;
const MINIMAL = `version: 1
site: { id: yard }
electrical: { connection: { fuseA: 63 } }
chargers: { known: [{ id: cp-01 }] }
ocpp: { listen: "127.0.0.1:9000", securityProfile: 0 }
backends: [{ id: cpms, url: "ws://127.0.0.1:9100/ocpp" }]
`;

function read(offlineAuth: string) {
  const { config, findings, file } = readSiteFile(`${MINIMAL}offlineAuth:\n${offlineAuth}\n`, 'site.yaml', {
    folder: '.',
    env: {},
  });
  return { auth: config?.offlineAuth, lines: findings.map((finding) => findingText(file, finding)) };
}

describe('caps of a site file', () => {
  test('are milliseconds and watt-hours; what a long outage does not say stays as it is', () => {
    const { auth, lines } = read(`  caps:
    cached: { maxEnergyWh: 40000, maxDuration: 12h }
    unknown: { maxDuration: 90m }
    longOutage: { after: 12h, cached: { maxEnergyWh: 15000 }, unknown: { reject: true } }`);
    expect(lines).toEqual([]);
    const none = { maxEnergyWh: null, maxDurationMs: null };
    const unknown = { maxEnergyWh: null, maxDurationMs: 1.5 * HOUR_MS };
    expect(auth?.caps).toEqual({
      caps: { listed: none, cached: { maxEnergyWh: 40_000, maxDurationMs: 12 * HOUR_MS }, unknown },
      longOutage: {
        afterMs: 12 * HOUR_MS,
        caps: { listed: none, cached: { maxEnergyWh: 15_000, maxDurationMs: 12 * HOUR_MS }, unknown },
        rejected: ['unknown'],
      },
    });
  });

  test.each(['  caps: {}', '  caps: { listed: {} }', '  onInvalid: { policy: stop }', '  localList: []'])(
    'are none by default: %s',
    (text) => {
      const { auth, lines } = read(text);
      expect(lines).toEqual([]);
      expect(auth).toEqual({ localList: [], cacheMaxAgeMs: 168 * HOUR_MS, unknownTags: 'reject' });
    },
  );

  test('may let nobody in any more in a long outage, and bound nothing before', () => {
    const { auth } = read('  caps: { longOutage: { after: 2d, listed: { reject: true } } }');
    expect(auth?.caps?.longOutage?.rejected).toEqual(['listed']);
  });

  test('an amount for refused cards', () => {
    const { auth, lines } = read('  onInvalid: { policy: limit-energy, maxEnergyWh: 5000 }');
    expect(lines).toEqual([]);
    expect(auth).toMatchObject({ invalidMaxEnergyWh: 5_000 });
  });

  test.each([
    [
      '  caps: { unknown: { maxEnrgyWh: 5000 } }',
      'site.yaml:8:22 offlineAuth.caps.unknown.maxEnrgyWh unknown key (did you mean maxEnergyWh?)',
    ],
    [
      '  caps: { guests: { maxEnergyWh: 5000 } }',
      'site.yaml:8:11 offlineAuth.caps.guests unknown key (known here: listed, cached, unknown, longOutage)',
    ],
    [
      '  caps: { unknown: { maxEnergyWh: 5 } }',
      'site.yaml:8:22 offlineAuth.caps.unknown.maxEnergyWh must be at least 100, found 5',
    ],
    [
      '  caps: { unknown: { maxEnergyWh: "5 kWh" } }',
      'offlineAuth.caps.unknown.maxEnergyWh must be a number: write 5 without quotes or unit, found "5 kWh"',
    ],
    [
      '  caps: { unknown: { maxDuration: 90 } }',
      'site.yaml:8:22 offlineAuth.caps.unknown.maxDuration must be a duration with its unit, such as 90m',
    ],
    [
      '  caps: { unknown: { maxDuration: 2d } }',
      'offlineAuth.caps.unknown.maxDuration must be a duration from 1m to 24h, such as 90m or 8h',
    ],
    [
      '  caps: { longOutage: { unknown: { reject: true } } }',
      'offlineAuth.caps.longOutage.after is missing (for example after: 12h)',
    ],
    [
      '  caps: { longOutage: { after: 12h } }',
      'site.yaml:8:11 offlineAuth.caps.longOutage tightens nothing (name a class, such as unknown: { reject: true })',
    ],
    [
      '  caps: { unknown: { maxEnergyWh: 5000 }, longOutage: { after: 12h, unknown: { maxEnergyWh: 6000 } } }',
      'site.yaml:8:80 offlineAuth.caps.longOutage.unknown.maxEnergyWh is more than offlineAuth.caps.unknown.maxEnergyWh (a long outage can only tighten)',
    ],
    [
      '  caps: { longOutage: { after: 12h, unknown: { reject: true, maxDuration: 1h } } }',
      'offlineAuth.caps.longOutage.unknown.maxDuration bounds cards that are rejected (leave one of them out)',
    ],
    [
      '  onInvalid: { policy: ignore }',
      'site.yaml:8:16 offlineAuth.onInvalid.policy must be stop or limit-energy, found ignore',
    ],
    [
      '  onInvalid: { policy: limit-energy }',
      'site.yaml:8:16 offlineAuth.onInvalid.policy limit-energy needs an amount (for example maxEnergyWh: 5000)',
    ],
    [
      '  onInvalid: { maxEnergyWh: 5000 }',
      'site.yaml:8:16 offlineAuth.onInvalid.maxEnergyWh is used by nothing (it goes with policy: limit-energy)',
    ],
  ])('%s', (text, expected) => {
    const { auth, lines } = read(text);
    expect(auth).toBeUndefined();
    expect(lines.join('\n')).toContain(expected);
  });
});
