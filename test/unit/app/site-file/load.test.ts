import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findingText } from '../../../../app/site-file/finding.ts';
import { loadSiteFile, readSiteFile } from '../../../../app/site-file/load.ts';
import { defaultGovernance } from '../../../../machines/shared/governance/rules.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'site-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const MINIMAL = `version: 1
site: { id: yard }
electrical: { connection: { fuseA: 63, reserveA: 2 } }
chargers:
  known:
    - { id: cp-01 }
ocpp: { listen: "127.0.0.1:9000", securityProfile: 0 }
backends: [{ id: cpms, url: "ws://127.0.0.1:9100/ocpp" }]
`;

function read(text: string, env: Record<string, string> = {}) {
  const result = readSiteFile(text, join(folder, 'site.yaml'), { folder, env });
  return { ...result, lines: result.findings.map((finding) => findingText(result.file, finding)) };
}

function readWith(change: (text: string) => string, env: Record<string, string> = {}) {
  const changed = change(MINIMAL);
  expect(changed).not.toBe(MINIMAL);
  return read(changed, env);
}

describe('a sound site file', () => {
  test('becomes a configuration in integers with units, defaults filled in and paths absolute', () => {
    const { config, lines } = read(MINIMAL);
    expect(lines).toEqual([]);
    expect(config).toEqual({
      file: join(folder, 'site.yaml'),
      site: { id: 'yard', timezone: 'UTC', language: 'en' },
      dataFolder: join(folder, 'data'),
      electrical: {
        fuseMilliamps: 63_000,
        reserveMilliamps: 2_000,
        limitMilliamps: 61_000,
        phases: 3,
        nominalVolts: 230,
      },
      chargers: {
        minMilliamps: 6_000,
        unknown: 'reject',
        defaults: {
          connectors: 1,
          maxMilliamps: 32_000,
          fallbackMilliamps: 6_000,
          graceMs: 120_000,
          mirrorCloseAfterMs: null,
        },
        known: [
          {
            id: 'cp-01',
            connectors: 1,
            maxMilliamps: 32_000,
            fallbackMilliamps: 6_000,
            graceMs: 120_000,
            mirrorCloseAfterMs: null,
            securityProfile: 0,
            password: null,
            certificateSha256: null,
            quirks: [],
          },
        ],
      },
      ocpp: {
        listen: { host: '127.0.0.1', port: 9000 },
        tls: null,
        securityProfile: 0,
        versions: ['1.6'],
      },
      backend: {
        id: 'cpms',
        url: 'ws://127.0.0.1:9100/ocpp',
        password: null,
        replay: { perSecond: 100, burst: 200 },
        versions: ['1.6'],
        governance: defaultGovernance,
      },
      offlineAuth: { localList: [], cacheMaxAgeMs: 604_800_000, unknownTags: 'reject' },
      api: { listen: { host: '127.0.0.1', port: 8080 }, hosts: [] },
      bus: null,
    });
  });

  test('lets a charger override what the defaults say', () => {
    const { config } = readWith((text) =>
      text.replace(
        '{ id: cp-01 }',
        '{ id: cp-01, maxA: 16, connectors: 2, onLinkLoss: { afterS: 30, limitA: 0 } }',
      ),
    );
    expect(config?.chargers.known[0]).toMatchObject({
      connectors: 2,
      maxMilliamps: 16_000,
      fallbackMilliamps: 0,
      graceMs: 30_000,
    });
  });

  test('is the example that ships with the project', () => {
    const { config, findings } = loadSiteFile('examples/site.yaml', {});
    expect(findings).toEqual([]);
    expect(config?.chargers.known.map((charger) => charger.id)).toEqual(['cp-01', 'cp-02', 'cp-03']);
  });

  test('without an electrical section turns load management off and says so', () => {
    const { config, lines } = readWith((text) => text.replace(/electrical:.*\n/, ''));
    expect(config?.electrical).toBeNull();
    expect(lines).toEqual([
      'site.yaml:3:1 warning: chargers no electrical section: load management is off, and minA, maxA and limitA limit nothing',
    ]);
  });
});

describe('one run finds everything', () => {
  test('faults of every stage are listed together, each with line and column', () => {
    const { config, lines } = read(`version: 1
site: { id: "hq garage", timezone: Europe/Atlantis }
electrical:
  connection: { fuseA: "63 A", reserveA: 2 }
signals:
  - { id: dso, kind: relay }
chargers:
  known:
    - { id: cp-01 }
    - { id: cp-01 }
    - { id: cp-03,
        maxCurentA: 16 }
ocpp: { listen: "127.0.0.1:9000", securityProfile: 0 }
backends: [{ id: cpms, url: https://cpms.example.com }]
offlineAuth: { policy: { unknownTags: accept } }
`);
    expect(config).toBeUndefined();
    expect(lines).toEqual([
      'site.yaml:2:9 site.id must be 1 to 40 letters, digits, - or _',
      'site.yaml:2:26 site.timezone must be a time zone of the IANA list, such as Europe/Berlin or UTC',
      'site.yaml:4:17 electrical.connection.fuseA must be a number: write 63 without quotes or unit, found "63 A"',
      'site.yaml:5:1 signals not built yet in this version (grid signals); remove it, the site would not obey it',
      'site.yaml:12:9 chargers.known[2].maxCurentA unknown key (did you mean maxA?)',
      'site.yaml:14:24 backends[0].url must be an address such as wss://cpms.example.com/ocpp',
      'site.yaml:10:9 chargers.known[1].id cp-01 is listed twice',
      'site.yaml:15:26 warning: offlineAuth.policy.unknownTags anyone can charge while the backend is away',
    ]);
  });
});

describe('what is refused, and in which words', () => {
  test.each<[string, (text: string) => string, string]>([
    ['a key that stands twice', (t) => `${t}version: 1\n`, 'site.yaml:9:1 this key stands here twice'],
    [
      'a missing section',
      (t) => t.replace(/backends.*\n/, ''),
      'backends is missing (for example backends: [{',
    ],
    [
      'a second backend',
      (t) => t.replace('ocpp" }]', 'ocpp" }, { id: b, url: "ws://h/o" }]'),
      'backends must have at most 1 entry',
    ],
    ['a version of the future', (t) => t.replace('version: 1', 'version: 2'), 'version must be 1, found 2'],
    [
      'a fraction of an ampere',
      (t) => t.replace('fuseA: 63', 'fuseA: 62.5'),
      'fuseA must be a whole number, found 62.5',
    ],
    [
      'a negative reserve',
      (t) => t.replace('reserveA: 2', 'reserveA: -2'),
      'reserveA must be at least 0, found -2',
    ],
    [
      'an identity that is a path step',
      (t) => t.replace('cp-01', '".."'),
      'chargers.known[0].id cannot be a path step',
    ],
    [
      'an unknown word',
      (t) => t.replace('chargers:', 'chargers:\n  unknown: ignore'),
      'must be reject, quarantine or adopt, found ignore',
    ],
    [
      'a duration without unit',
      (t) => `${t}offlineAuth: { cacheMaxAge: 7 }\n`,
      'must be a duration with its unit, such as 7d',
    ],
    [
      'a duration of nothing',
      (t) => `${t}offlineAuth: { cacheMaxAge: 0s }\n`,
      'must be a duration above 0 and up to 365d',
    ],
    [
      'a card that YAML reads as a number',
      (t) => `${t}offlineAuth: { localList: [04E5] }\n`,
      'offlineAuth.localList[0] must be text, but without quotes YAML reads it as a number: put it in "quotes"',
    ],
    [
      'a card listed twice in different case',
      (t) => `${t}offlineAuth: { localList: ["04ab", "04AB"] }\n`,
      'offlineAuth.localList[1] this tag is listed twice',
    ],
    [
      'a port without address',
      (t) => `${t}ui: { listen: 8080 }\n`,
      'ui.listen must be text, but without quotes YAML reads it as a number',
    ],
    [
      'two servers on one port',
      (t) => `${t}ui: { listen: "127.0.0.1:9000" }\n`,
      'ui.listen uses port 9000, as ocpp.listen does',
    ],
    [
      'a reserve that eats the fuse',
      (t) => t.replace('reserveA: 2', 'reserveA: 63'),
      'leaves nothing of the 63 A fuse',
    ],
    [
      'a minimum below what cars accept',
      (t) => t.replace('chargers:', 'chargers:\n  defaults: { minA: 5 }'),
      'minA must be at least 6',
    ],
    [
      'a fallback below what cars accept',
      (t) => t.replace('cp-01 }', 'cp-01, onLinkLoss: { limitA: 4 } }'),
      'chargers.known[0].onLinkLoss.limitA must be 0 (pause) or at least 6',
    ],
    [
      'a fallback above what the charger may have',
      (t) => t.replace('cp-01 }', 'cp-01, maxA: 10, onLinkLoss: { limitA: 16 } }'),
      "the limit on link loss (16 A) is above the charger's maxA (10 A)",
    ],
    [
      'adopting chargers that no fuse sum knows',
      (t) => t.replace('chargers:', 'chargers:\n  unknown: adopt'),
      'adopt does not go with load management',
    ],
    [
      'bus credentials in halves',
      (t) => `${t}bus: { url: "nats://127.0.0.1", user: edge }\n`,
      'bus user and passwordFrom belong together',
    ],
  ])('%s', (_name, change, expected) => {
    const { config, lines } = readWith(change);
    expect(config).toBeUndefined();
    expect(lines.join('\n')).toContain(expected);
  });

  test.each<[string, (text: string) => string]>([
    ['meters', (t) => `${t}meters: []\n`],
    ['load', (t) => `${t}load: { strategy: equal-share }\n`],
    ['journal', (t) => `${t}journal: { keep: 90d }\n`],
    ['telemetry', (t) => `${t}telemetry: { metrics: true }\n`],
    ['rules', (t) => `${t}rules: []\n`],
    ['electrical.circuits', (t) => t.replace('2 } }', '2 }, circuits: [] }')],
    ['chargers.known[0].phaseOrder', (t) => t.replace('cp-01 }', 'cp-01, phaseOrder: [L2, L3, L1] }')],
    ['chargers.known[0].circuit', (t) => t.replace('cp-01 }', 'cp-01, circuit: row-1 }')],
    ['ocpp.versions[0]', (t) => t.replace('securityProfile', 'versions: [ocpp2.1], securityProfile')],
    ['backends[0].versions[0]', (t) => t.replace('ocpp" }', 'ocpp", versions: [ocpp2.1] }')],
    ['backends[0].queue', (t) => t.replace('ocpp" }', 'ocpp", queue: { maxAge: 30d } }')],
    ['offlineAuth.order[0]', (t) => `${t}offlineAuth: { order: [cache, localList, policy] }\n`],
    ['ui.tls', (t) => `${t}ui: { tls: self-signed }\n`],
    ['site.language', (t) => t.replace('id: yard', 'id: yard, language: de')],
  ])('%s, as a part that is not built yet, by name', (path, change) => {
    const { config, lines } = readWith(change);
    expect(config).toBeUndefined();
    expect(lines.join('\n')).toContain(`${path} not built yet in this version`);
  });

  test('a file that is not there is a finding, not a crash', () => {
    const result = loadSiteFile(join(folder, 'none.yaml'), {});
    expect(result.config).toBeUndefined();
    expect(findingText(result.file, result.findings[0]!)).toContain('none.yaml:1:1 does not exist');
  });

  test.each(['', '[]', 'version 1', 'a: [', 'a: *nowhere', '\t- x: 1'])(
    'the text %j is refused without a crash',
    (text) => {
      const { config, findings } = read(text);
      expect(config).toBeUndefined();
      expect(findings.length).toBeGreaterThan(0);
    },
  );
});

describe('the fallback contract', () => {
  test('counts every connector of every charger against the usable current', () => {
    const tenConnectors = (text: string) =>
      text.replace(
        '    - { id: cp-01 }',
        '    - { id: cp-01, connectors: 8 }\n    - { id: cp-02, connectors: 3 }',
      );
    const { config, lines } = readWith(tenConnectors);
    expect(config).toBeUndefined();
    expect(lines).toEqual([
      'site.yaml:4:1 chargers.defaults.onLinkLoss.limitA on link loss 11 connectors may draw 66 A together, but only 61 A are usable (63 A fuse − 2 A reserve) (lower limitA; 0 pauses a charger that lost its link)',
    ]);
  });

  test('is met when the sum is exactly what is usable', () => {
    const exact = (text: string) =>
      text.replace('reserveA: 2', 'reserveA: 3').replace('cp-01 }', 'cp-01, connectors: 10 }');
    expect(readWith(exact).config?.electrical?.limitMilliamps).toBe(60_000);
  });
});

describe('passwords', () => {
  const withPassword = (reference: string) => (text: string) =>
    text
      .replace('securityProfile: 0', 'securityProfile: 1')
      .replace('cp-01 }', `cp-01, passwordFrom: "${reference}" }`);

  test('are asked of every known charger with security profile 1', () => {
    const { lines } = readWith((text) => text.replace('securityProfile: 0', 'securityProfile: 1'));
    expect(lines).toEqual([
      'site.yaml:6:7 chargers.known[0].passwordFrom is missing for cp-01: ocpp.securityProfile 1 asks every charger for a password',
    ]);
  });

  test('come from the environment or from a file beside the site file, without its line break', () => {
    writeFileSync(join(folder, 'cp.pass'), 'sixteen-letters-long\n');
    chmodSync(join(folder, 'cp.pass'), 0o600);
    const fromFile = readWith(withPassword('file:cp.pass'));
    const fromEnv = readWith(withPassword('env:CP_01'), { CP_01: 'another-long-password' });
    expect(fromFile.lines).toEqual([]);
    expect(fromFile.config?.chargers.known[0]?.password?.reveal()).toBe('sixteen-letters-long');
    expect(fromEnv.config?.chargers.known[0]?.password?.reveal()).toBe('another-long-password');
  });

  test('are never shown by printing or serialising the configuration', () => {
    const { config } = readWith(withPassword('env:CP_01'), { CP_01: 'another-long-password' });
    const shown = [
      JSON.stringify(config),
      inspect(config, { depth: 9 }),
      `${config?.chargers.known[0]?.password}`,
    ];
    for (const text of shown) {
      expect(text).toContain('***');
      expect(text).not.toContain('another-long-password');
    }
  });

  test.each([
    ['env:NOT_SET', 'environment variable NOT_SET is not set'],
    ['file:none.pass', 'none.pass does not exist'],
  ])('that cannot be found (%s) are an error', (reference, expected) => {
    const { config, lines } = readWith(withPassword(reference));
    expect(config).toBeUndefined();
    expect(lines.join('\n')).toContain(expected);
  });

  test('written into the file are refused without being quoted back', () => {
    const { lines } = readWith(withPassword('hunter2-hunter2'));
    expect(lines.join('\n')).toContain('never the password itself');
    expect(lines.join('\n')).not.toContain('hunter2');
  });

  test('in the address of the backend are refused without being quoted back', () => {
    const { lines } = readWith((text) => text.replace('ws://127', 'ws://edge:hunter2@127'));
    expect(lines.join('\n')).toContain('must not hold a user or password: use passwordFrom');
    expect(lines.join('\n')).not.toContain('hunter2');
  });

  test('that others may read, or that are short, are warned about', () => {
    writeFileSync(join(folder, 'cp.pass'), 'short');
    chmodSync(join(folder, 'cp.pass'), 0o644);
    const { config, lines } = readWith(withPassword('file:cp.pass'));
    expect(config).toBeDefined();
    expect(lines).toHaveLength(2);
    expect(lines.join('\n')).toMatch(
      /warning:.*every user of this machine \(chmod 600\)\n.*warning:.*shorter than 16/,
    );
  });
});

describe('security warnings', () => {
  test.each<[string, (text: string) => string, string]>([
    [
      'chargers without passwords on the network',
      (t) => t.replace('127.0.0.1:9000', '0.0.0.0:9000'),
      'anyone on the network can pose as a charger',
    ],
    [
      'an API on the network',
      (t) => `${t}ui: { listen: "0.0.0.0:8080" }\n`,
      'everyone on the network can read the site',
    ],
    [
      'a backend without encryption',
      (t) => t.replace('ws://127.0.0.1', 'ws://cpms.example.com'),
      'sends passwords and tags unencrypted',
    ],
  ])('tell of %s, and let it run', (_name, change, expected) => {
    const { config, lines } = readWith(change);
    expect(config).toBeDefined();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('warning:');
    expect(lines[0]).toContain(expected);
  });
});
