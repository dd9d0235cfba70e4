import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { forgetEvents } from './event-state.ts';
import { chargerOf } from './outbound.ts';

/** A transaction of 2.0.1 that no card was shown for yet. Row `pendingEvents/<charger>`, key = its id. */
export interface PendingEvent {
  /** Of the session that it becomes. */
  session: string;
  connector: number;
  /** Reading that it began at; while that was not told, the last one before it, or the first of it. */
  energyWh: number | null;
  /** Its Started was seen. */
  isBegun: boolean;
  at: number;
  /** Not stored yet. */
  isNew?: boolean;
}

/** A charger has one per EVSE; those of a charger that forgets to end them fall out, the oldest first. */
const PENDING_MAX = 64;

export function pendingOf(turn: Turn, id: string): PendingEvent | undefined {
  return turn.row<Json>(table(turn), id) as unknown as PendingEvent | undefined;
}

export function putPending(turn: Turn, id: string, { isNew, ...pending }: PendingEvent): void {
  if (isNew) {
    const rows = turn.rows<Json>(table(turn), { limit: PENDING_MAX });
    if (rows.length >= PENDING_MAX) {
      const [oldest] = rows.sort((a, b) => atOf(a.value) - atOf(b.value));
      if (oldest) {
        turn.removeRow(table(turn), oldest.key);
        forgetEvents(turn, oldest.key);
      }
    }
  }
  turn.putRow(table(turn), id, pending as unknown as Json);
}

export function dropPending(turn: Turn, id: string): void {
  if (pendingOf(turn, id)) turn.removeRow(table(turn), id);
}

function atOf(value: Json): number {
  return (value as unknown as PendingEvent).at;
}

function table(turn: Turn): string {
  return `pendingEvents/${chargerOf(turn)}`;
}
