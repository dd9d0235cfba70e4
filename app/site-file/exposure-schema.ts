import { z } from 'zod';
import { DURATION_MAX_MS } from './duration.ts';
import { durationWithin } from './duration-schema.ts';

/** `offlineAuth.caps` and `offlineAuth.onInvalid`: what drivers get who were let in without the CPMS. */

const MINUTE_MS = 60_000;

/** Chargers tell energy sample by sample: what is less than one sample cannot be kept. */
const energyWh = z.number().int().min(100).max(1_000_000);

const cap = z.strictObject({
  maxEnergyWh: energyWh.optional(),
  maxDuration: durationWithin(
    { minMs: MINUTE_MS, maxMs: 1_440 * MINUTE_MS },
    'from 1m to 24h, such as 90m or 8h',
  ).optional(),
});

const tighterCap = cap.extend({ reject: z.boolean().default(false) });

export const capRules = z.strictObject({
  listed: cap.prefault({}),
  cached: cap.prefault({}),
  unknown: cap.prefault({}),
  longOutage: z
    .strictObject({
      after: durationWithin({ minMs: MINUTE_MS, maxMs: DURATION_MAX_MS }, 'from 1m to 365d, such as 12h'),
      listed: tighterCap.prefault({}),
      cached: tighterCap.prefault({}),
      unknown: tighterCap.prefault({}),
    })
    .optional(),
});

export const invalidRule = z.strictObject({
  policy: z.enum(['stop', 'limit-energy']).default('stop'),
  maxEnergyWh: energyWh.optional(),
});

export type CapRulesData = z.output<typeof capRules>;
export type CapData = z.output<typeof cap>;
