import type { Remark } from './finding.ts';
import { isLoopback } from './listen-address.ts';
import type { SiteFileData } from './schema.ts';
import type { SecretLookup } from './secret.ts';

/** What can be checked: the sections that passed the schema (a faulty one must not hide findings elsewhere). */
export type CheckableSite = Partial<SiteFileData>;

const SECRET_LENGTH_ADVISED = 16;

/** Names that must be unique, passwords that must exist, ports that must differ. */
export function referenceRemarks(site: CheckableSite, lookUp: (reference: string) => SecretLookup): Remark[] {
  return [
    ...repeatedChargers(site),
    ...repeatedTags(site),
    ...chargerPasswords(site, lookUp),
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

function chargerPasswords(site: CheckableSite, lookUp: (reference: string) => SecretLookup): Remark[] {
  if (site.chargers === undefined || site.ocpp === undefined) return [];
  const profile = site.ocpp.securityProfile;
  const remarks = site.chargers.known.flatMap((charger, index): Remark[] => {
    const path = ['chargers', 'known', index, 'passwordFrom'];
    if (charger.passwordFrom !== undefined) {
      if (profile === 0) return [warning(path, 'is not asked for with ocpp.securityProfile 0')];
      return secretRemarks(path, lookUp(charger.passwordFrom));
    }
    if (profile === 0) return [];
    return [
      error(path, `is missing for ${charger.id}: ocpp.securityProfile 1 asks every charger for a password`),
    ];
  });
  if (profile === 1 && site.chargers.unknown === 'adopt') {
    remarks.push(
      error(
        ['chargers', 'unknown'],
        'adopt needs ocpp.securityProfile 0: an unknown charger has no password here',
      ),
    );
  }
  return remarks;
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

function secretRemarks(path: Array<string | number>, lookup: SecretLookup): Remark[] {
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
  const ocppPort = site.ocpp?.listen.port;
  if (ocppPort === undefined || ocppPort === 0 || ocppPort !== site.ui?.listen.port) return [];
  return [error(['ui', 'listen'], `uses port ${ocppPort}, as ocpp.listen does`)];
}

/** What works, but invites trouble. */
export function securityRemarks(site: CheckableSite): Remark[] {
  const remarks: Remark[] = [];
  if (site.ocpp?.securityProfile === 0 && !isLoopback(site.ocpp.listen.host)) {
    remarks.push(
      warning(
        ['ocpp', 'securityProfile'],
        'anyone on the network can pose as a charger',
        '1 asks for passwords',
      ),
    );
  }
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

export function error(path: Array<string | number>, message: string, hint?: string): Remark {
  return { severity: 'error', path, message, ...(hint === undefined ? {} : { hint }) };
}

export function warning(path: Array<string | number>, message: string, hint?: string): Remark {
  return { severity: 'warning', path, message, ...(hint === undefined ? {} : { hint }) };
}
