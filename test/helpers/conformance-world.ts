import { defaultTiming, type SitePlan } from '../../actors/site-tree.ts';
import type { FrameSocket } from '../../adapters/ocpp/frame-socket.ts';
import type { Dialer } from '../../adapters/ocpp-north/dialer.ts';
import { type Core, createCore } from '../../app/core.ts';
import { defaultGovernance } from '../../machines/shared/governance/rules.ts';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import { InProcessBus } from '../../runtime/bus/in-process-bus.ts';
import { silentLog } from '../../runtime/log.ts';
import { openMemoryStore } from '../../runtime/persistence/memory-store.ts';
import { createMemoryLink } from '../../simulation/memory-link.ts';
import { VirtualClock } from '../../simulation/virtual-clock.ts';
import { type Message, words16, words201 } from './crash-world/model-words.ts';

export const CHARGER = 'cp-1';

/** A CALL that a peer heard: its payload as it stood in the frame. */
export interface Heard {
  action: string;
  raw: string;
}

/** What a peer's CALL was answered with; `raw` is the payload of a result as it stood in the frame. */
export type Reply = { raw: string } | { errorCode: string };

/** The core in simulated time between one charger and one CPMS that say what a test has them say, byte for byte. */
export class ConformanceWorld {
  readonly #clock = new VirtualClock();
  readonly #version: OcppVersion;
  readonly #core: Core;
  readonly charger = new Peer('charger');
  readonly cpms = new Peer('cpms');
  #isCpmsAway = false;
  #uuids = 0;

  private constructor(version: OcppVersion, isManaged: boolean) {
    this.#version = version;
    this.#core = createCore({
      plan: planOf(isManaged),
      store: openMemoryStore({ schedule: (run) => this.#clock.defer(run) }),
      bus: new InProcessBus({ clock: this.#clock, log: silentLog }),
      clock: this.#clock,
      random: {
        next: () => 0.5,
        uuid: () => `00000000-0000-4000-8000-${String(++this.#uuids).padStart(12, '0')}`,
      },
      log: silentLog,
      rules: 'test',
      dialer: this.#dialer(),
      backendOf: () => ({ url: 'ws://cpms.test', password: null, versions: [version] }),
    });
  }

  /** With the charger registered and its connector known on both sides. */
  static async start(version: OcppVersion, { isManaged = false } = {}): Promise<ConformanceWorld> {
    const world = new ConformanceWorld(version, isManaged);
    void world.#core.start();
    await world.pass(100);
    world.plugIn();
    await world.pass(30_000);
    world.charger.heard.length = 0;
    world.cpms.heard.length = 0;
    return world;
  }

  async pass(forMs: number): Promise<void> {
    await this.#clock.advance(forMs);
  }

  /** The charger's socket comes up; it boots and tells its status. */
  plugIn(): void {
    const [theirs, ours] = createMemoryLink({ clock: this.#clock }).ends;
    const words = this.#version === '1.6' ? words16 : words201({ cardFirst: true });
    this.#core.south.attach(CHARGER, ours, {
      subprotocol: words.subprotocol,
      subprotocolMissing: false,
      isSecure: false,
      clientKey: null,
      remote: 'test',
    });
    this.charger.connect(theirs);
    const say = ({ action, payload }: Message) => this.charger.call(action, JSON.stringify(payload));
    say(words.boot());
    say(words.status('Available', new Date(this.#clock.wallMs()).toISOString()));
  }

  unplug(): void {
    this.charger.hangUp();
  }

  async sendCpmsAway(): Promise<void> {
    this.#isCpmsAway = true;
    this.cpms.hangUp();
    await this.pass(1_000);
  }

  /** Until the backlog is through. */
  async bringCpmsBack(): Promise<void> {
    this.#isCpmsAway = false;
    await this.pass(180_000);
  }

  /** Gives what came within that time; undefined: nothing. */
  async reply(peer: Peer, action: string, raw: string, withinMs = 5_000): Promise<Reply | undefined> {
    const id = peer.call(action, raw);
    await this.pass(withinMs);
    return peer.replies.get(id);
  }

  #dialer(): Dialer {
    return {
      dial: (_backend, _identity, done) => {
        this.#clock.setTimer(5, () => {
          if (this.#isCpmsAway) {
            done({ kind: 'failed', cause: 'tcp', detail: 'connection refused' });
            return;
          }
          const [ours, theirs] = createMemoryLink({ clock: this.#clock }).ends;
          this.cpms.connect(ours);
          done({ kind: 'opened', socket: theirs, subprotocol: `ocpp${this.#version}` });
        });
        return { abort: () => {} };
      },
    };
  }
}

/** One outside end: it hears CALLs, answers them with what it was given, and keeps the answers to its own. */
export class Peer {
  readonly heard: Heard[] = [];
  readonly replies = new Map<string, Reply>();
  /** Payload of the answer to an action; else one that takes everything. */
  readonly answers = new Map<string, string>();
  readonly #name: 'charger' | 'cpms';
  #socket: FrameSocket | undefined;
  #count = 0;

  constructor(name: 'charger' | 'cpms') {
    this.#name = name;
  }

  connect(socket: FrameSocket): void {
    this.#socket = socket;
    socket.onText((text) => this.#take(socket, text));
  }

  hangUp(): void {
    this.#socket?.terminate();
  }

  /** Sends a CALL; gives its message id. */
  call(action: string, raw: string): string {
    const id = `${this.#name}-${++this.#count}`;
    this.#socket?.send(`[2,"${id}","${action}",${raw}]`);
    return id;
  }

  #take(socket: FrameSocket, text: string): void {
    const [kind, id, third] = JSON.parse(text) as [number, string, string];
    if (kind === 4) this.replies.set(id, { errorCode: third });
    else if (kind === 3) this.replies.set(id, { raw: text.slice(`[3,"${id}",`.length, -1) });
    else {
      this.heard.push({ action: third, raw: text.slice(`[2,"${id}","${third}",`.length, -1) });
      socket.send(`[3,"${id}",${this.answers.get(third) ?? this.#usual(third)}]`);
    }
  }

  #usual(action: string): string {
    const currentTime = new Date(0).toISOString();
    if (action === 'BootNotification')
      return JSON.stringify({ status: 'Accepted', currentTime, interval: 3_600 });
    if (action === 'Heartbeat') return JSON.stringify({ currentTime });
    return this.#name === 'charger' ? '{"status":"Accepted"}' : '{}';
  }
}

function planOf(isManaged: boolean): SitePlan {
  return {
    chargers: [
      {
        charger: CHARGER,
        connectors: 1,
        maxMilliamps: 32_000,
        fallbackMilliamps: 6_000,
        graceMs: 120_000,
        mirrorCloseAfterMs: null,
      },
    ],
    electrical: isManaged ? { limitMilliamps: 40_000, phases: 3, minMilliamps: 6_000 } : null,
    offlineAuth: { localList: [], cacheMaxAgeMs: 86_400_000, unknownTags: 'accept' },
    governance: defaultGovernance,
    backendId: 'cpms',
    timing: defaultTiming,
  };
}
