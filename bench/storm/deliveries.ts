import type { CpmsCall } from '../../simulation/cpms-options.ts';
import { sampleKey } from './storm-fleet.ts';

/** The samples among the CALLs that a CPMS got, each as often as it came. */
export function samplesIn(calls: readonly CpmsCall[]): string[] {
  return calls.flatMap(({ identity, action, payload }) =>
    action === 'MeterValues' ? [sampleKey(identity, readingOf(payload))] : [],
  );
}

/** What was taken and never arrived, and what arrived more than once. */
export function compareSamples(
  taken: readonly string[],
  arrived: readonly string[],
): { lost: number; repeated: number } {
  const seen = new Set(arrived);
  return { lost: taken.filter((key) => !seen.has(key)).length, repeated: arrived.length - seen.size };
}

function readingOf(payload: CpmsCall['payload']): string {
  const [meterValue] = payload.meterValue as Array<{ sampledValue: Array<{ value: string }> }>;
  return meterValue?.sampledValue[0]?.value ?? '';
}
