import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { queueKey } from '../tells.ts';
import { chargerOf } from './outbound.ts';

/** What is to be done when the final word for a queue entry comes. Row `awaitedWord/<charger>`, key as in the queue. */
export interface AwaitedWord {
  kind: 'start' | 'stop' | 'boot' | 'event';
  session: string | null;
  contentKey: string | null;
  idTag: string | null;
}

export function putWord(turn: Turn, n: number, word: AwaitedWord): void {
  turn.putRow(`awaitedWord/${chargerOf(turn)}`, queueKey(n), word as unknown as Json);
}

export function wordOf(turn: Turn, n: number): AwaitedWord | undefined {
  return turn.row<Json>(`awaitedWord/${chargerOf(turn)}`, queueKey(n)) as unknown as AwaitedWord | undefined;
}

export function removeWord(turn: Turn, n: number): void {
  turn.removeRow(`awaitedWord/${chargerOf(turn)}`, queueKey(n));
}
