import type { ExposureRules, TokenClass } from '../machines/shared/exposure.ts';
import type { GovernanceRules } from '../machines/shared/governance/rules.ts';
import type { OcppVersion } from '../machines/shared/ocpp-version.ts';

/**
 * What actors tell each other. Key = envelope type, value = envelope data. Addresses: charger/<id>,
 * connector/<id>/<n>, session/<uuid>, link/<charger id>, budget/site.
 */
export type Mode = 'online' | 'offline' | 'fallback' | 'resync';

/** Times and rules a site gives its actors; posted as `*.configured` at every start of the process. */
export interface ChargerConfig {
  /** Connectors expected; more are learnt from StatusNotification. */
  connectors: number;
  /** Socket lost for this long: from offline to fallback. */
  graceMs: number;
  /** CPMS away for this long: its sessions go to local authority. */
  backendFallbackAfterMs: number;
  /** How long a charger's Authorize, StartTransaction or StopTransaction waits for the CPMS before local policy answers. */
  answerBudgetMs: number;
  /** No frame and no pong for this long: the link is taken as dead (done by the adapter; here for the record). */
  silentAfterMs: number;
  heartbeatIntervalS: number;
  /** True when the site file has an `electrical` section: charging-profile commands are kept and answered here. */
  managed: boolean;
  offlineAuth: OfflineAuth;
  /** CPMS away for this long: the charger is closed out until it is back (`mirror-close`); null: it stays (`hold`). */
  mirrorCloseAfterMs: number | null;
  /** Rules for the commands of its CPMS; absent: the defaults, which need not be stored for each charger. */
  governance?: GovernanceRules;
}

export interface OfflineAuth {
  localList: string[];
  cacheMaxAgeMs: number;
  unknownTags: 'accept' | 'reject';
  /** What is let in here is bounded until the CPMS has spoken; absent: by nothing. */
  caps?: ExposureRules;
  /** A card that the CPMS refuses later may draw that much since its start; absent: it is stopped at once. */
  invalidMaxEnergyWh?: number;
}

export interface LinkConfig {
  backend: string;
  /** Down for this long: from offline to fallback. */
  fallbackAfterMs: number;
  backoffMinMs: number;
  backoffMaxMs: number;
  callTimeoutMs: number;
  /** Explicit error answers before a message becomes a dead letter. */
  attemptsMax: number;
  /** First wait after an explicit error answer; doubles with each, capped at 60 s. */
  attemptIntervalMs: number;
}

export interface SessionInput {
  charger: string;
  connector: number;
  session: string;
  /** Charger-facing transaction id. */
  transactionId: number;
  idTag: string;
  startedAt: number;
  meterStartWh: number;
  /** Nobody told the reading at which it began. */
  isStartUnread?: boolean;
  /** Modes of the backend link and the charger at the start. */
  backend: Mode;
  authorisedBy: 'backend' | 'localList' | 'cache' | 'policy' | 'outage';
  fallbackAfterMs: number;
}

export interface BudgetConfig {
  /** Usable per phase: fuse minus reserve. */
  limitMilliamps: number;
  phases: number;
  minMilliamps: number;
  leaseMs: number;
  /** Chargers that have a known place under the connection. */
  chargers: Array<{ charger: string; connectors: number; maxMilliamps: number; fallbackMilliamps: number }>;
}

export interface Tells {
  'charger.configured': ChargerConfig;
  /** The backend link changed its mode. */
  'charger.backendChanged': { mode: Mode };
  /** The link got a final word for queue entry n: the CPMS's answer, or it became a dead letter. */
  'charger.delivered':
    | { n: number; outcome: 'answered'; raw: string; version?: OcppVersion }
    | { n: number; outcome: 'deadLettered'; error: string };
  /**
   * Somebody wants a delivered transaction sent again, as the CPMS lost it. `messages` as the charger sent them, in
   * order; a long one comes in several tells of one `id`, of which the first begins with the start.
   */
  'charger.resendSession': { id: string; session: string; reason: string; messages: ResentMessage[] };
  /** A session wants its transaction stopped at the charger (late verdict, cap reached). */
  'charger.stopWanted': { session: string; reason: string };
  /** A session reached its end and will send nothing more. */
  'charger.sessionEnded': { session: string; outcome: string };

  /** What deferred commands waited for may have come. */
  'charger.deferredDue': Record<string, never>;

  'connector.configured': { charger: string; connector: number; graceMs: number };
  'connector.linkChanged': { mode: Mode };
  /** One StatusNotification of the charger (names as in OCPP 1.6). */
  'connector.statusReported': { status: string; errorCode: string; info: string; at: number };
  'connector.sessionChanged': { session: string | null };

  'session.opened': SessionInput;
  /** Unsigned sample; delivery `latest`. Values null where the charger did not report them. */
  'session.metered': { at: number; energyWh: number | null; currentMilliamps: number[] | null };
  'session.stopped': { at: number; meterStopWh: number; reason: string };
  /** Verdict of the CPMS on the start; refused, it may yet draw `maxEnergyWh` since its start. */
  'session.startAnswered': { cpmsTransactionId: number; status: string; maxEnergyWh?: number };
  /** Local policy let it in, and bounds it until the CPMS has spoken. `dueAt` in wall milliseconds. */
  'session.capped': { tokenClass: TokenClass; maxEnergyWh: number | null; dueAt: number | null };
  /** Start or Stop will never be delivered (dead letter). */
  'session.deliveryFailed': { what: 'start' | 'stop'; error: string };
  /** The transaction is over at the charger without a Stop: its start was never confirmed, or it was lost. */
  'session.aborted': { reason: string };
  /** The Stop is at the CPMS. */
  'session.stopAnswered': Record<string, never>;
  'session.backendChanged': { mode: Mode };
  'session.chargerChanged': { mode: Mode };

  'link.configured': LinkConfig;
  /** There is at least one new queue entry; delivery `latest`, key `queue`. */
  'link.queueAppended': { n: number };
  /** Somebody wants a dead letter or a parked message sent again now, and says why. */
  'link.resend': { n: number; reason: string };

  'budget.configured': BudgetConfig;
  /** Delivery `ordered`. `connectors` lists every connector number known. */
  'budget.chargerChanged': { charger: string; mode: Mode; connectors: number[] };
  /** What a connector wants. `transactionId` is the charger-facing id once a transaction runs. */
  'budget.demandChanged': {
    charger: string;
    connector: number;
    demand: 'idle' | 'preparing' | 'charging' | 'suspended';
    transactionId: number | null;
  };
  /** Delivery `latest`, key `measured/<charger>/<connector>`; only when it moved by 0.5 A or more. */
  'budget.measured': { charger: string; connector: number; currentMilliamps: number[]; at: number };
  /** The least that the CPMS's charging profiles allow on a connector now; null = no profile. */
  'budget.capChanged': { charger: string; connector: number; capMilliamps: number | null };
  /** The site's static limit changed at run time (seam for grid signals). */
  'budget.limitChanged': { limitMilliamps: number; source: string };

  /** Sent by the host to the sender of a tell whose receiver does not exist. */
  'runtime.undeliverable': { to: string; type: string; reason: string };
}

export type TellType = keyof Tells;

export interface ResentMessage {
  kind: 'start' | 'meter' | 'stop';
  action: string;
  raw: string;
}

// ---------------------------------------------------------------- durable rows (Turn.row tables)

/** Table `north/<charger>`, key = n padded to 12 digits: what is to go upstream, in accepted order. */
export interface QueueRow {
  n: number;
  /** `boot` goes first, then `status` (newest per connector), then `history` by number, when the link resyncs; by number otherwise. */
  lane: 'boot' | 'status' | 'history';
  /** As the charger sent it, in `version` (absent: 1.6). */
  action: string;
  raw: string;
  version?: OcppVersion;
  /** What a CPMS of 1.6 gets instead of a message of 2.0.1 that the sockets cannot translate alone; null: nothing. */
  in16?: MessageIn16 | null;
  /** Only a CPMS of this version gets it. */
  only?: OcppVersion;
  /** Of a transaction: it was accepted while the CPMS was away. */
  offline?: boolean;
  /** Its place in its transaction towards a CPMS of 2.0.1; given when it first leaves. */
  seqNo?: number;
  /** Somebody waits for the answer to an event that is neither start nor stop. */
  isAwaited?: boolean;
  /** Message id upstream; fixed here so that a repeat is byte-identical. */
  callId: string;
  kind: 'start' | 'meter' | 'stop' | 'event' | 'status' | 'boot' | 'notice';
  connector: number | null;
  session: string | null;
  /** Charger-facing transaction id in the 1.6 text, to be rewritten to the CPMS's when it differs. */
  transactionId: number | null;
  acceptedAt: number;
  attempts: number;
  /** Raised with `attempts` when an attempt failed: earliest next try. */
  notBefore: number;
  /** Only while a parked message is tried again. */
  trial?: { parkedAt: number; tries: number };
}

// A type, not an interface: only then it counts as JSON.
export type MessageIn16 = { action: string; raw: string };

/** Table `inFlight/<charger>`, key `call`: a message is under way while `n` names a row that still stands in the queue. */
export interface InFlightRow {
  n: number | null;
  /** In doubt since the last socket was lost: goes out again before anything else. */
  repeat: number | null;
  draining: Draining | null;
  /** A message was put back before the one sent last: the one after that is not the next. */
  putBack?: boolean;
}

/** How far the search for messages that go first has come; only while the link resyncs. */
export interface Draining {
  /** Every row up to this number was looked at. */
  scannedTo: number;
  /** Numbers of the boot and status rows found, in the order in which they leave. At most one per connector and one boot. */
  first: number[];
}

/** Table `dead/<charger>`, same key: a QueueRow that got no acceptance, kept, listed and re-sendable. */
export interface DeadRow extends QueueRow {
  error: string;
  diedAt: number;
}

/** Table `parked/<charger>`, same key: it alone makes the CPMS hang or hang up; kept, listed, tried again each hour. */
export interface ParkedRow extends QueueRow {
  error: string;
  parkedAt: number;
  /** Tries since it was set aside. */
  tries: number;
  /** Earliest next try of its own. */
  nextTryAt: number;
  /** Number of the parked StartTransaction that it waits for, and comes back with; null: it is tried by itself. */
  behind: number | null;
}

/** Table `suspect/<charger>`, key `call`: the message that was sent last without getting any answer. */
export interface SuspectRow {
  n: number;
  /** Sent in vain this often. */
  failures: number;
  /** Sent in vain this often right after the CPMS had answered something else on the same socket. */
  strikes: number;
  firstStrikeAt: number | null;
  /** The harmless CALL that goes first: on which socket it was sent, and whether it was answered. */
  probe: { socketId: string; answered: boolean } | null;
  /** Since when the CPMS has said nothing but "call already in progress" on which socket. */
  busySince: { socketId: string; at: number } | null;
}

/** Table `content`, key = content key and charger: the message is known; `answer` is the raw CALLRESULT payload given. */
export interface ContentRow {
  n: number;
  session: string | null;
  answer: string | null;
  /** Of `answer`; absent: 1.6. */
  version?: OcppVersion;
  at: number;
}

/** Table `transactions/<charger>`, key = session id. */
export interface TransactionRow {
  session: string;
  connector: number;
  idTag: string;
  /** Charger-facing id: the CPMS's where it was known in time and free on this charger, else ours from 2^30 up. */
  transactionId: number;
  /** What a charger of 2.0.1 calls it. */
  eventId?: string;
  cpmsTransactionId: number | null;
  /** The CPMS that knows it spoke this version when it learnt of it (absent: 1.6): one of 2.0.1 gave it no number. */
  toldIn?: OcppVersion;
  /** Number of the remote start of a 2.0.1 CPMS that it answers. */
  remoteStartId?: number;
  /** It needs no card. */
  isFree?: boolean;
  startN: number;
  state: 'open' | 'stopped' | 'settled' | 'aborted';
  startedAt: number;
  meterStartWh: number;
  stoppedAt: number | null;
  meterStopWh: number | null;
  startDead: boolean;
  /** When its Start and its Stop were accepted here (the times above are the charger's); absent in older rows. */
  acceptedAt?: number;
  endedAt?: number;
  /** When it was sent again: by which command, and the number of the last message; its new Start is `startN`. */
  resent?: { id: string; to: number };
}

/** Table `transactionIds/<charger>`, key = charger-facing id, of 2.0.1 behind `201:`: session id. */
export type TransactionIdRow = string;

/** Table `limits/<charger>`, key = connector (0: the fail-safe default of all): what the budget last sent there. */
export interface LimitRow {
  limitMilliamps: number;
  /** Null for the fail-safe default. */
  transactionId: number | null;
}

/** Table `authCache`, key = SHA-256 of the idTag in hex. */
export interface AuthCacheRow {
  status: string;
  expiresAt: number | null;
  seenAt: number;
}

export function queueKey(n: number): string {
  return String(n).padStart(12, '0');
}
