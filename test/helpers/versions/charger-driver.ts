import type { OcppVersion } from '../../../machines/shared/ocpp-version.ts';
import { ChargerDriver16 } from './charger-driver16.ts';
import { ChargerDriver201 } from './charger-driver201.ts';
import type { Call } from './peer-words.ts';
import type { TransactionStory } from './transaction-sequence.ts';

/** What a charger does, whatever version it speaks. Verdicts are the words of the answer. */
export interface ChargerDriver {
  /** All transactions so far, the running one last. */
  readonly stories: TransactionStory[];
  /** As this charger calls the running transaction. */
  readonly transactionId: string | number | null;
  /** Whether what happens now happens while the CPMS is away. */
  isOffline: boolean;
  boot(): Promise<unknown>;
  status(isCharging: boolean): Promise<void>;
  authorise(): Promise<unknown>;
  start(wh: number): Promise<unknown>;
  sample(wh: number): Promise<void>;
  sampleSigned(): Promise<void>;
  stop(wh: number): Promise<void>;
}

export function chargerDriver(version: OcppVersion, call: Call): ChargerDriver {
  return version === '1.6' ? new ChargerDriver16(call) : new ChargerDriver201(call);
}
