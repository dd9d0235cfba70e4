import type { BackendLinkContext, BackendLinkInput, LinkSettings } from './backend-link.messages.ts';

/** Spread of the jitter around the planned wait: from 20 % less to 20 % more. */
const JITTER_SPREAD = 0.2;

/** Doublings beyond this change nothing: the cap has been reached long before. */
const DOUBLINGS_MAX = 30;

/** A dial that the network never answers for is given up after this long. */
export const DIAL_PATIENCE_MS = 60_000;

/** A socket that was hung up and does not report its end is taken as gone after this long. */
export const HANG_UP_PATIENCE_MS = 10_000;

export function initialContext(input: BackendLinkInput): BackendLinkContext {
  return { ...input, attempts: 0, waitMs: 0, pauseMs: 0, restMs: 0, socketId: null, downSince: null };
}

/** Wait before the next dial: doubled for each failure so far, capped, without jitter. */
export function backoffMs(settings: LinkSettings, failures: number): number {
  return Math.min(settings.backoffMaxMs, settings.backoffMinMs * 2 ** Math.min(failures, DOUBLINGS_MAX));
}

/** @param jitter a number in [0, 1). @returns whole milliseconds within 20 % of `waitMs`. */
export function withJitter(waitMs: number, jitter: number): number {
  return Math.round(waitMs * (1 - JITTER_SPREAD + 2 * JITTER_SPREAD * jitter));
}

/** The next dial waits longer than the one before, so that a failing CPMS is not stormed. */
export function plannedRedial(context: BackendLinkContext, jitter: number) {
  return {
    attempts: context.attempts + 1,
    waitMs: withJitter(backoffMs(context, context.attempts), jitter),
  };
}

/**
 * A message that went unanswered this often is under suspicion: from then on a harmless CALL goes before each of its
 * tries, to tell a CPMS that chokes on it from one that answers nothing (ADR 4).
 */
export const SUSPECT_AFTER = 2;

/** Tries in vain right after the CPMS had answered something else, and the time they take, before it is set aside. */
export const PARK_AFTER_STRIKES = 20;
export const PARK_AFTER_MS = 30 * 60_000;

/** What is set aside is tried again after this long. */
export const PARKED_REST_MS = 60 * 60_000;

/** Between two such tries of one charger: each may cost a connection, and the backlog behind it must get through. */
export const PARKED_TRY_SPACING_MS = 5 * 60_000;

const ATTEMPT_WAIT_MAX_MS = 60_000;

/** Wait after the k-th explicit error answer to one message: doubles with each, capped at 60 s. */
export function attemptWaitMs(settings: LinkSettings, attempts: number): number {
  const doublings = Math.min(attempts - 1, DOUBLINGS_MAX);
  return Math.min(ATTEMPT_WAIT_MAX_MS, settings.attemptIntervalMs * 2 ** doublings);
}

/** A number in [0, 1) that differs from charger to charger and from try to try (FNV-1a), so that a fleet spreads out. */
export function jitterOf(charger: string, attempts: number): number {
  let hash = 0x811c9dc5;
  for (const char of `${charger}/${attempts}`) {
    hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193) >>> 0;
  }
  return hash / 2 ** 32;
}
