import { InProcessBus } from '../../runtime/bus/in-process-bus.ts';
import { ActorHost } from '../../runtime/host/actor-host.ts';
import type { ActorKind, PortEffect } from '../../runtime/host/actor-kind.ts';
import type { HostOptions } from '../../runtime/host/host-options.ts';
import { limits } from '../../runtime/limits.ts';
import { silentLog } from '../../runtime/log.ts';
import { verifyChain } from '../../runtime/persistence/journal-chain.ts';
import {
  type MemoryImage,
  type MemoryStore,
  type MemoryStoreOptions,
  openMemoryStore,
} from '../../runtime/persistence/memory-store.ts';
import { decodeRaw } from '../../runtime/persistence/value-codec.ts';
import { VirtualClock } from '../../simulation/virtual-clock.ts';
import { lampKind } from './toy-actors.ts';

interface HostBenchOptions {
  clock?: VirtualClock;
  store?: MemoryStoreOptions;
  kinds?: ActorKind[];
  host?: Partial<HostOptions>;
}

/** A host on the in-memory store, in-process bus and virtual clock, with everything that left it listed. */
export class HostBench {
  readonly clock: VirtualClock;
  readonly store: MemoryStore;
  readonly bus: InProcessBus;
  readonly host: ActorHost;
  readonly sent: PortEffect[] = [];
  readonly parked: string[] = [];
  readonly quarantined: string[] = [];
  #uuid = 0;

  constructor(options: HostBenchOptions = {}) {
    this.clock = options.clock ?? new VirtualClock();
    this.store = openMemoryStore({ schedule: (run) => this.clock.defer(run), ...options.store });
    this.bus = new InProcessBus({ clock: this.clock, log: silentLog });
    this.host = new ActorHost({
      store: this.store,
      bus: this.bus,
      clock: this.clock,
      random: { next: () => 0.5, uuid: () => `uuid-${++this.#uuid}` },
      log: silentLog,
      kinds: options.kinds ?? [lampKind],
      ports: { out: (effect) => this.sent.push(effect) },
      rules: 'rules-1',
      onParked: (item) => this.parked.push(item.envelope.id),
      onQuarantine: (address) => this.quarantined.push(address),
      ...options.host,
    });
  }

  static async started(options: HostBenchOptions = {}): Promise<HostBench> {
    const bench = new HostBench(options);
    const started = bench.host.start();
    await bench.clock.advance(1);
    await started;
    return bench;
  }

  /** Posts to lamp/<name> and lets `ms` pass. */
  async tell(name: string, type: string, data = {}, ms = 20): Promise<void> {
    this.host.post({ type: `lamp.${type}`, from: 'test/bench', to: `lamp/${name}`, data });
    await this.clock.advance(ms);
  }

  state(name: string): { value: unknown; count: unknown } | undefined {
    const state = this.host.peek(`lamp/${name}`);
    return state && { value: state.value, count: state.context.count };
  }

  sentTypes(): string[] {
    return this.sent.map((effect) => effect.type);
  }

  /** Makes a lamp throw until it is set aside. */
  async breakDown(name: string): Promise<void> {
    for (let i = 0; i <= limits.restartsMax; i++) await this.tell(name, 'break');
  }

  alarmCodes(): string[] {
    return this.host.alarms.standing().map(({ code }) => code);
  }

  /** The journal as stored; fails the test when its chain is broken. */
  journal(): Array<Record<string, unknown>> {
    const texts = [...this.store.range('journal')].map(({ key, value }) => ({
      key,
      text: decodeRaw('journal', key, value),
    }));
    const verdict = verifyChain(texts);
    if (!verdict.ok) throw new Error(`journal chain broken at ${verdict.atKey}: ${verdict.problem}`);
    return texts.map(({ text }) => JSON.parse(text) as Record<string, unknown>);
  }

  /** Kills this process (or cuts the power) and starts another one on what is left. */
  async restarted(how: 'kill' | 'powerCut' = 'kill', reboot = false): Promise<HostBench> {
    const image: MemoryImage = how === 'kill' ? this.store.kill() : this.store.powerCut();
    const clock = new VirtualClock({
      wallMs: this.clock.wallMs(),
      bootId: reboot ? 'boot-2' : this.clock.bootId,
    });
    if (!reboot) await clock.advance(this.clock.monotonicMs());
    clock.setWallMs(this.clock.wallMs());
    return HostBench.started({ clock, store: { image } });
  }
}
