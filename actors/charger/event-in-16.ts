import type { OcppCall, TransactionFacts } from '../../machines/shared/mapping/mapping.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { QueueRow } from '../tells.ts';
import type { Called, CalledEvent } from './called.ts';
import { enqueue } from './queue.ts';

/** What an event of 2.0.1 says in 1.6, as the flows of 1.6 take it. */

export function factsOf(connector: number, transactionId: number | null, idTag: string): TransactionFacts {
  return { transactionId, connector, idTag, seqNo: 0, offline: false, remoteStartId: null };
}

export function in16(called: Called, { action, payload }: OcppCall, event: CalledEvent): Called {
  return { ...called, action, payload, raw: JSON.stringify(payload), event };
}

/** 1.6 needs more messages for it than 2.0.1. Returns the number of the message. */
export function onlyFor16(
  turn: Turn,
  { action, payload }: OcppCall,
  about: Pick<QueueRow, 'session' | 'connector' | 'transactionId'>,
  kind: QueueRow['kind'] = 'meter',
): number {
  const raw = JSON.stringify(payload);
  return enqueue(turn, { lane: 'history', action, raw, only: '1.6', kind, ...about });
}
