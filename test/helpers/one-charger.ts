import { backendLinkKind } from '../../actors/backend-link-actor.ts';
import { chargerKind } from '../../actors/charger-actor.ts';
import { connectorKind } from '../../actors/connector-actor.ts';
import type { NorthCall, SouthAnswer, SouthCall } from '../../actors/ports.ts';
import { sessionKind } from '../../actors/session-actor.ts';
import { configureCharger, defaultTiming } from '../../actors/site-tree.ts';
import type { OfflineAuth } from '../../actors/tells.ts';
import { defaultGovernance } from '../../machines/shared/governance/rules.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { PortEffect } from '../../runtime/host/actor-kind.ts';
import type { MemoryImage } from '../../runtime/persistence/memory-store.ts';
import { VirtualClock } from '../../simulation/virtual-clock.ts';
import { HostBench } from './host-bench.ts';

const LETS_ALL_IN: OfflineAuth = { localList: [], cacheMaxAgeMs: 1_000_000, unknownTags: 'accept' };

/** One charger with its link, connectors and sessions on a real host; the test plays charger and CPMS. */
export class OneCharger {
  readonly bench: HostBench;
  readonly answers: SouthAnswer[] = [];
  /** CALLs that the charger got. */
  readonly commands: SouthCall[] = [];
  readonly upstream: NorthCall[] = [];
  /** What the CPMS answers, by action; null: it is not reachable. */
  cpms: Record<string, unknown> | null = null;
  /** What the CPMS says of the card in a start. */
  verdict = 'Accepted';
  #nextId = 5;
  #calls = 0;
  readonly #offlineAuth: OfflineAuth;

  private constructor(offlineAuth: OfflineAuth, image?: MemoryImage, clock?: VirtualClock) {
    this.#offlineAuth = offlineAuth;
    const port = (effect: PortEffect) => this.#carryOut(effect);
    this.bench = new HostBench({
      kinds: [chargerKind, backendLinkKind, connectorKind, sessionKind],
      host: { ports: { south: port, north: port, limits: port } },
      ...(clock ? { clock } : {}),
      ...(image ? { store: { image } } : {}),
    });
  }

  static async started(
    offlineAuth: OfflineAuth = LETS_ALL_IN,
    image?: MemoryImage,
    clock?: VirtualClock,
  ): Promise<OneCharger> {
    const site = new OneCharger(offlineAuth, image, clock);
    const started = site.bench.host.start();
    await site.bench.clock.advance(1);
    await started;
    const place = {
      charger: 'cp1',
      connectors: 1,
      maxMilliamps: 16_000,
      fallbackMilliamps: 6_000,
      graceMs: 60_000,
      mirrorCloseAfterMs: null,
    };
    const plan = {
      chargers: [place],
      electrical: null,
      offlineAuth,
      governance: defaultGovernance,
      backendId: 'cpms',
      timing: defaultTiming,
    };
    for (const envelope of configureCharger(plan, place)) site.bench.host.post(envelope);
    await site.pass(50);
    return site;
  }

  /** The process dies, and another one starts on what it left. */
  async killed(): Promise<OneCharger> {
    const image = this.bench.store.kill();
    const clock = new VirtualClock({ bootId: 'boot-1' });
    await clock.advance(this.bench.clock.monotonicMs());
    clock.setWallMs(this.bench.clock.wallMs());
    return OneCharger.started(this.#offlineAuth, image, clock);
  }

  async pass(ms: number): Promise<void> {
    await this.bench.clock.advance(ms);
  }

  async post(type: string, data: Record<string, unknown>, to = 'charger/cp1'): Promise<void> {
    this.bench.host.post({ type, from: 'adapter/test', to: to as never, data: data as Json });
    await this.pass(400);
  }

  /** The charger calls; the payload of the answer, or undefined while there is none. */
  async call(action: string, payload: Record<string, unknown>): Promise<unknown> {
    const messageId = `m${++this.#calls}`;
    await this.post('south.called', { socketId: 's1', messageId, action, raw: JSON.stringify(payload) });
    const answer = this.answers.find((each) => each.messageId === messageId);
    return answer?.raw === undefined ? undefined : JSON.parse(answer.raw);
  }

  open(): Promise<void> {
    return this.post('south.opened', { socketId: 's1', subprotocol: 'ocpp1.6', remote: '10.0.0.9' });
  }

  rows<T>(table: string): T[] {
    return this.bench.host.rows(`${table}/cp1`).map(({ value }) => value as T);
  }

  state(address: string): unknown {
    return this.bench.host.peek(address as never)?.value;
  }

  #carryOut({ data, type, port }: PortEffect): void {
    if (port === 'south' && type === 'answer') this.answers.push(data as unknown as SouthAnswer);
    if (port === 'south' && type === 'call') this.commands.push(data as unknown as SouthCall);
    if (port !== 'north' || !this.cpms) return;
    if (type === 'dial') this.#later('north.opened', { socketId: 'n1', subprotocol: 'ocpp1.6' }, 'link/cp1');
    if (type !== 'call') return;
    const call = data as unknown as NorthCall;
    this.upstream.push(call);
    const answer = call.action === 'StartTransaction' ? this.#startAnswer() : (this.cpms[call.action] ?? {});
    this.#later(
      'north.answered',
      { action: call.action, raw: JSON.stringify(answer) },
      call.replyTo,
      call.correlation,
    );
  }

  #startAnswer(): unknown {
    return { idTagInfo: { status: this.verdict }, transactionId: this.#nextId++ };
  }

  #later(type: string, data: Record<string, unknown>, to: string, correlation?: string): void {
    this.bench.clock.setTimer(5, () => {
      const envelope = { type, from: 'adapter/test' as const, to: to as never, data: data as Json };
      this.bench.host.post(correlation === undefined ? envelope : { ...envelope, correlation });
    });
  }
}
