import type { Message } from './model-words.ts';

/** What a message says, whatever the id of a 1.6 transaction: that is the broker's to map. So is the offline flag. */
export function contentKey({ action, payload }: Message): string[] {
  const { transactionId: _, offline: __, ...rest } = payload;
  return [`${action} ${JSON.stringify(rest)}`];
}

/**
 * What a message says about its transaction in words that both versions have: begun with which card at which
 * reading, a sample of which time and reading, ended at which reading. Empty where the other version has no word for
 * it. A card that comes behind its cable begins at the reading that the cable's event told, hence the memory.
 */
export function gistOf(): (message: Message) => string[] {
  const begins = new Map<string, number>();
  return ({ action, payload }) => {
    const { transactionInfo, idToken, eventType } = payload as {
      transactionInfo?: { transactionId: string };
      idToken?: { idToken: string };
      eventType?: string;
    };
    const samples = readings(payload, 'Sample.Periodic').map(
      ({ timestamp, value }) => `sample ${timestamp} ${value}`,
    );
    if (action === 'StartTransaction') return [`start ${payload.idTag} ${payload.meterStart}`];
    if (action === 'StopTransaction') return [...samples, `stop ${payload.meterStop}`];
    if (transactionInfo === undefined) return samples;
    const [begin] = readings(payload, 'Transaction.Begin');
    const { transactionId } = transactionInfo;
    if (begin) begins.set(transactionId, begin.value);
    const starts =
      idToken && eventType !== 'Ended' ? [`start ${idToken.idToken} ${begins.get(transactionId)}`] : [];
    const [end] = eventType === 'Ended' ? readings(payload, 'Transaction.End') : [];
    return [...starts, ...samples, ...(end ? [`stop ${end.value}`] : [])];
  };
}

interface MeterValue {
  timestamp: string;
  sampledValue: Array<{ measurand?: string; context?: string; value: string | number }>;
}

function readings(
  payload: Record<string, unknown>,
  context: string,
): Array<{ timestamp: string; value: number }> {
  const meterValue = (payload.meterValue ?? payload.transactionData ?? []) as MeterValue[];
  return meterValue.flatMap(({ timestamp, sampledValue }) =>
    sampledValue
      .filter((one) => one.measurand === 'Energy.Active.Import.Register' && one.context === context)
      .map(({ value }) => ({ timestamp, value: Number(value) })),
  );
}
