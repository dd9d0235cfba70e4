import { dirname, resolve } from 'node:path';
import type { ListenAddress } from './listen-address.ts';
import type { SiteFileData } from './schema.ts';
import type { Secret } from './secret.ts';

/** A checked site file in the product's own terms: integers with units, paths absolute, secrets looked up. */
export interface SiteConfig {
  /** Absolute path of the site file. */
  file: string;
  site: { id: string; timezone: string; language: 'en' };
  /** Absolute path of the folder that holds everything durable. */
  dataFolder: string;
  /** Null: load management is off. */
  electrical: ElectricalConfig | null;
  chargers: ChargersConfig;
  ocpp: { listen: ListenAddress; securityProfile: 0 | 1 };
  backend: BackendConfig;
  offlineAuth: { localList: string[]; cacheMaxAgeMs: number; unknownTags: 'accept' | 'reject' };
  api: { listen: ListenAddress; hosts: string[] };
  /** Null: Holdfast starts its own server. */
  bus: { host: string; port: number; user: string | null; password: Secret | null } | null;
}

export interface BackendConfig {
  id: string;
  url: string;
  password: Secret | null;
  /** How fast backlogs may go up after an outage, all chargers together. */
  replay: { perSecond: number; burst: number };
}

export interface ElectricalConfig {
  fuseMilliamps: number;
  reserveMilliamps: number;
  /** Usable per phase: fuse minus reserve. */
  limitMilliamps: number;
  phases: number;
  nominalVolts: number;
}

export interface ChargersConfig {
  /** The least current at which a car charges here; below it a connector is paused. */
  minMilliamps: number;
  unknown: 'reject' | 'quarantine' | 'adopt';
  /** What an adopted charger gets. */
  defaults: ChargerLimits;
  known: KnownCharger[];
}

export interface ChargerLimits {
  connectors: number;
  /** Per connector and phase. */
  maxMilliamps: number;
  /** Per connector and phase once the link is lost, kept by the charger itself; 0 = pause. */
  fallbackMilliamps: number;
  /** Link lost for this long: the charger counts as having fallen back. */
  graceMs: number;
}

export interface KnownCharger extends ChargerLimits {
  id: string;
  /** Null with security profile 0. */
  password: Secret | null;
}

const NATS_PORT = 4222;

/** Maps checked data; `secretOf` gives what the reference check has already found. */
export function siteConfigOf(
  data: SiteFileData,
  file: string,
  secretOf: (reference: string) => Secret,
): SiteConfig {
  const backend = data.backends[0]!;
  return {
    file,
    site: data.site,
    dataFolder: resolve(dirname(file), data.data),
    electrical: electricalConfigOf(data),
    chargers: chargersConfigOf(data, secretOf),
    ocpp: { listen: data.ocpp.listen, securityProfile: data.ocpp.securityProfile },
    backend: {
      id: backend.id,
      url: backend.url.href.replace(/\/$/, ''),
      password: backend.auth === undefined ? null : secretOf(backend.auth.passwordFrom),
      replay: backend.replay,
    },
    offlineAuth: {
      localList: data.offlineAuth.localList,
      cacheMaxAgeMs: data.offlineAuth.cacheMaxAge,
      unknownTags: data.offlineAuth.policy.unknownTags,
    },
    api: { listen: data.ui.listen, hosts: data.ui.hosts },
    bus: busConfigOf(data, secretOf),
  };
}

function electricalConfigOf(data: SiteFileData): ElectricalConfig | null {
  if (data.electrical === undefined) return null;
  const { fuseA, reserveA, phases, nominalV } = data.electrical.connection;
  return {
    fuseMilliamps: fuseA * 1_000,
    reserveMilliamps: reserveA * 1_000,
    limitMilliamps: (fuseA - reserveA) * 1_000,
    phases: phases.length,
    nominalVolts: nominalV,
  };
}

function chargersConfigOf(data: SiteFileData, secretOf: (reference: string) => Secret): ChargersConfig {
  const { defaults, known, unknown } = data.chargers;
  const limitsOf = (own: Partial<(typeof known)[number]>): ChargerLimits => ({
    connectors: own.connectors ?? defaults.connectors,
    maxMilliamps: (own.maxA ?? defaults.maxA) * 1_000,
    fallbackMilliamps: (own.onLinkLoss?.limitA ?? defaults.onLinkLoss.limitA) * 1_000,
    graceMs: (own.onLinkLoss?.afterS ?? defaults.onLinkLoss.afterS) * 1_000,
  });
  const asksPasswords = data.ocpp.securityProfile === 1;
  return {
    minMilliamps: defaults.minA * 1_000,
    unknown,
    defaults: limitsOf({}),
    known: known.map((charger) => ({
      id: charger.id,
      ...limitsOf(charger),
      password: asksPasswords && charger.passwordFrom !== undefined ? secretOf(charger.passwordFrom) : null,
    })),
  };
}

function busConfigOf(data: SiteFileData, secretOf: (reference: string) => Secret): SiteConfig['bus'] {
  const { url, user, passwordFrom } = data.bus;
  if (url === undefined) return null;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? NATS_PORT : Number(url.port),
    user: user ?? null,
    password: passwordFrom === undefined ? null : secretOf(passwordFrom),
  };
}
