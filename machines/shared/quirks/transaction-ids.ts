import { at, LEFT_OUT, type Repair } from './repair.ts';

/** No id is no transaction. */
export const withoutNullTransaction = at(['transactionId'], (value) => (value === null ? LEFT_OUT : value));

/**
 * Samples outside of transactions, told with an id that chargers put where they have none. 0 may also be a real one, and
 * some tell it in the middle of a transaction: only what belongs to none loses it.
 */
export const withoutMadeUpTransaction: Repair = (payload, facts) => {
  const { transactionId, connectorId } = payload;
  if ((transactionId !== 0 && transactionId !== -1) || typeof connectorId !== 'number') return payload;
  if (facts.isOfTransaction(connectorId, transactionId)) return payload;
  const { transactionId: _, ...rest } = payload;
  return rest;
};
