import type { AnyMachineSnapshot } from 'xstate';
import { siteBudgetMachine } from '../machines/site-budget/site-budget.machine.ts';
import type {
  InstallFailSafe,
  RecordDecision,
  SendLimit,
  SiteBudgetEvent,
} from '../machines/site-budget/site-budget.messages.ts';
import type { ActorKind, RecordedEffect, Turn } from '../runtime/host/actor-kind.ts';
import type { LimitsAnswered, LimitsEffect, LimitsFailed } from './ports.ts';
import type { LimitRow, Mode, Tells, TransactionRow } from './tells.ts';

/** Envelopes that become an event of the same name with the same fields. */
type PlainTell = 'configured' | 'chargerChanged' | 'demandChanged' | 'capChanged' | 'limitChanged';

/** The mode as it stands in the chart. */
export function modeOf(snapshot: AnyMachineSnapshot): Mode {
  return snapshot.value as Mode;
}

/** The site load budget at `budget/site`; the first `budget.configured` brings it into being. */
export const siteBudgetKind: ActorKind = {
  kind: 'budget',
  machine: siteBudgetMachine,
  snapshotVersion: 1,
  migrations: {},
  mailboxMax: 4096,
  birth: (envelope) => (envelope.type === 'budget.configured' ? {} : undefined),
  // Leases must be renewed and capacity released on time; a check too early does no harm.
  isSafetyTimer: () => true,
  receive(turn) {
    const event = eventFrom(turn);
    if (!event) return;
    turn.step(event);
    const { orders } = turn.snapshot().context as { orders: unknown[] };
    if (event.type === 'budget.measured' && orders.length === 0) {
      turn.relax();
      // Without the reading the worst case is the limit itself, which is never less.
      turn.keepInMemory();
    }
  },
  onEffect,
};

function eventFrom(turn: Turn): SiteBudgetEvent | undefined {
  const { type, data, at, correlation } = turn.envelope;
  switch (type) {
    case 'budget.configured':
    case 'budget.chargerChanged':
    case 'budget.demandChanged':
    case 'budget.capChanged':
    case 'budget.limitChanged':
      return { ...(data as unknown as Tells[`budget.${PlainTell}`]), type, at } as SiteBudgetEvent;
    case 'budget.measured': {
      const { at: measuredAt, ...reading } = data as unknown as Tells['budget.measured'];
      // A charger whose clock runs ahead must not date a reading into the future.
      return { ...reading, type, at, measuredAt: Math.min(measuredAt, at) };
    }
    case 'limits.answered':
      if (correlation === undefined) return undefined;
      return { ...(data as unknown as LimitsAnswered), type, at, correlation };
    case 'limits.failed':
      if (correlation === undefined) return undefined;
      return { ...(data as unknown as LimitsFailed), type, at, correlation };
    default:
      return undefined;
  }
}

function onEffect(turn: Turn, effect: RecordedEffect): void {
  switch (effect.type) {
    case 'sendLimit': {
      const { isCut, ...params } = effect.params as unknown as SendLimit;
      noteLimit(turn, params.charger, params.connector, params);
      perform(turn, { type: 'set', ...params, transactionId: chargersIdOf(turn, params) }, isCut);
      break;
    }
    case 'installFailSafe': {
      const { isCut, ...params } = effect.params as unknown as InstallFailSafe;
      noteLimit(turn, params.charger, 0, { ...params, transactionId: null });
      perform(turn, { type: 'installFailSafe', ...params }, isCut);
      break;
    }
    case 'recordDecision': {
      const { reason, charger, connector, limitMilliamps } = effect.params as unknown as RecordDecision;
      turn.journal({ type: 'budget.limitDecided', reason, charger, connector, data: { limitMilliamps } });
      break;
    }
    case 'announceMode': {
      const { mode, chargers } = effect.params as unknown as { mode: Mode; chargers: string[] };
      turn.journal({ type: 'budget.modeChanged', data: { mode, chargers } });
      break;
    }
  }
}

/** A charger of 2.0.1 calls its transaction by a text; the ledger counts with our number for it. */
function chargersIdOf(
  turn: Turn,
  { charger, transactionId }: Pick<SendLimit, 'charger' | 'transactionId'>,
): number | string {
  const session = turn.row<string>(`transactionIds/${charger}`, String(transactionId));
  if (session === undefined) return transactionId;
  const row = turn.row(`transactions/${charger}`, session) as TransactionRow | undefined;
  return row?.eventId ?? transactionId;
}

/** For whoever asks what holds on a connector, as the CPMS does by GetCompositeSchedule. */
function noteLimit(turn: Turn, charger: string, connector: number, row: LimitRow): void {
  const { limitMilliamps, transactionId } = row;
  turn.putRow(`limits/${charger}`, String(connector), { limitMilliamps, transactionId });
}

function perform(turn: Turn, data: LimitsEffect, isCut: boolean): void {
  const { type } = data;
  const key = type === 'set' ? `${data.charger}/${data.connector}` : data.charger;
  turn.perform({ port: 'limits', type, recovery: 'state', key, cut: isCut, data: { ...data } });
}
