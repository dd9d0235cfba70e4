import type { AnyMachineSnapshot } from 'xstate';
import type { InstallFailSafe, SetLimit } from '../../actors/ports.ts';
import { modeOf, siteBudgetKind } from '../../actors/site-budget-actor.ts';
import type { BudgetConfig, Mode } from '../../actors/tells.ts';
import type { Ledger } from '../../machines/site-budget/ledger.ts';
import { ActorBench, type BenchTurn } from './actor-bench.ts';

/** Two chargers of one connector each, 32 A cars, 6 A fail-safe, behind 40 A. */
export const twoChargers: BudgetConfig = {
  limitMilliamps: 40_000,
  phases: 3,
  minMilliamps: 6_000,
  leaseMs: 120_000,
  chargers: ['a', 'b'].map((charger) => ({
    charger,
    connectors: 1,
    maxMilliamps: 32_000,
    fallbackMilliamps: 6_000,
  })),
};

export function sendsOf(turn: BenchTurn): SetLimit[] {
  return turn.effects.filter(({ type }) => type === 'set').map(({ data }) => data as unknown as SetLimit);
}

export function installsOf(turn: BenchTurn): InstallFailSafe[] {
  return turn.effects
    .filter(({ type }) => type === 'installFailSafe')
    .map(({ data }) => data as unknown as InstallFailSafe);
}

/** The site budget on a bench, spoken to in short sentences; every turn is kept. */
export class BudgetBench {
  readonly bench = new ActorBench(siteBudgetKind, 'budget/site');
  readonly turns: BenchTurn[] = [];
  readonly config: BudgetConfig;

  constructor(config: BudgetConfig = twoChargers) {
    this.config = config;
    this.configure();
  }

  get mode(): Mode {
    return modeOf({ value: this.bench.value } as AnyMachineSnapshot);
  }

  get ledger(): Ledger {
    return this.bench.context.ledger as Ledger;
  }

  /** All limits sent so far, as `charger:amperes`. */
  get sent(): string[] {
    return this.turns.flatMap(sendsOf).map((send) => `${send.charger}:${send.limitMilliamps / 1000}`);
  }

  configure(config: BudgetConfig = this.config): BenchTurn {
    return this.deliver('budget.configured', { ...config });
  }

  deliver(type: string, data: object, correlation?: string): BenchTurn {
    const turn = this.bench.deliver(type, data as never, correlation === undefined ? {} : { correlation });
    this.turns.push(turn);
    return turn;
  }

  link(charger: string, mode: Mode): BenchTurn {
    return this.deliver('budget.chargerChanged', { charger, mode, connectors: [1] });
  }

  demand(charger: string, demand: string, transactionId: number | null): BenchTurn {
    return this.deliver('budget.demandChanged', { charger, connector: 1, demand, transactionId });
  }

  measured(charger: string, ...currentMilliamps: number[]): BenchTurn {
    const at = this.bench.nowMs;
    return this.deliver('budget.measured', { charger, connector: 1, currentMilliamps, at });
  }

  answer(
    order: { charger: string; connector?: number; correlation: string },
    status = 'Accepted',
  ): BenchTurn {
    const { charger, connector = 0, correlation } = order;
    return this.deliver('limits.answered', { charger, connector, status }, correlation);
  }

  fail(order: { charger: string; connector?: number; correlation: string }): BenchTurn {
    const { charger, connector = 0, correlation } = order;
    return this.deliver('limits.failed', { charger, connector, kind: 'timeout', detail: '' }, correlation);
  }

  /** Answers everything that the turn sent, and what the answers lead to. */
  settle(turn: BenchTurn): void {
    for (const send of [...sendsOf(turn), ...installsOf(turn)]) this.settle(this.answer(send));
  }

  /** Runs the machine's own timer as time passes; answers at once when `answers` is set. */
  pass(ms: number, answers = true): BenchTurn[] {
    const end = this.bench.nowMs + ms;
    const turns: BenchTurn[] = [];
    for (;;) {
      const due = [...this.bench.timers.values()][0]?.dueAtMs ?? Number.POSITIVE_INFINITY;
      if (due > end) break;
      const turn = this.bench.fire('budget.check');
      this.turns.push(turn);
      turns.push(turn);
      if (answers) this.settle(turn);
    }
    this.bench.nowMs = end;
    return turns;
  }

  /** Both chargers online with confirmed fail-safe limits, and settled. */
  static ready(config: BudgetConfig = twoChargers): BudgetBench {
    const budget = new BudgetBench(config);
    for (const { charger } of config.chargers) budget.settle(budget.link(charger, 'online'));
    budget.pass(6_000);
    return budget;
  }
}
