import {
  type DeadRow,
  type InFlightRow,
  type Mode,
  type ParkedRow,
  type QueueRow,
  queueKey,
} from '../actors/tells.ts';
import type { ActorHost } from '../runtime/host/actor-host.ts';
import type { QueueEntry, QueueListing } from './site-view.ts';

interface Page {
  after: number;
  limit: number;
  mode: Mode;
  nowMs: number;
}

/** A page of everything kept for the CPMS of one charger, by number: each message stands in exactly one of three tables. */
export function queueEntries(
  host: Pick<ActorHost, 'rows'>,
  charger: string,
  page: Page,
): Pick<QueueListing, 'items' | 'next'> {
  // One more than asked for, to know whether there is a next page.
  const scan = { from: queueKey(page.after + 1), limit: page.limit + 1 };
  const read = <Row>(table: string): Row[] =>
    host.rows(`${table}/${charger}`, scan).map(({ value }) => value as Row);
  const [sent] = host.rows(`inFlight/${charger}`).map(({ value }) => value as unknown as InFlightRow);
  const isUp = page.mode === 'online' || page.mode === 'resync';
  const found = [
    ...read<QueueRow>('north').map((row) => queuedEntry(row, isUp && sent?.n === row.n, page.nowMs)),
    ...read<ParkedRow>('parked').map((row) => parkedEntry(row, page.nowMs)),
    ...read<DeadRow>('dead').map((row) => deadEntry(row, page.nowMs)),
  ].sort((a, b) => a.n - b.n);
  const items = found.slice(0, page.limit);
  return { items, next: found.length > items.length ? items.at(-1)!.n : null };
}

function queuedEntry(row: QueueRow, inFlight: boolean, nowMs: number): QueueEntry {
  return {
    ...common(row, nowMs),
    state: inFlight ? 'inFlight' : 'queued',
    parkedTries: row.trial?.tries ?? null,
    nextTryAt: row.notBefore > nowMs ? rfc3339(row.notBefore) : null,
  };
}

function parkedEntry(row: ParkedRow, nowMs: number): QueueEntry {
  const { error, behind, tries, parkedAt, nextTryAt } = row;
  return {
    ...common(row, nowMs),
    state: 'parked',
    since: rfc3339(parkedAt),
    parkedTries: tries,
    nextTryAt: behind === null ? rfc3339(nextTryAt) : null,
    behind,
    error,
  };
}

function deadEntry(row: DeadRow, nowMs: number): QueueEntry {
  return { ...common(row, nowMs), state: 'dead', since: rfc3339(row.diedAt), error: row.error };
}

function common(row: QueueRow, nowMs: number): QueueEntry {
  const { n, action, kind, connector, session, acceptedAt, attempts } = row;
  return {
    n,
    state: 'queued',
    action,
    kind,
    connector,
    session,
    acceptedAt: rfc3339(acceptedAt),
    ageS: Math.max(0, Math.round((nowMs - acceptedAt) / 1_000)),
    attempts,
    since: null,
    parkedTries: null,
    nextTryAt: null,
    behind: null,
    error: null,
  };
}

function rfc3339(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
