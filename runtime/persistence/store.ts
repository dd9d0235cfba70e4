/** The tables of a data folder. Keys are ASCII text that sorts in the order it is meant to be read. */
export type TableName = 'meta' | 'snapshots' | 'outbox' | 'journal' | 'rows';

/** A value of null removes the key. */
export interface StoreWrite {
  table: TableName;
  key: string;
  value: Uint8Array | null;
}

export interface RangeOptions {
  /** Inclusive lower bound. */
  from?: string;
  /** Exclusive upper bound. */
  to?: string;
  limit?: number;
  reverse?: boolean;
}

/** Durable storage as a port. Values carry no meaning here; `value-codec.ts` adds the checksum. */
export interface Store {
  get(table: TableName, key: string): Uint8Array | undefined;
  range(table: TableName, options?: RangeOptions): Iterable<{ key: string; value: Uint8Array }>;
  /**
   * Applies all writes in ONE transaction. Resolves when they are on disk (the transaction's own promise
   * and the flush taken after it); rejects with a {@link StoreFault} and then none of them is visible.
   * Calls may not overlap: the host keeps one group in flight.
   */
  commit(writes: readonly StoreWrite[]): Promise<void>;
  /** Bytes handed to commit() and number of commits since open. */
  readonly stats: { commits: number; bytes: number };
  close(): Promise<void>;
}

export type StoreFaultCode = 'full' | 'io' | 'closed' | 'inDoubt';

/**
 * The store could not make a group durable. `inDoubt`: the flush failed after the group had become visible, so
 * nothing read from now on can be trusted; the process must start anew.
 */
export class StoreFault extends Error {
  override readonly name = 'StoreFault';
  readonly code: StoreFaultCode;
  constructor(code: StoreFaultCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
