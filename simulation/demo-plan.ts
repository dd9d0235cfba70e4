import type { OcppVersion } from '../machines/shared/ocpp-version.ts';
import { Prng } from './prng.ts';

/** One charger of the demo site. */
export interface DemoCharger {
  identity: string;
  connectors: number;
  version: OcppVersion;
  /** What its transactions begin with. */
  beginsWith: 'card' | 'cable';
}

/** One car's stay. Times are milliseconds from the start of the run. */
export interface Visit {
  identity: string;
  connector: number;
  arriveAtMs: number;
  leaveAtMs: number;
  idTag: string;
  phases: 1 | 3;
  maxMilliamps: number;
  energyWantedWh: number;
}

export type DemoAct = 'none' | 'cpmsAway' | 'cpmsBack' | 'linkDown' | 'linkUp' | 'busDown' | 'busUp';

/** What happens to the outside, when, and what to call the time from then on. */
export interface ScriptStep {
  atFraction: number;
  phase: string;
  act: DemoAct;
}

/** Both versions are there while the CPMS is away: CP-02 and CP-03 have the certain visits of that time. */
export const DEMO_CHARGERS: readonly DemoCharger[] = [
  { identity: 'CP-01', connectors: 2, version: '1.6', beginsWith: 'card' },
  { identity: 'CP-02', connectors: 1, version: '1.6', beginsWith: 'card' },
  { identity: 'CP-03', connectors: 1, version: '2.0.1', beginsWith: 'card' },
  { identity: 'CP-04', connectors: 2, version: '2.0.1', beginsWith: 'cable' },
  { identity: 'CP-05', connectors: 1, version: '1.6', beginsWith: 'card' },
  { identity: 'CP-06', connectors: 1, version: '1.6', beginsWith: 'card' },
];

/** The charger whose cable is pulled while it charges. */
export const DEMO_LINK_VICTIM = 'CP-05';

export const DEMO_SCRIPT: readonly ScriptStep[] = [
  { atFraction: 0, phase: 'all well', act: 'none' },
  { atFraction: 0.15, phase: 'CPMS away', act: 'cpmsAway' },
  { atFraction: 0.45, phase: 'CPMS back', act: 'cpmsBack' },
  { atFraction: 0.55, phase: `link of ${DEMO_LINK_VICTIM} down`, act: 'linkDown' },
  { atFraction: 0.75, phase: 'link back', act: 'linkUp' },
  { atFraction: 0.78, phase: 'nats-server down', act: 'busDown' },
  { atFraction: 0.85, phase: 'nats-server back', act: 'busUp' },
];

interface Outlet {
  identity: string;
  connector: number;
  idTag: string;
}

const OUTLETS: readonly Outlet[] = DEMO_CHARGERS.flatMap(({ identity, connectors }) =>
  Array.from({ length: connectors }, (_, index) => ({
    identity,
    connector: index + 1,
    // Every outlet has its regular driver, so that no tag ever charges twice at the same time.
    idTag: `DEMO-${identity}-${index + 1}`,
  })),
);

/** All tags that the demo's drivers use. */
export const DEMO_ID_TAGS: readonly string[] = OUTLETS.map((outlet) => outlet.idTag);

/**
 * Visits that happen in every run, as fractions of it: a session that ends, one that begins and one that lies
 * wholly in the outage of the CPMS, and one that charges while the victim's link is down. The ones that begin in
 * the outage have a visit before it, so that their tags are known by then.
 */
const CERTAIN_VISITS: readonly { identity: string; connector: number; from: number; to: number }[] = [
  { identity: 'CP-01', connector: 1, from: 0.02, to: 0.12 },
  { identity: 'CP-01', connector: 1, from: 0.24, to: 0.38 },
  { identity: 'CP-02', connector: 1, from: 0.03, to: 0.28 },
  { identity: 'CP-03', connector: 1, from: 0.02, to: 0.13 },
  { identity: 'CP-03', connector: 1, from: 0.21, to: 0.5 },
  { identity: DEMO_LINK_VICTIM, connector: 1, from: 0.48, to: 0.82 },
];

const LAST_LEAVE_FRACTION = 0.97;
/** Of a run of one minute. */
const STAY_SECONDS = { min: 8, max: 25 };
const GAP_SECONDS = { min: 1, max: 5 };
const BIG_BATTERY_WH = 40_000;

/** All visits of a run, by arrival; the same seed and duration give the same ones. */
export function planVisits(seed: number, durationMs: number): Visit[] {
  const random = new Prng(seed).split('visits');
  return OUTLETS.flatMap((outlet) =>
    planOutlet(outlet, durationMs, random.split(`${outlet.identity}/${outlet.connector}`)),
  ).sort((a, b) => a.arriveAtMs - b.arriveAtMs);
}

function planOutlet(outlet: Outlet, durationMs: number, random: Prng): Visit[] {
  const scale = durationMs / 60_000;
  const draw = (seconds: { min: number; max: number }): number =>
    Math.round(random.integer(seconds.min * 1_000, seconds.max * 1_000) * scale);
  const certain = CERTAIN_VISITS.filter(
    ({ identity, connector }) => identity === outlet.identity && connector === outlet.connector,
  ).map(({ from, to }) => ({
    arriveAtMs: Math.round(from * durationMs),
    leaveAtMs: Math.round(to * durationMs),
  }));
  const visits: Visit[] = [];
  let freeFromMs = 0;
  while (freeFromMs < durationMs * LAST_LEAVE_FRACTION) {
    const arriveAtMs = freeFromMs + draw(GAP_SECONDS);
    const leaveAtMs = arriveAtMs + draw(STAY_SECONDS);
    const next = certain[0];
    const endMs = next ? next.arriveAtMs - GAP_SECONDS.min * 1_000 * scale : durationMs * LAST_LEAVE_FRACTION;
    if (leaveAtMs <= endMs) {
      visits.push(visitAt(outlet, { arriveAtMs, leaveAtMs }, scale, random));
      freeFromMs = leaveAtMs;
    } else if (next) {
      certain.shift();
      visits.push(visitAt(outlet, next, scale, random));
      freeFromMs = next.leaveAtMs;
    } else {
      break;
    }
  }
  return visits;
}

function visitAt(
  outlet: Outlet,
  span: { arriveAtMs: number; leaveAtMs: number },
  scale: number,
  random: Prng,
): Visit {
  const phases = random.chance(0.35) ? 1 : 3;
  return {
    ...outlet,
    ...span,
    phases,
    maxMilliamps: phases === 1 ? random.pick([16_000, 32_000]) : random.pick([11_000, 16_000, 32_000]),
    // One in five is full before it leaves.
    energyWantedWh: random.chance(0.2) ? Math.round(random.integer(8, 25) * scale) : BIG_BATTERY_WH,
  };
}
