import type { OcppVersion } from '../ocpp-version.ts';
import { withoutEmptyLists201 } from './empty-lists.ts';
import { numbersIn16, numbersIn201, sampleValuesIn16, textsIn16, textsIn201 } from './numbers.ts';
import type { Repair } from './repair.ts';
import { statusIn16, statusIn201, stopReasonIn16, stopReasonIn201 } from './spelling.ts';
import { timesIn16, timesIn201 } from './times.ts';
import { withoutMadeUpTransaction, withoutNullTransaction } from './transaction-ids.ts';

/** What a name of docs/quirks.md stands for. */
export interface NamedRepair {
  /**
   * True: it looks at every frame of its actions, as the edge takes in 1.6 what it repairs. False: only at frames that
   * are refused as they stand.
   */
  onSight: boolean;
  /** By version and action. */
  of: Readonly<Record<OcppVersion, Readonly<Record<string, Repair>>>>;
}

/** All repairs, in the order in which they are applied: numbers are numbers before anything asks what they mean. */
export const REPAIRS = {
  'value-as-number': { onSight: false, of: { '1.6': sampleValuesIn16, '2.0.1': {} } },
  'number-as-text': { onSight: false, of: { '1.6': numbersIn16, '2.0.1': numbersIn201 } },
  'text-as-number': { onSight: false, of: { '1.6': textsIn16, '2.0.1': textsIn201 } },
  'status-spelling': {
    onSight: false,
    of: { '1.6': { StatusNotification: statusIn16 }, '2.0.1': { StatusNotification: statusIn201 } },
  },
  'stop-reason-spelling': {
    onSight: false,
    of: { '1.6': { StopTransaction: stopReasonIn16 }, '2.0.1': { TransactionEvent: stopReasonIn201 } },
  },
  'empty-lists': { onSight: false, of: { '1.6': {}, '2.0.1': withoutEmptyLists201 } },
  'null-transaction': {
    onSight: false,
    of: { '1.6': { MeterValues: withoutNullTransaction }, '2.0.1': {} },
  },
  'made-up-transaction': {
    onSight: true,
    of: { '1.6': { MeterValues: withoutMadeUpTransaction }, '2.0.1': {} },
  },
  'zoneless-time': { onSight: true, of: { '1.6': timesIn16, '2.0.1': timesIn201 } },
} as const satisfies Readonly<Record<string, NamedRepair>>;

export type RepairName = keyof typeof REPAIRS;

export const REPAIR_NAMES = Object.keys(REPAIRS) as RepairName[];

/** One repair of one action. */
export interface RepairStep {
  name: RepairName;
  onSight: boolean;
  repair: Repair;
}

/** These repairs by the action that they look at, for sockets of one version. */
export function stepsByAction(
  version: OcppVersion,
  names: ReadonlySet<RepairName>,
): ReadonlyMap<string, readonly RepairStep[]> {
  const steps = new Map<string, RepairStep[]>();
  for (const name of REPAIR_NAMES) {
    if (!names.has(name)) continue;
    const { onSight, of }: NamedRepair = REPAIRS[name];
    for (const [action, repair] of Object.entries(of[version])) {
      const step = { name, onSight, repair };
      steps.set(action, [...(steps.get(action) ?? []), step]);
    }
  }
  return steps;
}
