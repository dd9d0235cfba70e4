import type { LimitsEffect } from '../../actors/ports.ts';
import { siteBudgetKind } from '../../actors/site-budget-actor.ts';
import type { BudgetConfig, Mode } from '../../actors/tells.ts';
import { ActorBench, type BenchTurn } from '../helpers/actor-bench.ts';
import { TwinCharger, type TwinConnector, WorstCaseTwin } from './worst-case-twin.ts';

export type Command =
  | { do: 'advance'; ms: number }
  | { do: 'link'; charger: number; mode: Mode }
  | { do: 'start'; charger: number; connector: number }
  | { do: 'stop'; charger: number; connector: number }
  | { do: 'suspend'; charger: number; connector: number; is: boolean }
  | { do: 'answer'; which: number; status: 'Accepted' | 'failed' }
  | { do: 'cap'; charger: number; connector: number; milliamps: number | null }
  | { do: 'limit'; milliamps: number }
  | { do: 'measure'; charger: number; connector: number; share: number }
  | { do: 'restart' };

export interface Pending {
  charger: string;
  connector: number;
  correlation: string;
  sentAt: number;
}

/** The real budget actor on one side, the twin on the other; commands that make no sense in a state do nothing. */
export class BudgetWorld {
  readonly bench = new ActorBench(siteBudgetKind, 'budget/site');
  readonly twin: WorstCaseTwin;
  pending: Pending[] = [];
  sent: Array<{ limit: number; cap: number; rating: number }> = [];
  /** From a lowered limit on, until what everybody may draw and falls back to fits under it: the window of P3. */
  inWindow = true;
  limit: number;
  readonly caps = new Map<string, number>();
  readonly demands = new Map<string, string>();
  readonly problems: string[] = [];
  readonly config: BudgetConfig;
  #lastTransaction = 0;

  constructor(config: BudgetConfig) {
    this.config = config;
    this.limit = config.limitMilliamps;
    this.twin = new WorstCaseTwin(config.leaseMs);
    for (const { charger, maxMilliamps, connectors } of config.chargers)
      this.twin.chargers.set(charger, new TwinCharger(maxMilliamps, connectors));
    this.#absorb(this.bench.deliver('budget.configured', { ...config } as never), Infinity);
  }

  get now(): number {
    return this.bench.nowMs;
  }

  run(command: Command): void {
    const { do: what } = command;
    if (what === 'advance') this.advance(command.ms);
    else if (what === 'link') this.link(this.#chargerId(command.charger), command.mode);
    else if (what === 'start' || what === 'stop')
      this.transaction(command.charger, command.connector, what === 'start');
    else if (what === 'suspend') this.suspend(command.charger, command.connector, command.is);
    else if (what === 'cap') this.cap(command.charger, command.connector, command.milliamps);
    else if (what === 'measure') this.measure(command.charger, command.connector, command.share);
    else if (what === 'limit') this.changeLimit(command.milliamps);
    else if (what === 'restart') this.restart();
    else if (this.pending.length > 0)
      this.answer(this.pending[command.which % this.pending.length]!, command.status);
  }

  changeLimit(limitMilliamps: number): void {
    if (limitMilliamps < this.limit) this.inWindow = true;
    this.limit = limitMilliamps;
    this.#deliver('budget.limitChanged', { limitMilliamps, source: 'test' });
  }

  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const due = [...this.bench.timers].sort((a, b) => a[1].dueAtMs - b[1].dueAtMs)[0];
      const silent = this.pending.find(
        (one) => one.sentAt + 30_000 <= Math.min(end, due?.[1].dueAtMs ?? end),
      );
      if (silent) {
        this.bench.nowMs = Math.max(this.now, silent.sentAt + 30_000);
        this.answer(silent, 'failed');
      } else if (due && due[1].dueAtMs <= end) {
        this.bench.nowMs = Math.max(this.now, due[1].dueAtMs);
        const before = this.#check('time');
        this.#absorb(this.bench.fire(due[0]), before);
      } else break;
    }
    this.bench.nowMs = end;
    this.#check('time');
  }

  link(id: string, mode: Mode): void {
    const charger = this.twin.chargers.get(id)!;
    if (charger.link !== mode) {
      this.twin.lose(charger, this.now);
      this.pending = this.pending.filter((one) => one.charger !== id);
      charger.link = mode;
      if (mode === 'online' || mode === 'resync')
        for (const connector of charger.connectors) this.twin.transactionSeen(connector, this.now);
    }
    const connectors = charger.connectors.map((_, index) => index + 1);
    this.#deliver('budget.chargerChanged', { charger: id, mode, connectors });
  }

  transaction(chargerIndex: number, connectorIndex: number, runs: boolean): void {
    const { id, charger, number, connector } = this.#pick(chargerIndex, connectorIndex);
    if (runs) this.#lastTransaction += 1;
    connector.transactionId = runs ? this.#lastTransaction : null;
    if (charger.link === 'online' || charger.link === 'resync')
      this.twin.transactionSeen(connector, this.now);
    this.#demand(id, number, connector, runs ? 'charging' : 'idle');
  }

  suspend(chargerIndex: number, connectorIndex: number, is: boolean): void {
    const { id, number, connector } = this.#pick(chargerIndex, connectorIndex);
    if (connector.transactionId !== null) this.#demand(id, number, connector, is ? 'suspended' : 'charging');
  }

  cap(chargerIndex: number, connectorIndex: number, capMilliamps: number | null): void {
    const { id, number } = this.#pick(chargerIndex, connectorIndex);
    if (capMilliamps === null) this.caps.delete(`${id}/${number}`);
    else this.caps.set(`${id}/${number}`, capMilliamps);
    this.#deliver('budget.capChanged', { charger: id, connector: number, capMilliamps });
  }

  /** A car that obeys: it draws at most what may be in force. */
  measure(chargerIndex: number, connectorIndex: number, share: number): void {
    const { id, charger, number, connector } = this.#pick(chargerIndex, connectorIndex);
    if (!charger.alive || connector.transactionId === null) return;
    const acked = connector.sends.findLast((send) => send.ackedAt !== null);
    const most = acked ? acked.limit : 0;
    const milliamps = Math.floor(most * share);
    this.twin.measure(connector, milliamps, this.now);
    const currentMilliamps = [milliamps, 0, milliamps];
    this.#deliver('budget.measured', { charger: id, connector: number, currentMilliamps, at: this.now });
  }

  answer(pending: Pending, status: 'Accepted' | 'failed'): void {
    this.pending = this.pending.filter((one) => one !== pending);
    const { charger: id, connector: number, correlation } = pending;
    const charger = this.twin.chargers.get(id)!;
    const connector = charger.connectors[number - 1];
    if (status === 'Accepted') {
      if (connector) this.twin.ack(charger, connector, correlation, this.now);
      else charger.ackFailSafe(correlation, this.now);
      this.#deliver('limits.answered', { charger: id, connector: number, status }, correlation);
      return;
    }
    const send = connector?.sends.find((one) => one.correlation === correlation);
    if (send) send.lostAt ??= this.now;
    const data = { charger: id, connector: number, kind: 'timeout', detail: '' };
    this.#deliver('limits.failed', data, correlation);
  }

  restart(): void {
    this.bench.restart();
    this.pending = [];
    for (const charger of this.twin.chargers.values()) {
      this.twin.lose(charger, this.now);
      if (charger.link === 'online' || charger.link === 'resync') charger.link = 'unheard';
    }
    if (this.config.limitMilliamps < this.limit) this.inWindow = true;
    this.limit = this.config.limitMilliamps;
    this.#deliver('budget.configured', { ...this.config });
  }

  /** Everybody is there and answers at once, for that long. */
  calm(ms: number): void {
    for (const [id, charger] of this.twin.chargers) if (!charger.alive) this.link(id, 'online');
    for (let passed = 0; passed < ms; passed += 1_000) {
      while (this.pending.length > 0) this.answer(this.pending[0]!, 'Accepted');
      this.advance(1_000);
    }
    while (this.pending.length > 0) this.answer(this.pending[0]!, 'Accepted');
  }

  #chargerId(index: number): string {
    return this.config.chargers[index % this.config.chargers.length]!.charger;
  }

  #pick(chargerIndex: number, connectorIndex: number) {
    const id = this.#chargerId(chargerIndex);
    const charger = this.twin.chargers.get(id)!;
    const number = (connectorIndex % charger.connectors.length) + 1;
    return { id, charger, number, connector: charger.connectors[number - 1]! };
  }

  #demand(charger: string, number: number, { transactionId }: TwinConnector, demand: string): void {
    this.demands.set(`${charger}/${number}`, demand);
    this.#deliver('budget.demandChanged', { charger, connector: number, demand, transactionId });
  }

  #deliver(type: string, data: Record<string, unknown>, correlation?: string): void {
    const before = this.#check(type);
    const more = correlation === undefined ? {} : { correlation };
    this.#absorb(this.bench.deliver(type, data as never, more), before);
  }

  /** The sum as the outside left it; outside the window it must fit. */
  #check(what: string): number {
    const total = this.twin.total(this.now);
    if (this.twin.totalWithFallbacks(this.now) <= this.limit) this.inWindow = false;
    else if (total > this.limit && !this.inWindow)
      this.problems.push(`after ${what}: ${total} mA at worst, limit ${this.limit} mA`);
    return total;
  }

  /** Books what the turn sent, and checks that it added nothing that does not fit. */
  #absorb(turn: BenchTurn, before: number): void {
    for (const { data } of turn.effects) this.#book(data as unknown as LimitsEffect);
    const total = this.twin.total(this.now);
    if (total > Math.max(this.limit, before))
      this.problems.push(`sends raised the worst case from ${before} to ${total} mA, limit ${this.limit} mA`);
  }

  #book(effect: LimitsEffect): void {
    const { charger: id, correlation, limitMilliamps: limit } = effect;
    const charger = this.twin.chargers.get(id)!;
    if (!charger.alive) this.problems.push(`sent to ${id}, which is ${charger.link}`);
    const connector = effect.type === 'set' ? effect.connector : 0;
    this.pending.push({ charger: id, connector, correlation, sentAt: this.now });
    if (effect.type === 'installFailSafe') {
      charger.failSafes.push({ correlation, limit, ackedAt: null });
      return;
    }
    const { fallbackMilliamps: after, transactionId } = effect;
    const send = { correlation, limit, after, transactionId, sentAt: this.now, ackedAt: null, lostAt: null };
    charger.connectors[connector - 1]!.sends.push(send);
    const cap = this.caps.get(`${id}/${connector}`) ?? Infinity;
    this.sent.push({ limit, cap, rating: charger.rating });
  }
}
