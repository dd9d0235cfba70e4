import type { TransactionFacts } from '../machines/shared/mapping/mapping.ts';
import type { OcppVersion } from '../machines/shared/ocpp-version.ts';

/**
 * The contract between actors and the outside: effects that ports carry out, and events that adapters post.
 * `raw` is always the exact text of the OCPP payload as it stood in the frame, so that it can be passed on byte-exact.
 * With `version` (absent: 1.6) and `action` it is told how to read it. An adapter whose socket speaks the same version
 * sends it as it stands, else translates it; what comes in is told as it came, in the version of its socket.
 */

/** OCPP-J CALLERROR content. */
export interface CallErrorData {
  code: string;
  description: string;
  details: Record<string, unknown>;
}

/** Tags a CALL that an actor caused, and comes back with its outcome. */
export interface Correlated {
  /** Who gets `*.answered` or `*.failed`; an actor address. */
  replyTo: string;
  correlation: string;
}

// ---------------------------------------------------------------- south port: effects (port: 'south')

/** Answers a CALL of the charger. Dies quietly when that socket is gone. Exactly one of raw and error. */
export interface SouthAnswer {
  type: 'answer';
  charger: string;
  socketId: string;
  messageId: string;
  version?: OcppVersion;
  raw?: string;
  error?: CallErrorData;
}

/** Sends a CALL to the charger: `south.answered` or `south.failed` follows, exactly once, unless the process dies. */
export interface SouthCall extends Correlated {
  type: 'call';
  charger: string;
  /** Used as message id if it is free on that socket, else a broker-made id is used. */
  messageId?: string;
  version?: OcppVersion;
  action: string;
  raw: string;
  /** For the translation of a command about a transaction. */
  transaction?: TransactionFacts;
  timeoutMs: number;
}

export interface SouthClose {
  type: 'close';
  charger: string;
  code: number;
  reason: string;
}

export type SouthEffect = SouthAnswer | SouthCall | SouthClose;

// ---------------------------------------------------------------- south port: events, posted to charger/<id>

/** `south.opened`: a charger's socket is authenticated and open. At most one per charger at a time. */
export interface SouthOpened {
  socketId: string;
  subprotocol: 'ocpp1.6' | 'ocpp2.0.1' | 'ocpp2.1';
  remote: string;
}

/** `south.closed`: that socket is gone (or was found silent and terminated). */
export interface SouthClosed {
  socketId: string;
  code: number;
  reason: string;
}

/** `south.called`: a CALL whose action is known and whose payload passed the schema. The envelope's `transient` is the parsed payload. */
export interface SouthCalled {
  socketId: string;
  messageId: string;
  version?: OcppVersion;
  action: string;
  raw: string;
  /** The charger said it wrongly: `raw` is repaired by the quirks named in `by`; `asCame` is what stood in the frame. */
  repaired?: { by: string[]; asCame: string };
}

/** `south.answered` / `north.answered`, posted to `replyTo` with the envelope's `correlation` set. `transient` is the parsed payload. */
export interface CallAnswered {
  /** Of `raw`: that of the CALL as it was given, as `action` is. What the peer answered in another one is translated. */
  version?: OcppVersion;
  action: string;
  raw: string;
  /** Of a translation: why it was answered without asking the peer, or what had no place in the peer's version. */
  note?: string;
}

/** `south.failed` / `north.failed`, posted to `replyTo`. Only kind `error` is an explicit answer of the peer. */
export interface CallFailed {
  action: string;
  kind: 'error' | 'timeout' | 'closed' | 'notConnected' | 'queueFull' | 'invalid';
  error: CallErrorData;
  /** As in {@link CallAnswered}. */
  note?: string;
}

// ---------------------------------------------------------------- north port: effects (port: 'north')

/** Opens the charger's upstream socket: `north.opened` or `north.dialFailed` follows at link/<charger>. No-op while one is open or opening. */
export interface NorthDial {
  type: 'dial';
  charger: string;
  /** Offered first: what the charger speaks. Absent: 1.6. */
  prefer?: OcppVersion;
}

export interface NorthHangUp {
  type: 'hangUp';
  charger: string;
  code: number;
  reason: string;
}

/** Sends a CALL upstream; one is in flight per socket, others wait in a bounded queue. `north.answered` / `north.failed` follows. */
export interface NorthCall extends Correlated {
  type: 'call';
  charger: string;
  messageId?: string;
  /** True: `messageId` must be used as it is (a repeat of the message in doubt). */
  exactId?: boolean;
  /** True: part of a backlog. It leaves when its turn comes among those of all chargers of that CPMS. */
  replay?: boolean;
  version?: OcppVersion;
  action: string;
  raw: string;
  /** For the translation of a message about a transaction. */
  transaction?: TransactionFacts;
  /** Counts from when it could leave. */
  timeoutMs: number;
}

/** Answers a CALL of the CPMS. Exactly one of raw and error. */
export interface NorthAnswer {
  type: 'answer';
  charger: string;
  socketId: string;
  messageId: string;
  version?: OcppVersion;
  raw?: string;
  error?: CallErrorData;
}

export type NorthEffect = NorthDial | NorthHangUp | NorthCall | NorthAnswer;

// ---------------------------------------------------------------- north port: events

/** `north.opened`, posted to link/<charger>. */
export interface NorthOpened {
  socketId: string;
  /** What the CPMS chose; one that chose nothing is spoken to in 1.6. */
  subprotocol: SouthOpened['subprotocol'];
}

/** `north.closed`, posted to link/<charger>. */
export interface NorthClosed {
  socketId: string;
  code: number;
  reason: string;
}

/** `north.dialFailed`, posted to link/<charger>. `cause` is for people: dns, tcp, tls, upgrade, auth, timeout. */
export interface NorthDialFailed {
  cause: string;
  detail: string;
}

/** `north.called`, posted to charger/<id>: a valid CALL of the CPMS. `transient` is the parsed payload. */
export interface NorthCalled {
  socketId: string;
  messageId: string;
  version?: OcppVersion;
  action: string;
  raw: string;
}

// ---------------------------------------------------------------- limits port: effects (port: 'limits')

/**
 * Sets the live limit of a connector as a lease: a TxProfile with two periods, [0: limit][leaseMs: fallback].
 * Answer: `limits.answered` / `limits.failed` at budget/site with the same correlation.
 */
export interface SetLimit {
  type: 'set';
  charger: string;
  connector: number;
  /** The transaction id as the charger knows it: text on a 2.0.1 charger. */
  transactionId: number | string;
  limitMilliamps: number;
  fallbackMilliamps: number;
  leaseMs: number;
  correlation: string;
}

/** Installs the permanent safe default (TxDefaultProfile, connector 0, stack level 0) in the charger. */
export interface InstallFailSafe {
  type: 'installFailSafe';
  charger: string;
  limitMilliamps: number;
  correlation: string;
}

export type LimitsEffect = SetLimit | InstallFailSafe;

/** `limits.answered`, posted to budget/site. `status` is the charger's word: Accepted, Rejected, NotSupported. */
export interface LimitsAnswered {
  charger: string;
  connector: number;
  status: string;
}

/** `limits.failed`, posted to budget/site: not known whether it acts. */
export interface LimitsFailed {
  charger: string;
  connector: number;
  kind: CallFailed['kind'];
  detail: string;
}
