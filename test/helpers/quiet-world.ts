import { defaultTiming, type SitePlan, type SiteTiming } from '../../actors/site-tree.ts';
import type { FrameSocket } from '../../adapters/ocpp/frame-socket.ts';
import { type Core, createCore } from '../../app/core.ts';
import { watchParked } from '../../app/parked-alarm.ts';
import { defaultGovernance } from '../../machines/shared/governance/rules.ts';
import { silentLog } from '../../runtime/log.ts';
import {
  type MemoryImage,
  type MemoryStore,
  openMemoryStore,
} from '../../runtime/persistence/memory-store.ts';
import type { SimulatedCpmsOptions } from '../../simulation/cpms-options.ts';
import { createMemoryLink } from '../../simulation/memory-link.ts';
import { VirtualClock } from '../../simulation/virtual-clock.ts';
import { Life, MortalBus, MortalClock, mortalSocket } from './crash-world/life.ts';
import { ModelCharger } from './crash-world/model-charger.ts';
import { ScriptedCpms } from './scripted-cpms.ts';

export const QUIET_CHARGERS = ['cp-a', 'cp-b', 'cp-c'];
export const QUIET_LIMIT_MILLIAMPS = 40_000;
const REDIAL_MS = 500;
const REBOOT_MS = 1_500;
const NEVER = 0;

export interface QuietWorldOptions {
  timing?: Partial<SiteTiming>;
  cpms?: Partial<Omit<SimulatedCpmsOptions, 'clock'>>;
}

/** A CALL that a charger got, and when, in milliseconds of the world. */
export interface CommandSeen {
  charger: string;
  action: string;
  payload: Record<string, unknown>;
  atMs: number;
}

/** The whole core in simulated time on in-memory links and store; nothing happens in it but what a test does. */
export class QuietWorld {
  readonly clock = new VirtualClock();
  readonly cpms: ScriptedCpms;
  readonly chargers = QUIET_CHARGERS.map((id) => new ModelCharger(id, this.clock, false));
  readonly commands: CommandSeen[] = [];
  readonly alarmSteps: Array<{ code: string; raised: boolean; atMs: number }> = [];
  readonly fatal: string[] = [];
  core!: Core;
  store!: MemoryStore;
  readonly #options: QuietWorldOptions;
  #life!: Life;
  #lives = 0;
  #isUp = false;

  constructor(options: QuietWorldOptions = {}) {
    this.#options = options;
    this.cpms = new ScriptedCpms({ clock: this.clock, ...options.cpms });
    this.#boot(undefined);
    this.#redial();
  }

  /** The process ends without a word and starts anew on what it left on disk. */
  restart(): void {
    const image = this.store.powerCut();
    this.#isUp = false;
    this.#life.end();
    this.clock.setTimer(REBOOT_MS, () => this.#boot(image));
  }

  /** The site's limit falls or rises; the same word as from a grid signal. */
  setLimit(limitMilliamps: number): void {
    this.core.host.post(
      {
        type: 'budget.limitChanged',
        from: 'test/grid',
        to: 'budget/site',
        data: { limitMilliamps, source: 'test' },
      },
      { urgent: true },
    );
  }

  drawMilliamps(): number {
    return this.chargers.reduce((sum, charger) => sum + charger.drawMilliamps(), 0);
  }

  standingAlarms(): string[] {
    return this.core.host.alarms.standing().map(({ code }) => code);
  }

  #boot(image: MemoryImage | undefined): void {
    const life = new Life(NEVER, () => undefined);
    this.#life = life;
    this.#lives += 1;
    const lifeNo = this.#lives;
    const clock = new MortalClock(this.clock, life);
    this.store = openMemoryStore({ ...(image ? { image } : {}), schedule: (run) => clock.defer(run) });
    let uuids = 0;
    const random = {
      next: () => 0.5,
      uuid: () => `00000000-0000-4000-8000-${lifeNo}${String(++uuids).padStart(11, '0')}`,
    };
    this.core = createCore({
      plan: planOf(this.#options.timing),
      store: this.store,
      bus: new MortalBus(clock, life),
      clock,
      random,
      log: silentLog,
      rules: 'test',
      dialer: this.cpms.dialer(life),
      backendOf: () => ({ url: 'ws://cpms.test', password: null }),
      onFatal: (why) => this.fatal.push(why),
    });
    this.core.host.alarms.listen(({ code }, raised) =>
      this.alarmSteps.push({ code, raised, atMs: this.clock.monotonicMs() }),
    );
    void this.core.start().then(() => {
      watchParked(this.core.host);
      this.#isUp = true;
    });
  }

  /** Chargers dial again half a second after they find themselves without a socket. */
  #redial(): void {
    for (const charger of this.chargers) {
      if (charger.isConnected || !this.#isUp) continue;
      const [theirs, ours] = createMemoryLink({ clock: this.clock }).ends;
      const attached = this.core.south.attach(charger.id, mortalSocket(ours, this.#life), {
        subprotocol: 'ocpp1.6',
        subprotocolMissing: false,
        isSecure: false,
        clientKey: null,
        remote: 'test',
      });
      if (attached !== null) charger.connect(this.#listenedTo(charger.id, theirs));
    }
    this.clock.setTimer(REDIAL_MS, () => this.#redial());
  }

  #listenedTo(charger: string, socket: FrameSocket): FrameSocket {
    return {
      send: (text) => socket.send(text),
      close: (code, reason) => socket.close(code, reason),
      terminate: () => socket.terminate(),
      get bufferedBytes() {
        return socket.bufferedBytes;
      },
      onClose: (listen) => socket.onClose(listen),
      ping: () => socket.ping(),
      onPong: (listen) => socket.onPong(listen),
      onText: (receive) =>
        socket.onText((text) => {
          const [kind, , action, payload] = JSON.parse(text) as [
            number,
            string,
            string,
            Record<string, unknown>,
          ];
          if (kind === 2) this.commands.push({ charger, action, payload, atMs: this.clock.monotonicMs() });
          receive(text);
        }),
    };
  }
}

function planOf(timing: Partial<SiteTiming> = {}): SitePlan {
  return {
    chargers: QUIET_CHARGERS.map((charger) => ({
      charger,
      connectors: 1,
      maxMilliamps: 32_000,
      fallbackMilliamps: 6_000,
      graceMs: 20_000,
      mirrorCloseAfterMs: null,
    })),
    electrical: { limitMilliamps: QUIET_LIMIT_MILLIAMPS, phases: 3, minMilliamps: 6_000 },
    offlineAuth: { localList: [], cacheMaxAgeMs: 86_400_000, unknownTags: 'accept' },
    governance: defaultGovernance,
    backendId: 'cpms',
    timing: {
      ...defaultTiming,
      answerBudgetMs: 3_000,
      backendFallbackAfterMs: 10_000,
      backoffMaxMs: 10_000,
      ...timing,
    },
  };
}
