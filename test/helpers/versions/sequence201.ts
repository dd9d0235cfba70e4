import type { Heard, Sample, SeenCall, TransactionStory } from './transaction-sequence.ts';

interface Event201 {
  eventType: 'Started' | 'Updated' | 'Ended';
  timestamp: string;
  seqNo: number;
  offline?: boolean;
  transactionInfo: { transactionId: string };
  idToken?: { idToken: string };
  meterValue?: Array<{ timestamp: string; sampledValue: Sampled201[] }>;
}

interface Sampled201 {
  value: number;
  context?: string;
  signedMeterValue?: { signedMeterData: string };
}

/** Reads transactions from TransactionEvents, in the order in which they came. */
export function heard201(calls: readonly SeenCall[]): Heard {
  const events = calls.map(({ payload }) => payload as unknown as Event201);
  const ids = [...new Set(events.map(({ transactionInfo }) => transactionInfo.transactionId))];
  const faults: string[] = [];
  const stories = ids.map((id) => {
    const own = events.filter(({ transactionInfo }) => transactionInfo.transactionId === id);
    faults.push(...sequenceFaults(id, own));
    return storyOf(own);
  });
  let running = '';
  for (const { eventType, transactionInfo } of events) {
    if (running !== '' && transactionInfo.transactionId !== running)
      faults.push(`transaction ${transactionInfo.transactionId} before the Ended of ${running}`);
    running = eventType === 'Ended' ? '' : transactionInfo.transactionId;
  }
  return { stories, faults };
}

function sequenceFaults(id: string, events: readonly Event201[]): string[] {
  const faults: string[] = [];
  const numbers = events.map(({ seqNo }) => seqNo);
  if (numbers.some((seqNo, index) => seqNo !== index))
    faults.push(`transaction ${id}: seqNo expected 0 to ${numbers.length - 1}, came ${numbers.join(' ')}`);
  const types = events.map(({ eventType }) => eventType);
  const isLegal = types.every((type, index) => type === expectedType(index, types.length));
  if (!isLegal || types.length < 2)
    faults.push(`transaction ${id}: expected Started, Updated..., Ended, came ${types.join(' ')}`);
  return faults;
}

function expectedType(index: number, count: number): Event201['eventType'] {
  if (index === 0) return 'Started';
  return index === count - 1 ? 'Ended' : 'Updated';
}

function storyOf(events: readonly Event201[]): TransactionStory {
  const started = events.find(({ eventType }) => eventType === 'Started');
  const ended = events.findLast(({ eventType }) => eventType === 'Ended');
  return {
    idTag: started?.idToken?.idToken ?? '',
    startedAt: started?.timestamp ?? '',
    startWh: registerAt(started, 'Transaction.Begin'),
    samples: events.flatMap(samplesOf),
    stoppedAt: ended?.timestamp ?? '',
    stopWh: registerAt(ended, 'Transaction.End'),
    offline: events.map(({ offline = false }) => offline),
  };
}

function registerAt(event: Event201 | undefined, context: string): number {
  const sampled = (event?.meterValue ?? []).flatMap(({ sampledValue }) => sampledValue);
  return sampled.find((one) => one.context === context)?.value ?? -1;
}

function samplesOf({ meterValue = [] }: Event201): Sample[] {
  return meterValue.flatMap(({ timestamp, sampledValue }) =>
    sampledValue
      .filter(({ context = '' }) => !context.startsWith('Transaction.'))
      .map(({ value, signedMeterValue }) => ({
        at: timestamp,
        wh: value,
        ...(signedMeterValue ? { signed: signedMeterValue.signedMeterData } : {}),
      })),
  );
}
