import type { SecurityProfile } from '../../adapters/ocpp-south/admission.ts';
import { type CheckableSite, error, secretRemarks, warning } from './checks.ts';
import type { FilePath, Remark } from './finding.ts';
import { isLoopback } from './listen-address.ts';
import type { SiteFileData } from './schema.ts';
import type { SecretLookup } from './secret.ts';
import { asksPassword, profileOf } from './site-config.ts';
import { loadTlsFiles, TlsFilesFault, tlsFilesOf } from './tls-files.ts';

type Ocpp = SiteFileData['ocpp'];
type Charger = SiteFileData['chargers']['known'][number];

export interface ProfileCheckOptions {
  lookUp(reference: string): SecretLookup;
  /** Folder that file names are relative to. */
  folder: string;
  nowMs: number;
}

/** Whether every charger has what its security profile asks for, and what is weaker than it should be. */
export function profileRemarks(site: CheckableSite, options: ProfileCheckOptions): Remark[] {
  const { ocpp, chargers } = site;
  if (ocpp === undefined) return [];
  const remarks = tlsRemarks(ocpp, options);
  if (chargers === undefined) return remarks;
  chargers.known.forEach((charger, index) => {
    const path: FilePath = ['chargers', 'known', index];
    const profile = profileOf(charger, ocpp);
    remarks.push(
      ...floorRemarks(charger, path, profile, ocpp.securityProfile),
      ...passwordRemarks(charger, path, profile, options.lookUp),
      ...certificateRemarks(charger, path, profile, ocpp),
    );
  });
  if (ocpp.tls === undefined) {
    const needy = chargers.known.find((charger) => profileOf(charger, ocpp) >= 2);
    const profile = Math.max(ocpp.securityProfile, needy === undefined ? 0 : profileOf(needy, ocpp));
    if (profile >= 2) {
      const example = 'tls: { certificateFile: tls/site.crt, keyFile: tls/site.key }';
      remarks.push(
        error(['ocpp', 'tls'], `is missing: security profile ${profile} needs TLS`, `for example ${example}`),
      );
    }
  }
  if (ocpp.securityProfile > 0 && chargers.unknown === 'adopt') {
    const message = 'adopt needs ocpp.securityProfile 0: an unknown charger has no password here';
    remarks.push(error(['chargers', 'unknown'], message));
  }
  return remarks;
}

/** A site that takes its chargers unencrypted works, and is open to everybody on the network. */
export function floorWarnings(site: CheckableSite): Remark[] {
  const { ocpp } = site;
  if (ocpp === undefined || ocpp.securityProfile >= 2 || isLoopback(ocpp.listen.host)) return [];
  const path = ['ocpp', 'securityProfile'];
  if (ocpp.securityProfile === 0)
    return [
      warning(path, 'anyone on the network can pose as a charger', '1 asks for passwords, 2 encrypts too'),
    ];
  return [
    warning(
      path,
      '1 sends passwords and tags unencrypted: anyone on the network can read them',
      '2 encrypts',
    ),
  ];
}

function floorRemarks(charger: Charger, path: FilePath, profile: SecurityProfile, floor: number): Remark[] {
  const place = [...path, 'allowWeakerProfile'];
  if (profile >= floor)
    return charger.allowWeakerProfile
      ? [warning(place, `is not needed: profile ${profile} is not weaker`)]
      : [];
  if (charger.allowWeakerProfile)
    return [
      warning(place, `${charger.id} comes in with profile ${profile}, weaker than the site's ${floor}`),
    ];
  return [
    error(
      [...path, 'securityProfile'],
      `${profile} is weaker than ocpp.securityProfile ${floor}`,
      `allowWeakerProfile: true permits it for ${charger.id} alone`,
    ),
  ];
}

function passwordRemarks(
  charger: Charger,
  path: FilePath,
  profile: SecurityProfile,
  lookUp: ProfileCheckOptions['lookUp'],
): Remark[] {
  const place = [...path, 'passwordFrom'];
  const asker = charger.securityProfile === undefined ? 'ocpp.securityProfile' : 'securityProfile';
  if (charger.passwordFrom === undefined) {
    if (!asksPassword(profile)) return [];
    const asked = charger.securityProfile === undefined ? 'every charger' : 'it';
    return [error(place, `is missing for ${charger.id}: ${asker} ${profile} asks ${asked} for a password`)];
  }
  if (!asksPassword(profile)) return [warning(place, `is not asked for with ${asker} ${profile}`)];
  return secretRemarks(place, lookUp(charger.passwordFrom));
}

function certificateRemarks(
  charger: Charger,
  path: FilePath,
  profile: SecurityProfile,
  ocpp: Ocpp,
): Remark[] {
  const isPinned = charger.certificateSha256 !== undefined;
  if (profile !== 3)
    return isPinned
      ? [warning([...path, 'certificateSha256'], `is not asked for with profile ${profile}`)]
      : [];
  if (isPinned || ocpp.tls === undefined || ocpp.tls.clientCaFile !== undefined) return [];
  return [
    error(
      path,
      `${charger.id} must show a certificate, but nothing says which`,
      'name the authority in ocpp.tls.clientCaFile, or the certificate in certificateSha256',
    ),
  ];
}

function tlsRemarks(ocpp: Ocpp, { folder, nowMs }: ProfileCheckOptions): Remark[] {
  if (ocpp.tls === undefined)
    return ocpp.listenTls === undefined
      ? []
      : [error(['ocpp', 'listenTls'], 'needs ocpp.tls with certificate and key')];
  try {
    const { soonestEnd, keyReadableByOthers } = loadTlsFiles(tlsFilesOf(ocpp.tls, folder));
    const remarks: Remark[] = [];
    if (keyReadableByOthers) {
      remarks.push(
        warning(
          ['ocpp', 'tls', 'keyFile'],
          'its file can be read by every user of this machine',
          'chmod 600',
        ),
      );
    }
    // No error: a site must start and hold its limits even when its chargers will not connect.
    if (soonestEnd.wallMs < nowMs)
      remarks.push(warning(['ocpp', 'tls'], `a certificate in ${soonestEnd.file} has expired`));
    return remarks;
  } catch (cause) {
    if (!(cause instanceof TlsFilesFault)) throw cause;
    return [error(['ocpp', 'tls', cause.part], cause.message)];
  }
}
