import type { FilePath, Remark } from './finding.ts';
import { isLoopback } from './listen-address.ts';
import type { SiteFileData } from './schema.ts';
import type { SecretLookup } from './secret.ts';
import { DEFAULT_LISTEN_TLS } from './site-config.ts';

/** What can be checked: the sections that passed the schema (a faulty one must not hide findings elsewhere). */
export type CheckableSite = Partial<SiteFileData>;

const SECRET_LENGTH_ADVISED = 16;

/** Names that must be unique, passwords that must exist, ports that must differ. */
export function referenceRemarks(site: CheckableSite, lookUp: (reference: string) => SecretLookup): Remark[] {
  return [
    ...repeatedChargers(site),
    ...repeatedTags(site),
    ...otherPasswords(site, lookUp),
    ...portRemarks(site),
  ];
}

function repeatedChargers(site: CheckableSite): Remark[] {
  const seen = new Set<string>();
  return (site.chargers?.known ?? []).flatMap((charger, index): Remark[] => {
    if (!seen.has(charger.id)) {
      seen.add(charger.id);
      return [];
    }
    return [error(['chargers', 'known', index, 'id'], `${charger.id} is listed twice`)];
  });
}

function repeatedTags(site: CheckableSite): Remark[] {
  const seen = new Set<string>();
  return (site.offlineAuth?.localList ?? []).flatMap((tag, index): Remark[] => {
    // OCPP compares idTags without regard to case.
    const key = tag.toLowerCase();
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [error(['offlineAuth', 'localList', index], 'this tag is listed twice')];
  });
}

function otherPasswords(site: CheckableSite, lookUp: (reference: string) => SecretLookup): Remark[] {
  const remarks = (site.backends ?? []).flatMap((backend, index) =>
    backend.auth === undefined
      ? []
      : secretRemarks(['backends', index, 'auth', 'passwordFrom'], lookUp(backend.auth.passwordFrom)),
  );
  const bus = site.bus;
  if (bus?.passwordFrom !== undefined)
    remarks.push(...secretRemarks(['bus', 'passwordFrom'], lookUp(bus.passwordFrom)));
  if (bus !== undefined && (bus.user === undefined) !== (bus.passwordFrom === undefined)) {
    remarks.push(error(['bus'], 'user and passwordFrom belong together'));
  }
  if (bus?.user !== undefined && bus.url === undefined) {
    remarks.push(
      error(
        ['bus', 'user'],
        'needs bus.url: the server that Holdfast starts itself makes its own credentials',
      ),
    );
  }
  return remarks;
}

export function secretRemarks(path: FilePath, lookup: SecretLookup): Remark[] {
  if (!lookup.ok) return [error(path, lookup.problem)];
  const remarks: Remark[] = [];
  if (lookup.readableByOthers)
    remarks.push(warning(path, 'its file can be read by every user of this machine', 'chmod 600'));
  if (lookup.secret.reveal().length < SECRET_LENGTH_ADVISED) {
    remarks.push(warning(path, `its password is shorter than ${SECRET_LENGTH_ADVISED} characters`));
  }
  return remarks;
}

function portRemarks(site: CheckableSite): Remark[] {
  const { ocpp, ui } = site;
  const remarks: Remark[] = [];
  const clash = (path: Array<string | number>, port: number | undefined, other: string): void => {
    if (port !== undefined && port !== 0) remarks.push(error(path, `uses port ${port}, as ${other} does`));
  };
  const tlsPort = ocpp?.tls === undefined ? undefined : (ocpp.listenTls ?? DEFAULT_LISTEN_TLS).port;
  if (ui?.listen.port === ocpp?.listen.port) clash(['ui', 'listen'], ui?.listen.port, 'ocpp.listen');
  if (ui?.listen.port === tlsPort) clash(['ui', 'listen'], tlsPort, 'ocpp.listenTls');
  if (ocpp?.listen.port === tlsPort) clash(['ocpp', 'listenTls'], tlsPort, 'ocpp.listen');
  return remarks;
}

/** What works, but invites trouble. */
export function securityRemarks(site: CheckableSite): Remark[] {
  const remarks: Remark[] = [];
  if (site.ui !== undefined && !isLoopback(site.ui.listen.host)) {
    remarks.push(
      warning(['ui', 'listen'], 'the API has no users yet: everyone on the network can read the site'),
    );
  }
  const backend = site.backends?.[0];
  if (
    backend !== undefined &&
    backend.url.protocol === 'ws:' &&
    !isLoopback(backend.url.hostname.replace(/^\[|\]$/g, ''))
  ) {
    remarks.push(warning(['backends', 0, 'url'], 'sends passwords and tags unencrypted', 'wss:// encrypts'));
  }
  if (site.offlineAuth?.policy.unknownTags === 'accept') {
    remarks.push(
      warning(['offlineAuth', 'policy', 'unknownTags'], 'anyone can charge while the backend is away'),
    );
  }
  return remarks;
}

export function error(path: FilePath, message: string, hint?: string): Remark {
  return { severity: 'error', path, message, ...(hint === undefined ? {} : { hint }) };
}

export function warning(path: FilePath, message: string, hint?: string): Remark {
  return { severity: 'warning', path, message, ...(hint === undefined ? {} : { hint }) };
}
