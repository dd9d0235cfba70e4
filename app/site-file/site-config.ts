import { dirname, resolve } from 'node:path';
import type { OfflineAuth } from '../../actors/tells.ts';
import { type Subprotocol, versionOfSocket } from '../../adapters/ocpp/subprotocol.ts';
import type { SecurityProfile } from '../../adapters/ocpp-south/admission.ts';
import type { GovernanceRules } from '../../machines/shared/governance/rules.ts';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import type { OwnQuirks } from '../../machines/shared/quirks/packs.ts';
import { governanceOf } from './command-rules.ts';
import { exposureRulesOf } from './exposure-rules.ts';
import type { ListenAddress } from './listen-address.ts';
import type { SiteFileData } from './schema.ts';
import type { Secret } from './secret.ts';
import { type TlsFiles, tlsFilesOf } from './tls-files.ts';

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
  ocpp: OcppConfig;
  backend: BackendConfig;
  offlineAuth: OfflineAuth;
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
  /** What it may be spoken to in. */
  versions: OcppVersion[];
  /** What it may ask of chargers. */
  governance: GovernanceRules;
}

/** Where chargers connect, and the least that they must show. */
export interface OcppConfig {
  /** Null: no charger may come in unencrypted. */
  listen: ListenAddress | null;
  tls: TlsConfig | null;
  /** The floor: a charger below it needs its own word in the site file. */
  securityProfile: SecurityProfile;
  /** What chargers may speak. */
  versions: OcppVersion[];
}

export interface TlsConfig extends TlsFiles {
  listen: ListenAddress;
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
  /** CPMS away for this long: closed out until it is back (`mirror-close`); null: it stays (`hold`). */
  mirrorCloseAfterMs: number | null;
}

export interface KnownCharger extends ChargerLimits {
  id: string;
  securityProfile: SecurityProfile;
  /** Null with security profiles 0 and 3. */
  password: Secret | null;
  /** Profile 3: fingerprint of its one certificate, lower-case hex; null: any with its name from the authority. */
  certificateSha256: string | null;
  /** Repairs beyond those that its packs name; `none`: what it says is never repaired. */
  quirks: OwnQuirks;
}

const NATS_PORT = 4222;
export const DEFAULT_LISTEN_TLS: ListenAddress = { host: '0.0.0.0', port: 9443 };

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
    ocpp: ocppConfigOf(data, file),
    backend: {
      id: backend.id,
      url: backend.url.href.replace(/\/$/, ''),
      password: backend.auth === undefined ? null : secretOf(backend.auth.passwordFrom),
      replay: backend.replay,
      versions: versionsOf(backend.versions),
      governance: governanceOf(backend.commands),
    },
    offlineAuth: offlineAuthOf(data),
    api: { listen: data.ui.listen, hosts: data.ui.hosts },
    bus: busConfigOf(data, secretOf),
  };
}

function offlineAuthOf({ offlineAuth }: SiteFileData): OfflineAuth {
  const { localList, cacheMaxAge, policy, caps, onInvalid } = offlineAuth;
  const rules = exposureRulesOf(caps);
  const { maxEnergyWh } = onInvalid;
  return {
    localList,
    cacheMaxAgeMs: cacheMaxAge,
    unknownTags: policy.unknownTags,
    ...(rules ? { caps: rules } : {}),
    ...(maxEnergyWh === undefined ? {} : { invalidMaxEnergyWh: maxEnergyWh }),
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

function ocppConfigOf(data: SiteFileData, file: string): OcppConfig {
  const { listen, listenTls, tls, securityProfile, versions } = data.ocpp;
  const mayBePlain =
    securityProfile <= 1 || data.chargers.known.some((one) => profileOf(one, data.ocpp) <= 1);
  return {
    listen: mayBePlain ? listen : null,
    tls: tls ? { listen: listenTls ?? DEFAULT_LISTEN_TLS, ...tlsFilesOf(tls, dirname(file)) } : null,
    securityProfile,
    versions: versionsOf(versions),
  };
}

/** The schema takes no names but these. */
function versionsOf(names: readonly Subprotocol[]): OcppVersion[] {
  return names.map(versionOfSocket);
}

/** What a known charger must show: its own word, else the site's. */
export function profileOf(
  charger: { securityProfile?: SecurityProfile | undefined },
  ocpp: { securityProfile: SecurityProfile },
): SecurityProfile {
  return charger.securityProfile ?? ocpp.securityProfile;
}

function chargersConfigOf(data: SiteFileData, secretOf: (reference: string) => Secret): ChargersConfig {
  const { defaults, known, unknown } = data.chargers;
  const limitsOf = (own: Partial<(typeof known)[number]>): ChargerLimits => ({
    connectors: own.connectors ?? defaults.connectors,
    maxMilliamps: (own.maxA ?? defaults.maxA) * 1_000,
    fallbackMilliamps: (own.onLinkLoss?.limitA ?? defaults.onLinkLoss.limitA) * 1_000,
    graceMs: (own.onLinkLoss?.afterS ?? defaults.onLinkLoss.afterS) * 1_000,
    mirrorCloseAfterMs:
      (own.onBackendLoss?.policy ?? defaults.onBackendLoss.policy) === 'hold'
        ? null
        : (own.onBackendLoss?.afterS ?? defaults.onBackendLoss.afterS) * 1_000,
  });
  const passwordOf = (charger: (typeof known)[number], profile: SecurityProfile): Secret | null => {
    const { passwordFrom } = charger;
    return asksPassword(profile) && passwordFrom !== undefined ? secretOf(passwordFrom) : null;
  };
  return {
    minMilliamps: defaults.minA * 1_000,
    unknown,
    defaults: limitsOf({}),
    known: known.map((charger) => {
      const securityProfile = profileOf(charger, data.ocpp);
      const password = passwordOf(charger, securityProfile);
      const certificateSha256 = charger.certificateSha256 ?? null;
      const quirks = quirksOf(charger.quirks);
      return { id: charger.id, ...limitsOf(charger), securityProfile, password, certificateSha256, quirks };
    }),
  };
}

/** `none` stands alone where it stands: the check of the names has seen to that. */
function quirksOf(words: SiteFileData['chargers']['known'][number]['quirks']): OwnQuirks {
  const names = words.filter((word) => word !== 'none');
  return names.length < words.length ? 'none' : names;
}

/** Whether a charger of this profile logs in with a password. */
export function asksPassword(profile: SecurityProfile): boolean {
  return profile === 1 || profile === 2;
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
