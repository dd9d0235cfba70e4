import { TOKEN_CLASSES } from '../../machines/shared/exposure.ts';
import { type CheckableSite, error } from './checks.ts';
import type { CapRulesData } from './exposure-schema.ts';
import type { Remark } from './finding.ts';

/** Caps that loosen where they should tighten, and keys that nothing would use. */
export function exposureRemarks({ offlineAuth }: CheckableSite): Remark[] {
  if (!offlineAuth) return [];
  return [...longOutageRemarks(offlineAuth.caps), ...invalidRemarks(offlineAuth.onInvalid)];
}

function longOutageRemarks(caps: CapRulesData): Remark[] {
  const { longOutage } = caps;
  if (!longOutage) return [];
  const path = ['offlineAuth', 'caps', 'longOutage'];
  const remarks = TOKEN_CLASSES.flatMap((tokenClass): Remark[] => {
    const { reject, ...tighter } = longOutage[tokenClass];
    const keys = ['maxEnergyWh', 'maxDuration'] as const;
    const given = keys.filter((key) => tighter[key] !== undefined);
    if (reject && given.length > 0)
      return [
        error([...path, tokenClass, given[0]!], 'bounds cards that are rejected', 'leave one of them out'),
      ];
    return given
      .filter((key) => tighter[key]! > (caps[tokenClass][key] ?? Number.POSITIVE_INFINITY))
      .map((key) =>
        error(
          [...path, tokenClass, key],
          `is more than offlineAuth.caps.${tokenClass}.${key}`,
          'a long outage can only tighten',
        ),
      );
  });
  const isEmpty = TOKEN_CLASSES.every((tokenClass) => {
    const { reject, maxEnergyWh, maxDuration } = longOutage[tokenClass];
    return !reject && maxEnergyWh === undefined && maxDuration === undefined;
  });
  return isEmpty
    ? [error(path, 'tightens nothing', 'name a class, such as unknown: { reject: true }')]
    : remarks;
}

function invalidRemarks({
  policy,
  maxEnergyWh,
}: NonNullable<CheckableSite['offlineAuth']>['onInvalid']): Remark[] {
  const path = ['offlineAuth', 'onInvalid'];
  if (policy === 'limit-energy' && maxEnergyWh === undefined)
    return [error([...path, 'policy'], 'limit-energy needs an amount', 'for example maxEnergyWh: 5000')];
  if (policy === 'stop' && maxEnergyWh !== undefined)
    return [error([...path, 'maxEnergyWh'], 'is used by nothing', 'it goes with policy: limit-energy')];
  return [];
}
