import { overlaps, type WaitingCommand } from '../../machines/shared/governance/judge.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { DeferredRow } from '../command-rows.ts';
import { chargerOf } from './outbound.ts';

/** Deferred commands kept per charger; one more is refused. */
export const DEFERRED_MAX = 8;

export interface Deferred {
  key: string;
  row: DeferredRow;
}

/** In the order in which they were deferred. */
export function deferredOf(turn: Turn): Deferred[] {
  return turn
    .rows<Json>(deferredTable(turn), { limit: DEFERRED_MAX })
    .map(({ key, value }) => ({ key, row: value as unknown as DeferredRow }));
}

export function putDeferred(turn: Turn, key: string, row: DeferredRow): void {
  turn.putRow(deferredTable(turn), key, row as unknown as Json);
}

export function removeDeferred(turn: Turn, key: string): void {
  turn.removeRow(deferredTable(turn), key);
}

/** Keys sort by time, so that what was deferred first runs first. */
export function deferredKey(turn: Turn): string {
  const [newest] = turn.rows<Json>(deferredTable(turn), { limit: 1, reverse: true });
  return String(Math.max(turn.at, Number(newest?.key ?? 0) + 1)).padStart(15, '0');
}

/** The same command for the same place: only the newer one counts. */
export function isSame(a: WaitingCommand, b: WaitingCommand): boolean {
  return a.name === b.name && (a.connector ?? 0) === (b.connector ?? 0);
}

/** Two commands whose order matters. */
export function isInTheWay(earlier: WaitingCommand, later: WaitingCommand): boolean {
  return earlier.name === later.name && overlaps(earlier.connector, later.connector);
}

function deferredTable(turn: Turn): string {
  return `deferred/${chargerOf(turn)}`;
}
