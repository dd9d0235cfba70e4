import { at, type Change } from './repair.ts';

const STATUSES_16 = [
  ...['Available', 'Preparing', 'Charging', 'SuspendedEVSE', 'SuspendedEV', 'Finishing', 'Reserved'],
  ...['Unavailable', 'Faulted'],
];
const STATUSES_201 = ['Available', 'Occupied', 'Reserved', 'Unavailable', 'Faulted'];
const REASONS_16 = [
  ...['EmergencyStop', 'EVDisconnected', 'HardReset', 'Local', 'Other', 'PowerLoss', 'Reboot', 'Remote'],
  ...['SoftReset', 'UnlockCommand', 'DeAuthorized'],
];
const REASONS_201 = [
  ...['DeAuthorized', 'EmergencyStop', 'EnergyLimitReached', 'EVDisconnected', 'GroundFault'],
  ...['ImmediateReset', 'Local', 'LocalOutOfCredit', 'MasterPass', 'Other', 'OvercurrentFault', 'PowerLoss'],
  ...['PowerQuality', 'Reboot', 'Remote', 'SOCLimitReached', 'StoppedByEV', 'TimeLimitReached', 'Timeout'],
];

/** Longer than any of these words can be spelled. */
const SPELLING_LENGTH_MAX = 64;

/** "Suspended EV", "suspended-ev" to SuspendedEV. A word that no schema knows stays what it is: its meaning is a guess. */
export const statusIn16 = at(['status'], spelledAs(STATUSES_16));
export const statusIn201 = at(['connectorStatus'], spelledAs(STATUSES_201));
export const stopReasonIn16 = at(['reason'], spelledAs(REASONS_16));
export const stopReasonIn201 = at(['transactionInfo.stoppedReason'], spelledAs(REASONS_201));

/** Case, spaces, hyphens and underscores do not count: no two of the words differ in those alone. */
function spelledAs(words: readonly string[]): Change {
  const byLetters = new Map(words.map((word) => [lettersOf(word), word]));
  return (value) =>
    typeof value === 'string' && value.length <= SPELLING_LENGTH_MAX
      ? (byLetters.get(lettersOf(value)) ?? value)
      : value;
}

function lettersOf(text: string): string {
  return text.replace(/[\s_-]+/g, '').toLowerCase();
}
