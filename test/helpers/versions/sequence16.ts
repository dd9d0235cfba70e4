import type { Heard, Sample, SeenCall, TransactionStory } from './transaction-sequence.ts';

interface Open {
  id: number;
  hasStopped: boolean;
  story: TransactionStory;
}

interface MeterValue16 {
  timestamp: string;
  sampledValue: Array<{ value: string; format?: string; context?: string }>;
}

/** Reads transactions from StartTransaction, MeterValues and StopTransaction, in the order in which they came. */
export function heard16(calls: readonly SeenCall[]): Heard {
  const open: Open[] = [];
  const faults: string[] = [];
  for (const call of calls) {
    if (call.action === 'StartTransaction') {
      start(open, faults, call);
      continue;
    }
    const { transactionId } = call.payload;
    if (call.action === 'MeterValues' && transactionId === undefined) continue;
    const found = open.find(({ id }) => id === transactionId);
    if (!found) faults.push(`${call.action} of transaction ${transactionId} without its StartTransaction`);
    else if (found.hasStopped)
      faults.push(`${call.action} of transaction ${found.id} behind its StopTransaction`);
    else if (call.action === 'MeterValues') found.story.samples.push(...samplesOf(call.payload.meterValue));
    else stop(found, faults, call);
  }
  for (const { id, hasStopped } of open)
    if (!hasStopped) faults.push(`transaction ${id} has no StopTransaction`);
  return { stories: open.map(({ story }) => story), faults };
}

function start(open: Open[], faults: string[], { payload, answer }: SeenCall): void {
  const { idTag, timestamp, meterStart } = payload as {
    idTag: string;
    timestamp: string;
    meterStart: number;
  };
  const id = answer.transactionId as number;
  const isTwice = open.some(({ story }) => story.startedAt === timestamp && story.startWh === meterStart);
  if (isTwice) faults.push(`the StartTransaction of ${timestamp} came twice`);
  const running = open.find(({ hasStopped }) => !hasStopped);
  if (running) faults.push(`StartTransaction ${id} before the StopTransaction of ${running.id}`);
  const story = { idTag, startedAt: timestamp, startWh: meterStart, samples: [], stoppedAt: '', stopWh: -1 };
  open.push({ id, hasStopped: false, story: { ...story, offline: [] } });
}

function stop(found: Open, faults: string[], { payload }: SeenCall): void {
  const { idTag, timestamp, meterStop } = payload as { idTag?: string; timestamp: string; meterStop: number };
  found.hasStopped = true;
  found.story.samples.push(...samplesOf(payload.transactionData ?? []));
  found.story.stoppedAt = timestamp;
  found.story.stopWh = meterStop;
  if (idTag !== undefined && idTag !== found.story.idTag)
    faults.push(`StopTransaction of ${found.id}: idTag expected ${found.story.idTag}, came ${idTag}`);
}

/** One sample per moment; readings at the ends of a transaction are told by meterStart and meterStop. */
function samplesOf(meterValue: unknown): Sample[] {
  return (meterValue as MeterValue16[]).flatMap(({ timestamp, sampledValue }) => {
    const between = sampledValue.filter(({ context = '' }) => !context.startsWith('Transaction.'));
    const plain = between.find(({ format }) => format !== 'SignedData');
    const signed = between.find(({ format }) => format === 'SignedData');
    if (between.length === 0) return [];
    return {
      at: timestamp,
      ...(plain ? { wh: Number(plain.value) } : {}),
      ...(signed ? { signed: signedText(signed.value) } : {}),
    };
  });
}

/** The text itself, or the JSON object of the fields that 2.0.1 signs in. */
function signedText(value: string): string {
  if (!value.startsWith('{')) return value;
  return (JSON.parse(value) as { signedMeterData: string }).signedMeterData;
}
