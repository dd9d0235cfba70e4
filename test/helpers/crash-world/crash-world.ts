import { defaultTiming, type SitePlan } from '../../../actors/site-tree.ts';
import { type Core, createCore } from '../../../app/core.ts';
import { defaultGovernance, type GovernanceRules } from '../../../machines/shared/governance/rules.ts';
import type { OcppVersion } from '../../../machines/shared/ocpp-version.ts';
import { silentLog } from '../../../runtime/log.ts';
import {
  type MemoryImage,
  type MemoryStore,
  openMemoryStore,
} from '../../../runtime/persistence/memory-store.ts';
import type { Store } from '../../../runtime/persistence/store.ts';
import { createMemoryLink } from '../../../simulation/memory-link.ts';
import { VirtualClock } from '../../../simulation/virtual-clock.ts';
import { Life, MortalBus, MortalClock, mortalSocket } from './life.ts';
import { ModelCharger } from './model-charger.ts';
import { ModelCpms } from './model-cpms.ts';
import { words16, words201 } from './model-words.ts';

export const SITE_LIMIT_MILLIAMPS = 40_000;
export const CUT_LIMIT_MILLIAMPS = 26_000;
export const LEASE_MS = 20_000;
const FALLBACK_MILLIAMPS = 6_000;
const CHARGERS = ['cp-a', 'cp-b', 'cp-c'];

const plan: SitePlan = {
  chargers: CHARGERS.map((charger) => ({
    charger,
    connectors: 1,
    maxMilliamps: 32_000,
    fallbackMilliamps: FALLBACK_MILLIAMPS,
    graceMs: LEASE_MS,
    mirrorCloseAfterMs: null,
  })),
  electrical: { limitMilliamps: SITE_LIMIT_MILLIAMPS, phases: 3, minMilliamps: 6_000 },
  offlineAuth: { localList: [], cacheMaxAgeMs: 86_400_000, unknownTags: 'accept' },
  governance: defaultGovernance,
  backendId: 'cpms',
  timing: {
    ...defaultTiming,
    answerBudgetMs: 3_000,
    backendFallbackAfterMs: 10_000,
    backoffMinMs: 500,
    backoffMaxMs: 4_000,
  },
};

export interface WorldOptions {
  /** Port call of the first life at which it dies; 0 = never. */
  dieAtCall: number;
  /** Power cut (unflushed data is lost) or mere kill. */
  how: 'powerCut' | 'kill';
  /** Wraps each life's store: for the test of the test. */
  wrapStore?: (store: MemoryStore) => Store;
  governance?: GovernanceRules;
  /** What the chargers and the CPMS speak; 1.6 on both sides unless told otherwise. */
  versions?: { charger: OcppVersion; cpms: OcppVersion };
  /** How many of the three chargers there are. */
  chargers?: number;
  /** What happens in this world; without it, the day with an outage and a cut limit. */
  story?: (world: CrashWorld) => Promise<void>;
  /** Promises of that story, in words where they are broken. */
  check?: (world: CrashWorld) => string[];
}

/** What happened at 100 ms steps, and at the end. */
export interface Sample {
  atMs: number;
  sumMilliamps: number;
  draws: number[];
}

/**
 * The whole core on an in-memory store with in-memory links: three chargers, a CPMS that goes away and comes back,
 * a limit that is cut and given back, and one death of the process at a chosen port call.
 */
export class CrashWorld {
  readonly clock = new VirtualClock();
  readonly cpms: ModelCpms;
  readonly chargers: ModelCharger[];
  readonly samples: Sample[] = [];
  diedAtMs: number | undefined;
  portCalls = 0;
  core!: Core;
  store!: MemoryStore;
  readonly #options: WorldOptions;
  #life!: Life;
  #limitMilliamps = SITE_LIMIT_MILLIAMPS;
  readonly #limits: Array<{ atMs: number; limitMilliamps: number }> = [];
  #lives = 1;
  #isUp = false;

  constructor(options: WorldOptions) {
    this.#options = options;
    const ids = CHARGERS.slice(0, options.chargers);
    const { charger, cpms } = options.versions ?? { charger: '1.6', cpms: '1.6' };
    this.cpms = new ModelCpms(this.clock, cpms);
    this.chargers = ids.map((id, index) => {
      const words = charger === '1.6' ? words16 : words201({ cardFirst: index !== 1 });
      return new ModelCharger(id, this.clock, index % 2 === 0, words);
    });
  }

  async run(): Promise<void> {
    this.#boot(this.#options.dieAtCall, undefined);
    await this.clock.advance(1_000);
    this.#redial();
    this.#sampleLoop();
    await (this.#options.story?.(this) ?? this.#outageAndCut());
    this.portCalls = this.#life.portCalls;
  }

  /** What this story promises, beyond what always holds. */
  check(): string[] {
    return this.#options.check?.(this) ?? [];
  }

  async #outageAndCut(): Promise<void> {
    const [a, b, c] = this.chargers as [ModelCharger, ModelCharger, ModelCharger];
    await this.clock.advance(8_000);
    a.start('TAG-A');
    await this.clock.advance(4_000);
    b.start('TAG-B');
    await this.clock.advance(6_000);
    a.meter(1_100);
    b.meter(1_050);
    await this.clock.advance(6_000);
    this.cpms.goAway(); // 24 s
    await this.clock.advance(3_000);
    c.start('TAG-C');
    await this.clock.advance(5_000);
    a.meter(1_200);
    a.stop(1_300);
    await this.clock.advance(6_000);
    this.#setLimit(CUT_LIMIT_MILLIAMPS); // 38 s
    await this.clock.advance(8_000);
    b.meter(1_250);
    c.meter(1_150);
    this.cpms.isAway = false; // 46 s
    await this.clock.advance(10_000);
    this.#setLimit(SITE_LIMIT_MILLIAMPS); // 56 s
    await this.clock.advance(10_000);
    c.stop(1_500);
    await this.clock.advance(4_000);
    b.stop(1_600);
    await this.clock.advance(60_000);
  }

  /** The limit that the outside had asked for at an instant. */
  limitAt(atMs: number): number {
    const latest = this.#limits.filter((limit) => limit.atMs <= atMs).at(-1);
    return latest?.limitMilliamps ?? SITE_LIMIT_MILLIAMPS;
  }

  get cutAtMs(): number | undefined {
    return this.#limits.find((limit) => limit.limitMilliamps < SITE_LIMIT_MILLIAMPS)?.atMs;
  }

  #boot(dieAtCall: number, image: MemoryImage | undefined): void {
    const life = new Life(dieAtCall, () => this.#died());
    this.#life = life;
    const clock = new MortalClock(this.clock, life);
    this.store = openMemoryStore({
      ...(image ? { image } : {}),
      schedule: (run) => clock.defer(run),
      onCall: (call) => {
        if (call.method === 'commit') life.portCall();
      },
    });
    let uuid = 0;
    this.core = createCore({
      plan: {
        ...plan,
        chargers: plan.chargers.slice(0, this.#options.chargers),
        governance: this.#options.governance ?? plan.governance,
      },
      store: this.#options.wrapStore?.(this.store) ?? this.store,
      bus: new MortalBus(clock, life),
      clock,
      random: {
        next: () => 0.5,
        uuid: () => `00000000-0000-4000-8000-${this.#lives}${String(++uuid).padStart(11, '0')}`,
      },
      log: silentLog,
      rules: 'test',
      dialer: this.cpms.dialer(life),
      backendOf: () => ({ url: 'ws://cpms.test', password: null }),
    });
    // Never settles when the process dies while it recovers.
    void this.core.start().then(() => {
      this.#isUp = true;
      this.#repeatLimit();
    });
  }

  #died(): void {
    this.diedAtMs = this.clock.monotonicMs();
    const image = this.#options.how === 'powerCut' ? this.store.powerCut() : this.store.kill();
    this.portCalls = this.#life.portCalls;
    this.#lives += 1;
    this.#isUp = false;
    this.clock.setTimer(1_500, () => this.#boot(0, image));
  }

  /** The source of the limit says it until it is heard, as a grid signal does. */
  #setLimit(limitMilliamps: number): void {
    this.#limitMilliamps = limitMilliamps;
    this.#limits.push({ atMs: this.clock.monotonicMs(), limitMilliamps });
    this.#repeatLimit();
  }

  #repeatLimit(): void {
    if (!this.#isUp) return;
    this.core.host.post({
      type: 'budget.limitChanged',
      from: 'test/grid',
      to: 'budget/site',
      data: { limitMilliamps: this.#limitMilliamps, source: 'test' },
    });
  }

  /** Chargers dial again half a second after they find themselves without a socket. */
  #redial(): void {
    for (const charger of this.chargers) {
      if (charger.isConnected || !this.#isUp) continue;
      const [theirs, ours] = createMemoryLink({ clock: this.clock }).ends;
      const attached = this.core.south.attach(charger.id, mortalSocket(ours, this.#life), {
        subprotocol: charger.subprotocol,
        subprotocolMissing: false,
        isSecure: false,
        clientKey: null,
        remote: 'test',
      });
      if (attached !== null) charger.connect(theirs);
    }
    this.clock.setTimer(500, () => this.#redial());
  }

  #sampleLoop(): void {
    const draws = this.chargers.map((charger) => charger.drawMilliamps());
    const sumMilliamps = draws.reduce((sum, draw) => sum + draw, 0);
    this.samples.push({ atMs: this.clock.monotonicMs(), sumMilliamps, draws });
    this.clock.setTimer(100, () => this.#sampleLoop());
  }
}
