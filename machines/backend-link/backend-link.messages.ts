/** How one link to the CPMS behaves; from the site file, anew at each start of the process. */
export interface LinkSettings {
  /** Down for this long: from offline to fallback. */
  fallbackAfterMs: number;
  /** First wait before dialling again; doubles with each failure. */
  backoffMinMs: number;
  backoffMaxMs: number;
  /** No answer to a CALL for this long: the socket is taken as dead. */
  callTimeoutMs: number;
  /** Explicit error answers before a message becomes a dead letter. */
  attemptsMax: number;
  /** First wait after an explicit error answer; doubles with each. */
  attemptIntervalMs: number;
}

export interface BackendLinkContext extends LinkSettings {
  charger: string;
  /** Tries to get a socket since the last connection that lasted. */
  attempts: number;
  /** The wait before the next dial, jitter included. */
  waitMs: number;
  /** How long the queue rests after an explicit refusal. */
  pauseMs: number;
  /** How long the messages that are set aside are left alone. */
  restMs: number;
  /** The socket in use; what comes from any other is out of date. */
  socketId: string | null;
  /** Wall milliseconds at which the link went down; null while it is up, and before the first try. */
  downSince: number | null;
}

export interface BackendLinkInput extends LinkSettings {
  charger: string;
}

/** `at` is wall milliseconds; `jitter` is a number in [0, 1) that the binding derives, as machines know no chance. */
export type BackendLinkEvent =
  | { type: 'link.configured'; at: number; settings: LinkSettings }
  | { type: 'north.opened'; at: number; socketId: string }
  | { type: 'north.closed'; at: number; socketId: string; jitter: number }
  | { type: 'north.dialFailed'; at: number; jitter: number }
  /** A message got no answer in time on an open socket. */
  | { type: 'link.silent'; at: number; jitter: number }
  /** The CPMS refused a message, or is not ready for it: the queue rests for `waitMs`. */
  | { type: 'link.refused'; at: number; waitMs: number }
  /** Nothing is left in the queue. */
  | { type: 'link.drained'; at: number }
  /** Messages are set aside; the next of them may be tried again in `restMs`. */
  | { type: 'link.parked'; at: number; restMs: number }
  /** Nothing is set aside any more. */
  | { type: 'link.noneParked'; at: number };
