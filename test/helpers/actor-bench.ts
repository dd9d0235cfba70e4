import type { Address } from '../../runtime/address.ts';
import type { Envelope, Json } from '../../runtime/envelope.ts';
import type {
  ActorKind,
  JournalEntry,
  PortEffect,
  TellOptions,
  Turn,
} from '../../runtime/host/actor-kind.ts';
import { MachineRunner, type StepResult } from '../../runtime/host/step.ts';

export interface BenchTell {
  to: Address;
  type: string;
  data: Json;
  options: TellOptions;
}

/** What one turn left behind. */
export interface BenchTurn {
  tells: BenchTell[];
  effects: PortEffect[];
  journal: JournalEntry[];
  relaxed: boolean;
}

/**
 * Runs one actor kind without a host, store or bus: rows in a map, timers listed and fired by hand.
 * For tests of a single machine with its binding.
 */
export class ActorBench {
  readonly rows = new Map<string, Json>();
  readonly timers = new Map<string, { dueAtMs: number; event: { type: string } }>();
  nowMs = Date.UTC(2026, 0, 1);
  #runner: MachineRunner | undefined;
  #count = 0;
  readonly kind: ActorKind;
  readonly self: Address;

  constructor(kind: ActorKind, self: Address, rows?: Map<string, Json>) {
    this.kind = kind;
    this.self = self;
    if (rows) this.rows = rows;
  }

  get value(): unknown {
    return this.#runner?.snapshot().value;
  }

  get context(): Record<string, unknown> {
    return (this.#runner?.snapshot().context ?? {}) as Record<string, unknown>;
  }

  get finished(): boolean {
    return this.#runner?.snapshot().status === 'done';
  }

  deliver(type: string, data: Json = {}, more: Partial<Envelope> = {}): BenchTurn {
    this.#count += 1;
    const envelope: Envelope = {
      id: `e${this.#count}`,
      type,
      at: this.nowMs,
      receivedAt: this.nowMs,
      clockTrust: 'trusted',
      from: 'test/bench',
      to: this.self,
      data,
      ...more,
    };
    return this.#run(envelope);
  }

  /** Fires an armed timer as the host would: the very same event. Throws when it is not armed. */
  fire(timerIdPart: string): BenchTurn {
    const id = [...this.timers.keys()].find((key) => key.includes(timerIdPart));
    if (id === undefined)
      throw new Error(`no timer like ${timerIdPart}; armed: ${[...this.timers.keys()].join(', ')}`);
    const { dueAtMs, event } = this.timers.get(id)!;
    this.timers.delete(id);
    this.nowMs = Math.max(this.nowMs, dueAtMs);
    return this.deliver('runtime.timerFired', { timerId: id }, { transient: event });
  }

  /** Persists and restores the actor, as a restart of the process does. */
  restart(): void {
    const snapshot = JSON.parse(JSON.stringify(this.#runner!.persisted())) as Json;
    this.#runner = new MachineRunner(this.kind.machine, { snapshot });
    this.#runner.start();
  }

  #run(envelope: Envelope): BenchTurn {
    const out: BenchTurn = { tells: [], effects: [], journal: [], relaxed: false };
    const turn = this.#turn(envelope, out);
    if (!this.#runner) {
      const input = this.kind.birth(envelope);
      if (!input)
        throw new Error(`${this.self} does not exist and ${envelope.type} does not bring it into being`);
      this.#runner = new MachineRunner(this.kind.machine, { input });
      this.#absorb(this.#runner.start(), turn);
    }
    // The host adds `at` to a due timer's event, since a machine knows no other time.
    if (envelope.type === 'runtime.timerFired')
      turn.step({ ...(envelope.transient as { type: string }), at: turn.at } as { type: string });
    else this.kind.receive(turn);
    return out;
  }

  #absorb(result: StepResult, turn: Turn): void {
    for (const timer of result.timers) {
      if (timer.kind === 'cancel') this.timers.delete(timer.timerId);
      else this.timers.set(timer.timerId, { dueAtMs: turn.at + timer.delayMs, event: timer.event });
    }
    for (const effect of result.effects) this.kind.onEffect(turn, effect);
  }

  #turn(envelope: Envelope, out: BenchTurn): Turn {
    const runner = () => this.#runner!;
    return {
      self: this.self,
      envelope,
      at: envelope.at,
      snapshot: () => runner().snapshot(),
      step: (event) => {
        const result = runner().step(event);
        this.#absorb(result, this.#turn(envelope, out));
        return result.changed;
      },
      tell: (to, type, data, options = {}) => out.tells.push({ to, type, data, options }),
      perform: (effect) => out.effects.push(effect),
      journal: (entry) => out.journal.push(entry),
      row: <T extends Json>(table: string, key: string) => this.rows.get(`${table}/${key}`) as T | undefined,
      putRow: (table, key, value) =>
        void this.rows.set(`${table}/${key}`, JSON.parse(JSON.stringify(value)) as Json),
      removeRow: (table, key) => void this.rows.delete(`${table}/${key}`),
      rows: <T extends Json>(
        table: string,
        options: { prefix?: string; from?: string; limit?: number; reverse?: boolean } = {},
      ) => {
        const start = `${table}/${options.prefix ?? ''}`;
        const keys = [...this.rows.keys()]
          .filter(
            (key) => key.startsWith(start) && (!options.from || key.slice(table.length + 1) >= options.from),
          )
          .sort();
        if (options.reverse) keys.reverse();
        return keys
          .slice(0, options.limit)
          .map((key) => ({ key: key.slice(table.length + 1), value: this.rows.get(key) as T }));
      },
      newUuid: () => `00000000-0000-4000-8000-${String(++this.#count).padStart(12, '0')}`,
      relax: () => {
        out.relaxed = true;
      },
      keepInMemory: () => {},
    };
  }
}
