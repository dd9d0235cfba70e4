import {
  type ExposureCap,
  type ExposureRules,
  TOKEN_CLASSES,
  type TokenClass,
} from '../../machines/shared/exposure.ts';
import type { CapData, CapRulesData } from './exposure-schema.ts';

/** The caps of a site file; null where it bounds nothing and shuts nobody out. */
export function exposureRulesOf(data: CapRulesData): ExposureRules | null {
  const { longOutage } = data;
  const rules: ExposureRules = {
    caps: byClass((tokenClass) => capOf(data[tokenClass])),
    longOutage: longOutage
      ? {
          afterMs: longOutage.after,
          caps: byClass((tokenClass) => capOf(longOutage[tokenClass], data[tokenClass])),
          rejected: TOKEN_CLASSES.filter((tokenClass) => longOutage[tokenClass].reject),
        }
      : null,
  };
  const caps = [...Object.values(rules.caps), ...Object.values(rules.longOutage?.caps ?? {})];
  const isBounding = caps.some(
    ({ maxEnergyWh, maxDurationMs }) => maxEnergyWh !== null || maxDurationMs !== null,
  );
  return isBounding || (rules.longOutage?.rejected.length ?? 0) > 0 ? rules : null;
}

function capOf(own: CapData, otherwise: CapData = {}): ExposureCap {
  return {
    maxEnergyWh: own.maxEnergyWh ?? otherwise.maxEnergyWh ?? null,
    maxDurationMs: own.maxDuration ?? otherwise.maxDuration ?? null,
  };
}

function byClass<T>(of: (tokenClass: TokenClass) => T): Record<TokenClass, T> {
  return { listed: of('listed'), cached: of('cached'), unknown: of('unknown') };
}
