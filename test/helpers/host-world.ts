import type { Address } from '../../runtime/address.ts';
import type { PortEffect } from '../../runtime/host/actor-kind.ts';
import type { MemoryImage } from '../../runtime/persistence/memory-store.ts';
import { VirtualClock } from '../../simulation/virtual-clock.ts';
import { HostBench } from './host-bench.ts';
import { HostTwin } from './host-twin.ts';
import { type NodeData, nodeKind } from './node-actors.ts';

export type WorldStep =
  | { do: 'post'; to: Address; type: string; data: Omit<NodeData, 'label'>; urgent?: boolean }
  | { do: 'pass'; ms: number }
  | { do: 'fail'; commits: number }
  | { do: 'stall' | 'resume' | 'busAway' | 'busSilent' | 'busBack' | 'record' }
  | { do: 'kill' | 'powerCut' | 'reboot' | 'stop' };

/** Longer than a quarantine, a passivation and any wait between tries. */
const REST_MS = 700_000;

interface Sent extends PortEffect {
  wasStored: boolean;
}

/** Runs one random program on a host, through crashes, and says what broke a promise. */
export class HostWorld {
  readonly problems: string[] = [];
  readonly #commitMs: readonly number[];
  readonly #sent: Sent[] = [];
  readonly #accepted: string[] = [];
  #bench!: HostBench;
  #boots = 1;
  #crashes = 0;
  #labels = 0;
  #commits = 0;
  #failing = 0;
  #recorded = 0;

  /** `commitMs` is gone round: how long each step of a commit takes. */
  constructor(commitMs: readonly number[]) {
    this.#commitMs = commitMs;
  }

  async run(steps: readonly WorldStep[]): Promise<void> {
    await this.#start(new VirtualClock());
    for (const step of steps) await this.#step(step);
    await this.#rest();
    const twin = new HostTwin(this.#bench.journal());
    this.problems.push(...twin.problems);
    this.#checkState(twin, 'at rest');
    this.#checkPosts(twin);
    this.#checkEffects(twin);
    await this.#restart('kill', false);
    this.#checkState(twin, 'after a restart');
  }

  async #start(clock: VirtualClock, image?: MemoryImage): Promise<void> {
    this.#failing = 0;
    let isStarted = false;
    const delay = () => (isStarted ? this.#commitMs[this.#commits++ % this.#commitMs.length]! : 0);
    this.#bench = await HostBench.started({
      clock,
      kinds: [nodeKind()],
      store: { schedule: (run) => clock.setTimer(delay(), run), ...(image ? { image } : {}) },
      host: { ports: { out: (effect) => this.#note(effect) } },
    });
    isStarted = true;
    const { store } = this.#bench;
    const commit = store.commit.bind(store);
    store.commit = (writes) => {
      if (this.#failing > 0) {
        this.#failing -= 1;
        store.failNext('full');
      }
      return commit(writes);
    };
  }

  async #step(step: WorldStep): Promise<void> {
    const { bus, store, clock, host } = this.#bench;
    switch (step.do) {
      case 'post':
        return this.#post(step);
      case 'pass':
        return clock.advance(step.ms);
      case 'fail':
        this.#failing = step.commits;
        return;
      case 'stall':
        return store.stall();
      case 'resume':
        store.resume();
        // What the step that was due meanwhile leads to happens before the next thing does, a kill say.
        return clock.advance(0);
      case 'busAway':
        return bus.stop();
      case 'busSilent':
        bus.publish = () => {};
        return;
      case 'busBack':
        return this.#busBack();
      case 'record':
        this.#recorded += 1;
        return host.record({ type: 'runtime.noted', data: { no: this.#recorded } });
      case 'stop':
        return this.#stop();
      case 'kill':
        return this.#restart('kill', false);
      case 'powerCut':
        return this.#restart('powerCut', false);
      case 'reboot':
        return this.#restart('powerCut', true);
    }
  }

  #post({ to, type, data, urgent = false }: Extract<WorldStep, { do: 'post' }>): void {
    this.#labels += 1;
    const label = String(this.#labels);
    const incoming = { type: `node.${type}`, from: 'test/world', to, data: { ...data, label } } as const;
    if (this.#bench.host.post(incoming, { urgent }) === 'accepted') this.#accepted.push(label);
  }

  #busBack(): void {
    const { bus } = this.#bench;
    Reflect.deleteProperty(bus, 'publish');
    bus.start();
  }

  #note(effect: PortEffect): void {
    const mark = `"label":"${String(effect.data.label)}"`;
    const wasStored = this.#bench
      .journal()
      .some(({ id, data }) => effect.data.label === `rang ${id}` || JSON.stringify(data).includes(mark));
    this.#sent.push({ ...effect, wasStored });
  }

  async #stop(): Promise<void> {
    const { host, store, clock } = this.#bench;
    store.resume();
    const stopped = host.stop();
    await clock.advance(1_000);
    await stopped;
    await this.#restart('kill', false);
  }

  async #restart(how: 'kill' | 'powerCut', reboot: boolean): Promise<void> {
    this.#crashes += 1;
    const { clock, store } = this.#bench;
    const image = store[how]();
    if (reboot) this.#boots += 1;
    const next = new VirtualClock({ bootId: `boot-${this.#boots}` });
    if (!reboot) await next.advance(clock.monotonicMs());
    next.setWallMs(clock.wallMs());
    await this.#start(next, image);
  }

  async #rest(): Promise<void> {
    this.#failing = 0;
    this.#bench.store.resume();
    this.#busBack();
    await this.#bench.clock.advance(REST_MS);
  }

  #checkState(twin: HostTwin, when: string): void {
    const { host, store } = this.#bench;
    const outbox = [...store.range('outbox')].length;
    if (outbox > 0 || host.counters.outbox !== 0) this.problems.push(`${when}: ${outbox} outbox entries`);
    const failing = host.alarms.standing().filter(({ code }) => /store|quarantine|unreadable/.test(code));
    for (const { code } of failing) this.problems.push(`${when}: the alarm ${code} stands`);
    const addresses = [...twin.nodes.keys()].sort();
    if (String(host.addresses('node').sort()) !== String(addresses))
      this.problems.push(`${when}: ${host.addresses('node')} are in being, not ${addresses}`);
    for (const [address, node] of twin.nodes) {
      const state = host.peek(address);
      if (String(state?.context.seen) !== String(node.seen))
        this.problems.push(`${when}: ${address} saw ${state?.context.seen}, not ${node.seen}`);
      if ((state?.value === 'armed') !== (node.armedAtMs !== undefined))
        this.problems.push(`${when}: ${address} is ${String(state?.value)}`);
      if (when === 'at rest' && node.armedAtMs !== undefined) this.problems.push(`${address} never rang`);
    }
    const rows = new Map(host.rows('seen').map(({ key, value }) => [key, value]));
    if (String([...rows].sort()) !== String([...twin.rows].sort()))
      this.problems.push(`${when}: rows differ`);
  }

  /** In the order in which they were posted, none twice; without a crash none is missing either. */
  #checkPosts(twin: HostTwin): void {
    for (const [address, labels] of twin.posted) {
      for (let i = 1; i < labels.length; i++) {
        if (Number(labels[i]) <= Number(labels[i - 1]))
          this.problems.push(`${address} took ${labels[i]} after ${labels[i - 1]}`);
      }
    }
    if (this.#crashes > 0) return;
    const taken = new Set([...twin.posted.values()].flat());
    for (const label of this.#accepted) if (!taken.has(label)) this.problems.push(`post ${label} was lost`);
    const records = this.#bench.journal().filter(({ type }) => type === 'runtime.noted').length;
    if (records !== this.#recorded) this.problems.push(`${records} of ${this.#recorded} records journalled`);
  }

  #checkEffects(twin: HostTwin): void {
    const keyOf = (label: unknown, seen: unknown) => `${String(label)} seen ${String(seen)}`;
    const times = new Map<string, number>();
    for (const { cut, data, wasStored } of this.#sent) {
      const key = keyOf(data.label, data.seen);
      times.set(key, (times.get(key) ?? 0) + 1);
      if (!wasStored && !cut) this.problems.push(`effect ${key} left before its commit`);
      if (!cut && times.get(key)! > 1) this.problems.push(`effect ${key} left twice`);
    }
    const decided = new Set(twin.effects.map(({ label, seen }) => keyOf(label, seen)));
    for (const { cut, data } of this.#sent) {
      const key = keyOf(data.label, data.seen);
      if (!cut && !decided.has(key))
        this.problems.push(`effect ${key} left but no committed turn decided it`);
    }
    if (this.#crashes > 0) return;
    for (const { label, seen, mayBeOvertaken } of twin.effects) {
      const key = keyOf(label, seen);
      if (!times.has(key) && !mayBeOvertaken) this.problems.push(`effect ${key} never left`);
    }
    this.#checkLastWords(twin);
    this.#checkLate(twin);
  }

  /** The limit that left last is the limit that was decided last. */
  #checkLastWords(twin: HostTwin): void {
    const lastDecided = new Map<string, string>();
    for (const { type, from, label } of twin.effects) if (type === 'limit') lastDecided.set(from, label);
    const lastSent = new Map<string, unknown>();
    for (const { type, data } of this.#sent)
      if (type === 'limit') lastSent.set(String(data.from), data.label);
    for (const [from, label] of lastDecided) {
      if (lastSent.get(from) !== label)
        this.problems.push(`${from} decided limit ${label} last, but ${lastSent.get(from)} left last`);
    }
  }

  #checkLate(twin: HostTwin): void {
    const late = new Set(twin.lateTurns.map((id) => (twin.inputs.get(id)!.data as NodeData).label));
    for (const { cut, wasStored, data } of this.#sent) {
      if (cut && !wasStored && !late.has(String(data.label)))
        this.problems.push(`cut ${data.label} left late and is not journalled as late`);
    }
  }
}
