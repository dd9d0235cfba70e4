import { describe, expect, test } from 'vitest';
import { findingText } from '../../../../app/site-file/finding.ts';
import { readSiteFile } from '../../../../app/site-file/load.ts';
import { defaultGovernance } from '../../../../machines/shared/governance/rules.ts';

/** A site file with these rules for its CPMS, each line under `commands`. */
function read(...commands: string[]) {
  const text = [
    'version: 1',
    'site: { id: yard }',
    'ocpp: { listen: "127.0.0.1:9000", securityProfile: 0 }',
    'backends:',
    '  - id: cpms',
    '    url: "ws://127.0.0.1:9100/ocpp"',
    ...(commands.length > 0 ? ['    commands:'] : []),
    ...commands.map((line) => `      ${line}`),
    'electrical: { connection: { fuseA: 63 } }',
    '',
  ].join('\n');
  const result = readSiteFile(text, '/site/site.yaml', { folder: '/site', env: {} });
  return {
    governance: result.config?.backend.governance,
    lines: result.findings.map((finding) => findingText(result.file, finding)),
  };
}

describe('rules for the commands of a CPMS', () => {
  test('are the defaults where the file says nothing', () => {
    expect(read()).toEqual({ governance: defaultGovernance, lines: [] });
  });

  test('change what the file names, and leave the rest', () => {
    const { governance, lines } = read(
      'rules:',
      '  reset: { duringSession: accept-and-hold }',
      '  remoteStart: { policy: refuse }',
      '  uploadLog: { limits: { retries: { max: 2 } } }',
      'urls: { schemes: [https], hosts: ["*.example.com"], ports: [443] }',
      'guardedKeys:',
      '  - { key: heartbeatinterval, handling: keep, min: 30, max: 300 }',
      '  - { key: WebSocketPingInterval, handling: forward }',
      '  - { key: LightIntensity, handling: refuse }',
      'deferAtMost: 12h',
      'reasonsTo: org.example',
    );
    expect(lines).toEqual([]);
    const { commands } = defaultGovernance;
    expect(governance).toMatchObject({
      commands: {
        ...commands,
        reset: { policy: 'forward', duringSession: 'accept-and-hold', limits: {} },
        remoteStart: { policy: 'refuse', duringSession: 'forward', limits: {} },
        uploadLog: { policy: 'forward', duringSession: 'forward', limits: { retries: { max: 2 } } },
      },
      urls: { schemes: ['https'], hosts: ['*.example.com'], ports: [443], allowLocalAddresses: false },
      deferralMaxMs: 12 * 3_600_000,
      reasonVendorId: 'org.example',
    });
    const guarded = new Map(governance!.guardedKeys.map((one) => [one.key, one]));
    expect(guarded.get('heartbeatinterval')).toMatchObject({ handling: 'keep', min: 30, max: 300 });
    expect(guarded.has('HeartbeatInterval')).toBe(false);
    expect(guarded.has('WebSocketPingInterval')).toBe(false);
    expect(guarded.get('LightIntensity')).toMatchObject({ handling: 'refuse' });
    expect(guarded.get('AuthorizationKey')).toMatchObject({ handling: 'refuse' });
  });

  test.each<[what: string, line: string, expected: string]>([
    [
      'a command that does not exist',
      'rules: { explode: { policy: refuse } }',
      'site.yaml:8:16 backends[0].commands.rules.explode unknown key (known here: ',
    ],
    [
      'a command that is misspelt',
      'rules: { rest: { policy: refuse } }',
      'site.yaml:8:16 backends[0].commands.rules.rest unknown key (did you mean reset?)',
    ],
    [
      'a word that does not exist',
      'rules: { reset: { duringSession: hold } }',
      'site.yaml:8:25 backends[0].commands.rules.reset.duringSession must be forward, refuse, defer or accept-and-hold, found hold',
    ],
    [
      'deferring what disturbs nobody',
      'rules: { remoteStart: { duringSession: defer } }',
      'site.yaml:8:31 backends[0].commands.rules.remoteStart.duringSession unknown key (known here: policy, limits)',
    ],
    [
      'bounds upside down',
      'rules: { uploadLog: { limits: { retries: { min: 3, max: 2 } } } }',
      'site.yaml:8:50 backends[0].commands.rules.uploadLog.limits.retries.min is above max',
    ],
    [
      'a scheme that nobody fetches from',
      'urls: { schemes: [file] }',
      'site.yaml:8:25 backends[0].commands.urls.schemes[0] must be https, http, ftps, ftp or sftp, found file',
    ],
    [
      'a host with a port',
      'urls: { hosts: ["files.example.com:443"] }',
      'backends[0].commands.urls.hosts[0] must be a host name without port',
    ],
    [
      'a key listed twice in different case',
      'guardedKeys: [{ key: A, handling: refuse }, { key: a, handling: refuse }]',
      'backends[0].commands.guardedKeys[1].key a is listed twice',
    ],
    [
      'handing out how a charger logs in',
      'guardedKeys: [{ key: authorizationkey, handling: forward }]',
      'backends[0].commands.guardedKeys[0].handling must be refuse: authorizationkey is how the charger logs in here (change it on both sides by hand)',
    ],
    [
      'bounds that nothing uses',
      'guardedKeys: [{ key: A, handling: refuse, max: 3 }]',
      'backends[0].commands.guardedKeys[0] has bounds that nothing uses (min and max go with handling: keep)',
    ],
    [
      'a deferral for longer than a day',
      'deferAtMost: 25h',
      'site.yaml:8:7 backends[0].commands.deferAtMost must be a duration above 0 and up to 24h, such as 30m or 12h',
    ],
  ])('refuse %s', (_, line, expected) => {
    const { governance, lines } = read(line);
    expect(governance).toBeUndefined();
    expect(lines.join('\n')).toContain(expected);
  });

  test('warn of addresses on this machine', () => {
    const { governance, lines } = read('urls: { allowLocalAddresses: true }');
    expect(governance?.urls.allowLocalAddresses).toBe(true);
    expect(lines).toEqual([
      'site.yaml:8:15 warning: backends[0].commands.urls.allowLocalAddresses chargers can be sent to their own services and to those of this network segment',
    ]);
  });
});

describe('what a charger does while its CPMS is away', () => {
  const chargers = (text: string) => {
    const site = `version: 1\nsite: { id: yard }\nchargers:\n${text}ocpp: { securityProfile: 0 }\nbackends: [{ id: cpms, url: "ws://127.0.0.1:9100/ocpp" }]\n`;
    const result = readSiteFile(site, '/site/site.yaml', { folder: '/site', env: {} });
    return {
      after: result.config?.chargers.known.map(({ mirrorCloseAfterMs }) => mirrorCloseAfterMs),
      lines: result.findings.map((finding) => findingText(result.file, finding)),
    };
  };

  test('is the word of the charger, else that of all', () => {
    const { after } = chargers(
      [
        '  defaults: { onBackendLoss: { policy: mirror-close, afterS: 45 } }',
        '  known:',
        '    - { id: a }',
        '    - { id: b, onBackendLoss: { policy: hold } }',
        '    - { id: c, onBackendLoss: { afterS: 10 } }',
        '',
      ].join('\n'),
    );
    expect(after).toEqual([45_000, null, 10_000]);
  });

  test('is one of two words', () => {
    const { after, lines } = chargers('  known: [{ id: a, onBackendLoss: { policy: close } }]\n');
    expect(after).toBeUndefined();
    expect(lines).toContain(
      'site.yaml:4:37 chargers.known[0].onBackendLoss.policy must be hold or mirror-close, found close (did you mean mirror-close?)',
    );
  });
});
