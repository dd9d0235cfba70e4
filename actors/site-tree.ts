import { defaultGovernance, type GovernanceRules } from '../machines/shared/governance/rules.ts';
import { type Address, addressOf } from '../runtime/address.ts';
import type { Incoming, Json } from '../runtime/envelope.ts';
import type { BudgetConfig, ChargerConfig, LinkConfig, OfflineAuth } from './tells.ts';

/** One charger of the site, in the terms of the actors. */
export interface ChargerPlace {
  charger: string;
  connectors: number;
  maxMilliamps: number;
  fallbackMilliamps: number;
  graceMs: number;
  /** CPMS away for this long: its socket is closed and refused until it is back; null: it stays. */
  mirrorCloseAfterMs: number | null;
}

/** What a site gives its actors at each start of the process. */
export interface SitePlan {
  chargers: ChargerPlace[];
  /** Null: load management is off. */
  electrical: { limitMilliamps: number; phases: number; minMilliamps: number } | null;
  offlineAuth: OfflineAuth;
  /** Rules for the commands of the CPMS. */
  governance: GovernanceRules;
  backendId: string;
  timing: SiteTiming;
}

/** Times that a site rarely changes; the demo shortens them. */
export interface SiteTiming {
  answerBudgetMs: number;
  heartbeatIntervalS: number;
  silentAfterMs: number;
  /** CPMS away for this long: local authority. */
  backendFallbackAfterMs: number;
  backoffMinMs: number;
  backoffMaxMs: number;
  callTimeoutMs: number;
  attemptsMax: number;
  attemptIntervalMs: number;
}

export const defaultTiming: SiteTiming = {
  answerBudgetMs: 10_000,
  heartbeatIntervalS: 300,
  silentAfterMs: 30_000,
  backendFallbackAfterMs: 60_000,
  backoffMinMs: 1_000,
  backoffMaxMs: 60_000,
  callTimeoutMs: 30_000,
  attemptsMax: 5,
  attemptIntervalMs: 2_000,
};

const SITE: Address = 'site/tree';
const LEASE_MAX_MS = 120_000;

/**
 * The first envelopes of a process: they bring actors into being, and tell those restored from the store their
 * present configuration and that every socket they knew is gone. The budget comes first: it must count the
 * worst case before any charger is back.
 */
export function configureEnvelopes(plan: SitePlan): Incoming[] {
  const envelopes: Incoming[] = plan.electrical ? [configureBudget(plan)] : [];
  for (const place of plan.chargers) envelopes.push(...configureCharger(plan, place));
  return envelopes;
}

/** A limit holds this long unless it is renewed: never longer than any charger's grace. */
export function leaseMsOf(plan: SitePlan): number {
  return Math.min(...plan.chargers.map((place) => place.graceMs), LEASE_MAX_MS);
}

export function configureBudget(plan: SitePlan): Incoming {
  const { limitMilliamps, phases, minMilliamps } = plan.electrical!;
  const config: BudgetConfig = {
    limitMilliamps,
    phases,
    minMilliamps,
    leaseMs: leaseMsOf(plan),
    chargers: plan.chargers.map(({ charger, connectors, maxMilliamps, fallbackMilliamps }) => ({
      charger,
      connectors,
      maxMilliamps,
      fallbackMilliamps,
    })),
  };
  return { type: 'budget.configured', from: SITE, to: 'budget/site', data: config as unknown as Json };
}

function areDefault(rules: GovernanceRules): boolean {
  return JSON.stringify(rules) === JSON.stringify(defaultGovernance);
}

export function configureCharger(plan: SitePlan, place: ChargerPlace): Incoming[] {
  const { charger } = place;
  const chargerConfig: ChargerConfig = {
    connectors: place.connectors,
    graceMs: place.graceMs,
    backendFallbackAfterMs: plan.timing.backendFallbackAfterMs,
    answerBudgetMs: plan.timing.answerBudgetMs,
    silentAfterMs: plan.timing.silentAfterMs,
    heartbeatIntervalS: plan.timing.heartbeatIntervalS,
    managed: plan.electrical !== null,
    offlineAuth: plan.offlineAuth,
    mirrorCloseAfterMs: place.mirrorCloseAfterMs,
    ...(areDefault(plan.governance) ? {} : { governance: plan.governance }),
  };
  const linkConfig: LinkConfig = {
    backend: plan.backendId,
    fallbackAfterMs: plan.timing.backendFallbackAfterMs,
    backoffMinMs: plan.timing.backoffMinMs,
    backoffMaxMs: plan.timing.backoffMaxMs,
    callTimeoutMs: plan.timing.callTimeoutMs,
    attemptsMax: plan.timing.attemptsMax,
    attemptIntervalMs: plan.timing.attemptIntervalMs,
  };
  const envelopes: Incoming[] = [
    {
      type: 'charger.configured',
      from: SITE,
      to: addressOf('charger', charger),
      charger,
      data: chargerConfig as unknown as Json,
    },
    {
      type: 'link.configured',
      from: SITE,
      to: addressOf('link', charger),
      charger,
      data: linkConfig as unknown as Json,
    },
  ];
  for (let connector = 1; connector <= place.connectors; connector++) {
    envelopes.push({
      type: 'connector.configured',
      from: SITE,
      to: addressOf('connector', charger, connector),
      charger,
      connector,
      data: { charger, connector, graceMs: place.graceMs },
    });
  }
  return envelopes;
}
