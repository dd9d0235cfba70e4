/** What is sent when nobody shares the connection any more: every limit above the fail-safe falls to it, none rises. */

/** The limit last sent to a connector; `connector` 0 is the fail-safe default of the whole charger. */
export interface SentLimit {
  connector: number;
  limitMilliamps: number;
  transactionId: number | null;
}

export interface FailSafeCut {
  connector: number;
  transactionId: number;
  fromMilliamps: number;
  toMilliamps: number;
}

/**
 * What the connectors of a charger fall back to: the default last sent, which is lower than the configured one where
 * not all fallbacks fit, and never more than the configured one.
 */
export function failSafeMilliamps(configuredMilliamps: number, sent: readonly SentLimit[]): number {
  const installed = sent.find(({ connector }) => connector === 0);
  return Math.min(configuredMilliamps, installed?.limitMilliamps ?? configuredMilliamps);
}

/** Cuts only: a limit at or below the fail-safe stays as it is, until its lease ends in the charger. */
export function failSafeCuts(configuredMilliamps: number, sent: readonly SentLimit[]): FailSafeCut[] {
  const toMilliamps = failSafeMilliamps(configuredMilliamps, sent);
  return sent.flatMap(({ connector, transactionId, limitMilliamps: fromMilliamps }) =>
    transactionId === null || fromMilliamps <= toMilliamps
      ? []
      : [{ connector, transactionId, fromMilliamps, toMilliamps }],
  );
}
