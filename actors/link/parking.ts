import { PARKED_REST_MS, PARKED_TRY_SPACING_MS } from '../../machines/backend-link/backend-link.rules.ts';
import type { Reason } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { type ParkedRow, type QueueRow, queueKey } from '../tells.ts';
import type { LinkQueue } from './queue.ts';

export function parkedRow(turn: Turn, charger: string, n: number): ParkedRow | undefined {
  return turn.row(tableOf(charger), queueKey(n)) as ParkedRow | undefined;
}

/**
 * Sets a message aside: kept, listed, tried again each hour. A start takes all later messages of its transaction
 * along, in order, as they need the id that the CPMS is to give it.
 */
export function park(
  turn: Turn,
  charger: string,
  queue: LinkQueue,
  row: QueueRow,
  error: string,
  reason: Reason,
): void {
  const followers = queue.followersOf(row);
  setAside(turn, charger, queue, row, error, null);
  for (const follower of followers) setAside(turn, charger, queue, follower, behindText(row.n), row.n);
  journalParked(
    turn,
    charger,
    row,
    followers.map(({ n }) => n),
    reason,
  );
}

/** Has a message wait for the StartTransaction of its transaction, which is set aside itself or on trial. */
export function parkBehind(
  turn: Turn,
  charger: string,
  queue: LinkQueue,
  row: QueueRow,
  startN: number,
): void {
  setAside(turn, charger, queue, row, behindText(startN), startN);
  journalParked(turn, charger, row, [], { code: 'link.startParked', params: { startN } });
}

/**
 * Puts the next parked message that is tried by itself back into the queue, for one more try.
 * @param until only one that may be tried by then (wall milliseconds); null: any.
 */
export function tryNext(turn: Turn, charger: string, queue: LinkQueue, until: number | null): boolean {
  const [next] = heads(turn, charger)
    .filter(({ nextTryAt }) => until === null || nextTryAt <= until)
    .sort((a, b) => a.nextTryAt - b.nextTryAt || a.n - b.n);
  if (!next) return false;
  tryAgain(turn, charger, queue, next);
  turn.journal({
    type: 'link.parkedTried',
    data: { n: next.n, action: next.action, callId: next.callId, tries: next.tries + 1 },
    reason: { code: 'link.parkedDue' },
    charger,
  });
  return true;
}

/** Back into the queue with a mark: one more failure, and it is set aside again. */
export function tryAgain(turn: Turn, charger: string, queue: LinkQueue, parked: ParkedRow): void {
  const { error: _error, parkedAt, tries, nextTryAt: _nextTryAt, behind: _behind, ...row } = parked;
  turn.removeRow(tableOf(charger), queueKey(row.n));
  queue.put({ ...row, attempts: 0, notBefore: 0, trial: { parkedAt, tries: tries + 1 } });
}

/** Takes what waits for a start out of the parking place, in order. */
export function takeWaiting(turn: Turn, charger: string, startN: number): QueueRow[] {
  return all(turn, charger)
    .filter(({ behind }) => behind === startN)
    .map(
      ({ error: _error, parkedAt: _parkedAt, tries: _tries, nextTryAt: _next, behind: _behind, ...row }) => {
        turn.removeRow(tableOf(charger), queueKey(row.n));
        return row;
      },
    );
}

/** A parked message got through: what waited for it goes back to its old place, as one unit. */
export function unpark(turn: Turn, charger: string, queue: LinkQueue, row: QueueRow): void {
  const followers = row.kind === 'start' ? takeWaiting(turn, charger, row.n) : [];
  for (const follower of followers) queue.put(follower);
  turn.journal({
    type: 'link.unparked',
    data: { n: row.n, action: row.action, followers: followers.map(({ n }) => n) },
    reason: { code: 'link.parkedAccepted', params: { tries: row.trial?.tries ?? 0 } },
    charger,
    ...(row.session === null ? {} : { session: row.session }),
  });
}

/** How long everything that is set aside is left alone; null: nothing is. */
export function parkedRestMs(turn: Turn, charger: string): number | null {
  const times = heads(turn, charger).map(({ nextTryAt }) => nextTryAt);
  return times.length === 0 ? null : Math.max(PARKED_TRY_SPACING_MS, Math.min(...times) - turn.at);
}

function setAside(
  turn: Turn,
  charger: string,
  queue: LinkQueue,
  { trial, ...row }: QueueRow,
  error: string,
  behind: number | null,
): void {
  queue.remove(row.n);
  const parked: ParkedRow = {
    ...row,
    error,
    parkedAt: trial?.parkedAt ?? turn.at,
    tries: trial?.tries ?? 0,
    nextTryAt: turn.at + PARKED_REST_MS,
    behind,
  };
  turn.putRow(tableOf(charger), queueKey(row.n), { ...parked });
}

function journalParked(
  turn: Turn,
  charger: string,
  { n, action, callId, session, trial }: QueueRow,
  followers: number[],
  reason: Reason,
): void {
  turn.journal({
    type: 'link.parked',
    data: { n, action, callId, followers, tries: trial?.tries ?? 0 },
    reason,
    charger,
    ...(session === null ? {} : { session }),
  });
}

function behindText(startN: number): string {
  return `waits for its StartTransaction ${startN}, which is parked`;
}

function heads(turn: Turn, charger: string): ParkedRow[] {
  return all(turn, charger).filter(({ behind }) => behind === null);
}

function all(turn: Turn, charger: string): ParkedRow[] {
  return turn.rows(tableOf(charger)).map(({ value }) => value as unknown as ParkedRow);
}

function tableOf(charger: string): string {
  return `parked/${charger}`;
}
