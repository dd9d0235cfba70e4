import type { TransactionStory } from './transaction-sequence.ts';

export type Payload = Record<string, unknown>;
export type Call = (action: string, payload: Payload) => Promise<Payload>;

export const ID_TAG = 'TAG1';
/** As a meter signs it: quotes, an escape, and a number that no parser may touch. */
export const SIGNED = 'OCMF|{"FV":"1.0","RD":[{"RV":1200.50,"RU":"Wh"}]}|{"SD":"3046AB\\u00e4"}';

export const now = (): string => new Date().toISOString();

export function begunStory(wh: number, isOffline: boolean): TransactionStory {
  const ends = { startedAt: now(), startWh: wh, stoppedAt: '', stopWh: -1 };
  return { idTag: ID_TAG, ...ends, samples: [], offline: [isOffline] };
}
