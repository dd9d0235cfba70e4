import { join } from 'node:path';
import { Secret } from '../../app/site-file/secret.ts';
import type { KnownCharger, SiteConfig } from '../../app/site-file/site-config.ts';
import { defaultGovernance } from '../../machines/shared/governance/rules.ts';
import type { RosterCharger } from './roster.ts';

export interface StormSite {
  /** Everything durable goes there. */
  folder: string;
  cpmsUrl: string;
  certificateFile: string;
  keyFile: string;
  roster: readonly RosterCharger[];
}

const LIMITS = {
  connectors: 1,
  maxMilliamps: 32_000,
  fallbackMilliamps: 6_000,
  graceMs: 120_000,
  mirrorCloseAfterMs: null,
};

/** A site as its file would have it: all chargers by password over TLS, nobody unencrypted, unknown ones refused. */
export function stormSiteConfig(site: StormSite): SiteConfig {
  const { folder, cpmsUrl, certificateFile, keyFile, roster } = site;
  return {
    file: join(folder, 'site.yaml'),
    site: { id: 'storm', timezone: 'Europe/Berlin', language: 'en' },
    dataFolder: join(folder, 'data'),
    electrical: null,
    chargers: { minMilliamps: 6_000, unknown: 'reject', defaults: LIMITS, known: roster.flatMap(knownOf) },
    ocpp: {
      listen: null,
      tls: { listen: { host: '127.0.0.1', port: 0 }, certificateFile, keyFile, clientCaFile: null },
      securityProfile: 2,
      versions: ['1.6'],
    },
    backend: {
      id: 'cpms',
      url: cpmsUrl,
      password: null,
      replay: { perSecond: 100, burst: 200 },
      versions: ['1.6'],
      governance: defaultGovernance,
    },
    offlineAuth: { localList: [], cacheMaxAgeMs: 86_400_000, unknownTags: 'accept' },
    api: { listen: { host: '127.0.0.1', port: 0 }, hosts: [] },
    bus: null,
  };
}

function knownOf({ id, password }: RosterCharger): KnownCharger[] {
  if (password === null) return [];
  return [
    {
      id,
      securityProfile: 2,
      password: new Secret(password),
      certificateSha256: null,
      quirks: [],
      ...LIMITS,
    },
  ];
}
