import type { Mode } from '../actors/tells.ts';
import type { ClockTrust } from '../runtime/clock.ts';
import type { Reason } from '../runtime/envelope.ts';

/**
 * What people and scripts see of a running site: read by the HTTP API and by the terminal view, at any moment,
 * without side effects. Times are RFC 3339 UTC with milliseconds; units stand in the names; null means not known,
 * which is never shown as zero. Tags of people (idTag) are in none of it.
 */
export interface SiteView {
  site(): SiteStatus;
  chargers(): ChargerStatus[];
  /** Open sessions first, then the latest ended ones. */
  sessions(): SessionStatus[];
  queues(): QueueStatus[];
  replay(): ReplayStatus;
  /** What is kept for the CPMS of one charger, by number; undefined: there is no such charger. */
  queue(charger: string, page: { after: number; limit: number }): QueueListing | undefined;
  health(): HealthStatus;
  /** Those set aside first; at most 1 000. */
  actors(which: { quarantinedOnly: boolean }): ActorStatus[];
  /** Connections of chargers that were refused since the process began, newest first; the same again is counted. */
  refused(): RefusedStatus[];
  /** The newest decisions, newest first; at most `limit`. */
  decisions(limit: number): DecisionStatus[];
}

export interface RefusedStatus {
  /** What the peer claimed to be, escaped; null: it did not get that far. */
  identity: string | null;
  remote: string;
  cause: string;
  /** The cause in words, with what to do. */
  text: string;
  /** What the library said, where it says more. */
  detail: string | null;
  count: number;
  firstAt: string;
  lastAt: string;
}

export interface SiteStatus {
  id: string;
  timezone: string;
  at: string;
  /** The worst mode of the backend links; null without chargers. */
  backendMode: Mode | null;
  /** Null: load management is off. */
  load: LoadStatus | null;
  /** What the demo does at the moment, in words; null in production. */
  demoPhase: string | null;
  alarms: AlarmStatus[];
}

/** The connection, for the phase that carries most. */
export interface LoadStatus {
  mode: Mode;
  fuseA: number;
  reserveA: number;
  /** Fuse minus reserve, or what else lowers it. */
  limitA: number;
  /** Sum of what the chargers report now; null when none reports. */
  measuredA: number | null;
  /** Sum of the most that all chargers, reachable or not, may draw: what is held against the limit. */
  worstCaseA: number;
}

export interface AlarmStatus {
  code: string;
  text: string;
  since: string;
}

export interface ChargerStatus {
  id: string;
  mode: Mode;
  /** Subprotocol of the open or latest socket; null if it never connected. */
  protocol: string | null;
  lastFrameAt: string | null;
  /** Set aside by supervision: it runs nothing, and counts at its worst case. */
  quarantined: boolean;
  security: SecurityStatus;
  /** What it does while its CPMS is away, and whether it is closed out for that now. */
  outage: { policy: 'hold' | 'mirror-close'; closedOut: boolean };
  /** Commands of the CPMS that wait for the end of a session. */
  deferred: DeferredStatus[];
  /** Settings that the CPMS changed and that are kept here. */
  settings: SettingStatus[];
  /** What is repaired of what it says. */
  quirks: QuirkStatus;
  connectors: ConnectorStatus[];
}

/** Repairs in force for a charger (docs/quirks.md). */
export interface QuirkStatus {
  /** The packs that fit it. */
  packs: string[];
  repairs: string[];
  /** Messages that each repair changed since the process began. */
  repaired: Record<string, number>;
}

export interface DeferredStatus {
  action: string;
  /** Null: the charger as a whole. */
  connector: number | null;
  deferredAt: string;
  expiresAt: string;
  reason: Reason;
}

export interface SettingStatus {
  key: string;
  value: string;
  /** `failed`: the charger does not take it. */
  state: 'wanted' | 'confirmed' | 'failed';
  problem: string | null;
}

/** How a charger proves who it is, and whether others can read what it says. */
export interface SecurityStatus {
  /** OCPP security profile: 0 nothing, 1 password, 2 password over TLS, 3 client certificate. */
  profile: 0 | 1 | 2 | 3;
  /** By a permission of its own, below the profile of the site. */
  weakerThanSite: boolean;
  /** Of the open socket; null without one. */
  encrypted: boolean | null;
}

export interface ConnectorStatus {
  connector: number;
  /** Status as the charger reported it last (OCPP words), or `Unknown`. */
  state: string;
  mode: Mode;
  session: string | null;
  /** Per phase; null: no limit of ours. */
  limitA: number | null;
  /** Why the limit is what it is. */
  limitReason: string | null;
  /** Of the phase that carries most; null: not reported. */
  currentA: number | null;
  powerW: number | null;
  measuredAt: string | null;
}

export interface SessionStatus {
  id: string;
  charger: string;
  connector: number;
  /** Transaction id towards the charger. */
  transactionId: number;
  state: string;
  /** Whose word counts for it. */
  authority: Mode;
  authorisedBy: string;
  startedAt: string;
  stoppedAt: string | null;
  energyWh: number | null;
  stopReason: string | null;
}

/** The backend link of one charger and what waits for it. */
export interface QueueStatus {
  charger: string;
  backend: string;
  mode: Mode;
  queued: number;
  oldestAt: string | null;
  oldestAgeS: number | null;
  /** Set aside, as they alone make the CPMS hang or hang up; what waits for a parked start is counted in. */
  parked: number;
  deadLetters: number;
}

/** The pace at which backlogs go up after an outage, all chargers of the backend together. */
export interface ReplayStatus {
  backend: string;
  perSecond: number;
  burst: number;
  /** Chargers whose next message waits for its turn now. */
  waiting: number;
}

/** One page of what is kept for the CPMS of a charger. */
export interface QueueListing {
  charger: string;
  backend: string;
  mode: Mode;
  items: QueueEntry[];
  /** `after` of the next page; null: this is the last. */
  next: number | null;
}

export interface QueueEntry {
  n: number;
  state: 'queued' | 'inFlight' | 'parked' | 'dead';
  action: string;
  kind: string;
  connector: number | null;
  session: string | null;
  acceptedAt: string;
  ageS: number;
  /** Explicit error answers so far. */
  attempts: number;
  /** Since when it is parked or dead. */
  since: string | null;
  /** Tries since it was parked. */
  parkedTries: number | null;
  /** Earliest next try; null: as soon as its turn comes, with its start, or (dead) never by itself. */
  nextTryAt: string | null;
  /** Number of the parked StartTransaction that it comes back with. */
  behind: number | null;
  error: string | null;
}

/** An actor, and since when, until when and why supervision has set it aside; null: it runs. */
export interface ActorStatus {
  address: string;
  quarantine: QuarantineStatus | null;
}

export interface QuarantineStatus {
  since: string;
  until: string;
  /** What its last turn threw. */
  why: string;
}

export interface HealthStatus {
  /** `failed`: the store takes nothing; `degraded`: an alarm stands. */
  status: 'ok' | 'degraded' | 'failed';
  /** Chargers can be served. */
  ready: boolean;
  version: string;
  uptimeS: number;
  bus: { kind: 'nats' | 'in-process'; status: 'connected' | 'away'; detail: string };
  store: { status: 'ok' | 'failed'; commitsPerHour: number; bytesPerHour: number };
  clock: { trust: ClockTrust };
  actors: { running: number; quarantined: number; parkedEnvelopes: number };
  /** Those that run nothing for now. */
  quarantined: ActorStatus[];
  alarms: AlarmStatus[];
}

export interface DecisionStatus {
  seq: number;
  at: string;
  type: string;
  /** One sentence in words. */
  text: string;
  reason: Reason | null;
  charger: string | null;
  connector: number | null;
  session: string | null;
}
