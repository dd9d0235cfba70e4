import { isClosedOut } from '../actors/charger/mirror-close.ts';
import type { ChargerPlace } from '../actors/site-tree.ts';
import type { GateVerdict } from '../adapters/ocpp-south/admission.ts';
import { SecretKeeper } from '../adapters/ocpp-south/credentials.ts';
import type { RefusedConnection } from '../adapters/ocpp-south/refusals.ts';
import { createSouthServer, type SouthServer } from '../adapters/ocpp-south/server.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { CertificateWatch } from './certificate-watch.ts';
import { ContestAlarms } from './contest-alarms.ts';
import type { Core } from './core.ts';
import type { KnownCharger, SiteConfig } from './site-file/site-config.ts';

export interface ChargerListenerOptions {
  config: SiteConfig;
  core: Core;
  clock: Clock;
  log: Log;
  deviceKey: Buffer;
  /** Where a charger that the site file does not name belongs. */
  placeOf(identity: string): ChargerPlace;
}

export interface ChargerListener {
  /** Null: not opened. */
  port: number | null;
  tlsPort: number | null;
  /** Newest first. */
  refused(): RefusedConnection[];
  close(): Promise<void>;
}

/** Opens the ports for chargers, and keeps the certificates that they use fresh. */
export async function listenForChargers(options: ChargerListenerOptions): Promise<ChargerListener> {
  const { config, core, clock, log } = options;
  const { listen, tls } = config.ocpp;
  const contests = new ContestAlarms(core.host.alarms, clock);
  const keeper = new SecretKeeper({ deviceKey: options.deviceKey });
  const asksCertificates = config.chargers.known.some(({ securityProfile }) => securityProfile === 3);
  const watch = tls && new CertificateWatch({ files: tls, alarms: core.host.alarms, clock, log });
  const server: SouthServer = createSouthServer({
    listen,
    listenTls: tls && watch && { ...tls.listen, material: watch.material, asksCertificates },
    clock,
    log,
    gateway: core.south,
    versions: config.ocpp.versions,
    keeper,
    gate: gateOf(options, keeper),
    isClosedOut: (identity) => isClosedOut(core.host, identity),
    onContested: (identity, remote) => contests.raise(identity, remote),
  });
  const ports = await server.listen();
  watch?.start((material) => server.renew(material));
  return {
    ...ports,
    refused: () => server.refused(),
    close() {
      watch?.stop();
      contests.stop();
      return server.close();
    },
  };
}

/** Who may come in. An adopted charger gets its actors here, before its socket reaches the gateway. */
function gateOf(
  { config, core, placeOf }: ChargerListenerOptions,
  keeper: SecretKeeper,
): (identity: string) => GateVerdict {
  const known = new Map(config.chargers.known.map((charger) => [charger.id, verdictOf(charger, keeper)]));
  return (identity) => {
    const verdict = known.get(identity);
    if (verdict !== undefined) return verdict;
    if (config.chargers.unknown === 'reject') return { outcome: 'reject' };
    if (config.chargers.unknown === 'quarantine') return { outcome: 'quarantine' };
    if (!core.host.peek(`charger/${identity}`)) core.adopt(placeOf(identity));
    return { outcome: 'accept', profile: 0 };
  };
}

function verdictOf(charger: KnownCharger, keeper: SecretKeeper): GateVerdict {
  const { securityProfile: profile, password, certificateSha256 } = charger;
  if (profile === 0) return { outcome: 'accept', profile };
  if (profile === 3) return { outcome: 'accept', profile, pinnedSha256: certificateSha256 };
  // The site file's check lets no charger through without one.
  if (password === null) return { outcome: 'reject' };
  return { outcome: 'accept', profile, secret: keeper.keep(password.reveal()) };
}
