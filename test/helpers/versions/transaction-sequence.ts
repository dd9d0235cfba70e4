import type { OcppVersion } from '../../../machines/shared/ocpp-version.ts';
import { violationIn } from '../strict-schemas.ts';
import { heard16 } from './sequence16.ts';
import { heard201 } from './sequence201.ts';

/** A CALL as a peer got it, and what the peer answered. */
export interface SeenCall {
  action: string;
  payload: Record<string, unknown>;
  answer: Record<string, unknown>;
}

/**
 * A reading between the two ends of a transaction. `signed` is text that must arrive byte for byte; a charger of 1.6
 * says no number beside it, and 2.0.1 must have one there, which is then nobody's word.
 */
export interface Sample {
  at: string;
  wh?: number;
  signed?: string;
}

/** A transaction in terms that both versions have: what a charger did, or what a CPMS heard. */
export interface TransactionStory {
  idTag: string;
  startedAt: string;
  startWh: number;
  samples: Sample[];
  stoppedAt: string;
  stopWh: number;
  /** Start, samples and stop, in that order: happened while the CPMS was away. Only 2.0.1 tells it. */
  offline: boolean[];
}

/** What was heard, and where it breaks the rules of its version. */
export interface Heard {
  stories: TransactionStory[];
  faults: string[];
}

const MESSAGES: Readonly<Record<OcppVersion, readonly string[]>> = {
  '1.6': ['StartTransaction', 'MeterValues', 'StopTransaction'],
  '2.0.1': ['TransactionEvent'],
};

/** Everything that is wrong with what a CPMS heard of these transactions; empty: legal, complete, once and in order. */
export function faultsIn(
  version: OcppVersion,
  seen: readonly SeenCall[],
  told: readonly TransactionStory[],
): string[] {
  const calls = seen.filter(({ action }) => MESSAGES[version].includes(action));
  const illegal = calls.flatMap(
    ({ action, payload }) => violationIn(version, action, 'Request', payload) ?? [],
  );
  const { stories, faults } = version === '1.6' ? heard16(calls) : heard201(calls);
  return [...illegal, ...faults, ...differences(version, stories, told)];
}

function differences(
  version: OcppVersion,
  heard: readonly TransactionStory[],
  told: readonly TransactionStory[],
): string[] {
  const faults =
    heard.length === told.length ? [] : [`${told.length} transactions happened, ${heard.length} were heard`];
  told.forEach((expected, index) => {
    const found = heard[index];
    if (!found) return;
    for (const name of Object.keys(expected) as Array<keyof TransactionStory>) {
      if (name === 'offline' && version === '1.6') continue;
      const want = JSON.stringify(expected[name]);
      const got = JSON.stringify(name === 'samples' ? asTold(found.samples, expected.samples) : found[name]);
      if (want !== got) faults.push(`transaction ${index + 1}, ${name}: expected ${want}, came ${got}`);
    }
  });
  return faults;
}

/** Without the numbers that the charger did not say. */
function asTold(heard: readonly Sample[], told: readonly Sample[]): Sample[] {
  return heard.map((sample, index) => {
    const { at, signed } = sample;
    return signed !== undefined && told[index]?.wh === undefined ? { at, signed } : sample;
  });
}
