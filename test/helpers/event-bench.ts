import { ChargerBench } from './charger-bench.ts';

export const card = { idToken: 'CARD-1', type: 'Central' };

let second = 0;

/** The next second of the charger's clock. */
export function nextTime(): string {
  second += 1;
  return new Date(Date.UTC(2026, 0, 1, 3) + second * 1_000).toISOString();
}

/** A meter value that tells the energy register. */
export function registerReading(wattHours: number, context: string, timestamp = nextTime()) {
  return {
    timestamp,
    sampledValue: [{ value: wattHours, context, measurand: 'Energy.Active.Import.Register' }],
  };
}

/** A TransactionEvent of connector 1, by default of the transaction `tx-1`. */
export function event(
  eventType: 'Started' | 'Updated' | 'Ended',
  seqNo: number,
  more: Record<string, unknown> = {},
  transactionInfo: Record<string, unknown> = {},
) {
  return {
    eventType,
    timestamp: nextTime(),
    triggerReason: 'Authorized',
    seqNo,
    transactionInfo: { transactionId: 'tx-1', ...transactionInfo },
    evse: { id: 1, connectorId: 1 },
    ...more,
  };
}

/** The bench of a 2.0.1 charger that has booted. */
export function served201(mode: 'online' | 'offline', patch: Record<string, unknown> = {}): ChargerBench {
  const bench = new ChargerBench(patch);
  bench.serve201(mode);
  return bench;
}

/** The same, with `tx-1` begun by a card that a CPMS of 2.0.1 has accepted. */
export function charging201(): ChargerBench {
  const bench = served201('online');
  bench.call201('TransactionEvent', event('Started', 0, { idToken: card }));
  const start = bench.queue.find(({ kind }) => kind === 'start')!;
  bench.delivered(start.n, { idTokenInfo: { status: 'Accepted' } }, '2.0.1');
  return bench;
}
