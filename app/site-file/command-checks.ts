import { ALWAYS_REFUSED_KEYS } from '../../machines/shared/governance/rules.ts';
import { type CheckableSite, error, warning } from './checks.ts';
import type { CommandRulesData } from './command-schema.ts';
import type { Remark } from './finding.ts';

/** Rules that contradict themselves, or give away what no CPMS gets. */
export function commandRemarks(site: CheckableSite): Remark[] {
  return (site.backends ?? []).flatMap(({ commands }, index) => {
    const path = ['backends', index, 'commands'] as const;
    return [
      ...guardedKeyRemarks([...path, 'guardedKeys'], commands),
      ...limitRemarks([...path, 'rules'], commands),
      ...(commands.urls.allowLocalAddresses
        ? [
            warning(
              [...path, 'urls', 'allowLocalAddresses'],
              'chargers can be sent to their own services and to those of this network segment',
            ),
          ]
        : []),
    ];
  });
}

function guardedKeyRemarks(path: Array<string | number>, { guardedKeys }: CommandRulesData): Remark[] {
  const seen = new Set<string>();
  const secret = new Set(ALWAYS_REFUSED_KEYS.map((key) => key.toLowerCase()));
  return guardedKeys.flatMap(({ key, handling, min, max }, index): Remark[] => {
    const name = key.toLowerCase();
    const remarks: Remark[] = [];
    if (seen.has(name)) remarks.push(error([...path, index, 'key'], `${key} is listed twice`));
    seen.add(name);
    if (secret.has(name) && handling !== 'refuse') {
      remarks.push(
        error(
          [...path, index, 'handling'],
          `must be refuse: ${key} is how the charger logs in here`,
          'change it on both sides by hand',
        ),
      );
    }
    if (handling !== 'keep' && (min !== undefined || max !== undefined)) {
      remarks.push(
        error([...path, index], 'has bounds that nothing uses', 'min and max go with handling: keep'),
      );
    }
    if (isUpsideDown({ min, max })) remarks.push(error([...path, index, 'min'], 'is above max'));
    return remarks;
  });
}

function limitRemarks(path: Array<string | number>, { rules }: CommandRulesData): Remark[] {
  return Object.entries(rules).flatMap(([name, rule]) =>
    Object.entries(rule?.limits ?? {}).flatMap(([argument, bounds]) =>
      isUpsideDown(bounds) ? [error([...path, name, 'limits', argument, 'min'], 'is above max')] : [],
    ),
  );
}

function isUpsideDown({ min, max }: { min?: number | undefined; max?: number | undefined }): boolean {
  return min !== undefined && max !== undefined && min > max;
}
