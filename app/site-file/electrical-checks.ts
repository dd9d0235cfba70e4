import { type CheckableSite, error, warning } from './checks.ts';
import type { Remark } from './finding.ts';
import type { SiteFileData } from './schema.ts';

/** IEC 61851-1: a pilot duty cycle below 10 % means no charging, and 10 % stands for 6 A. */
const CHARGING_AMPS_MIN = 6;

/**
 * Whether the site file makes electrical sense. Above all the fallback contract: whatever every charger may draw
 * once it lost its link fits under the connection together, as nobody can lower it any more.
 */
export function electricalRemarks(site: CheckableSite): Remark[] {
  const chargers = site.chargers;
  if (chargers === undefined) return [];
  const remarks = chargerSense(chargers);
  if (!('electrical' in site)) return remarks;
  if (site.electrical === undefined) {
    remarks.push(
      warning(
        ['chargers'],
        'no electrical section: load management is off, and minA, maxA and limitA limit nothing',
      ),
    );
    return remarks;
  }
  const { fuseA, reserveA } = site.electrical.connection;
  const usableA = fuseA - reserveA;
  if (usableA <= 0) {
    remarks.push(error(['electrical', 'connection', 'reserveA'], `leaves nothing of the ${fuseA} A fuse`));
    return remarks;
  }
  if (chargers.defaults.minA > usableA) {
    remarks.push(
      error(
        ['chargers', 'defaults', 'minA'],
        `is more than the ${usableA} A usable: no charger could ever start`,
      ),
    );
  }
  if (chargers.unknown === 'adopt') {
    remarks.push(
      error(
        ['chargers', 'unknown'],
        'adopt does not go with load management: an unknown charger has no place in the sum',
      ),
    );
  }
  remarks.push(...fallbackContract(chargers, usableA, `${fuseA} A fuse − ${reserveA} A reserve`));
  return remarks;
}

type Chargers = SiteFileData['chargers'];

function chargerSense({ defaults, known }: Chargers): Remark[] {
  const remarks: Remark[] = [];
  if (defaults.minA < CHARGING_AMPS_MIN) {
    remarks.push(
      error(
        ['chargers', 'defaults', 'minA'],
        `must be at least ${CHARGING_AMPS_MIN}: cars do not charge below 6 A (IEC 61851)`,
      ),
    );
  }
  if (defaults.maxA < defaults.minA) {
    remarks.push(error(['chargers', 'defaults', 'maxA'], `is less than minA (${defaults.minA})`));
  }
  remarks.push(
    ...fallbackSense(
      ['chargers', 'defaults', 'onLinkLoss', 'limitA'],
      defaults.onLinkLoss.limitA,
      defaults.maxA,
    ),
  );
  known.forEach((charger, index) => {
    if (charger.maxA !== undefined && charger.maxA < defaults.minA) {
      remarks.push(
        error(['chargers', 'known', index, 'maxA'], `is less than chargers.defaults.minA (${defaults.minA})`),
      );
    }
    if (charger.onLinkLoss?.limitA !== undefined || charger.maxA !== undefined) {
      const path = [
        'chargers',
        'known',
        index,
        charger.onLinkLoss?.limitA === undefined ? 'maxA' : 'onLinkLoss',
      ];
      const limitA = charger.onLinkLoss?.limitA ?? defaults.onLinkLoss.limitA;
      if (charger.onLinkLoss?.limitA !== undefined) path.push('limitA');
      remarks.push(...fallbackSense(path, limitA, charger.maxA ?? defaults.maxA));
    }
  });
  return remarks;
}

function fallbackSense(path: Array<string | number>, limitA: number, maxA: number): Remark[] {
  if (limitA > 0 && limitA < CHARGING_AMPS_MIN) {
    return [error(path, `must be 0 (pause) or at least ${CHARGING_AMPS_MIN}: cars do not charge below 6 A`)];
  }
  if (limitA > maxA)
    return [error(path, `the limit on link loss (${limitA} A) is above the charger's maxA (${maxA} A)`)];
  return [];
}

function fallbackContract({ defaults, known }: Chargers, usableA: number, reckoning: string): Remark[] {
  let sumA = 0;
  let connectorCount = 0;
  for (const charger of known) {
    const connectors = charger.connectors ?? defaults.connectors;
    connectorCount += connectors;
    sumA += connectors * (charger.onLinkLoss?.limitA ?? defaults.onLinkLoss.limitA);
  }
  if (sumA <= usableA) return [];
  return [
    error(
      ['chargers', 'defaults', 'onLinkLoss', 'limitA'],
      `on link loss ${connectorCount} connectors may draw ${sumA} A together, but only ${usableA} A are usable (${reckoning})`,
      'lower limitA; 0 pauses a charger that lost its link',
    ),
  ];
}
