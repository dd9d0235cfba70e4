import { describe, expect, it } from 'vitest';
import { backendLinkKind } from '../../actors/backend-link-actor.ts';
import { chargerKind } from '../../actors/charger-actor.ts';
import { connectorKind } from '../../actors/connector-actor.ts';
import type { NorthCall, SouthAnswer } from '../../actors/ports.ts';
import { sessionKind } from '../../actors/session-actor.ts';
import { configureCharger, defaultTiming } from '../../actors/site-tree.ts';
import type { QueueRow, TransactionRow } from '../../actors/tells.ts';
import { defaultGovernance } from '../../machines/shared/governance/rules.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { PortEffect } from '../../runtime/host/actor-kind.ts';
import type { MemoryImage } from '../../runtime/persistence/memory-store.ts';
import { VirtualClock } from '../../simulation/virtual-clock.ts';
import { HostBench } from '../helpers/host-bench.ts';

const LOCAL_ID = 2 ** 30;

/** One charger with its link, connectors and sessions on a real host; the test plays charger and CPMS. */
class OneCharger {
  readonly bench: HostBench;
  readonly answers: SouthAnswer[] = [];
  readonly upstream: NorthCall[] = [];
  /** What the CPMS answers, by action; null: it is not reachable. */
  cpms: Record<string, unknown> | null = null;
  #nextId = 5;
  #calls = 0;

  private constructor(image?: MemoryImage, clock?: VirtualClock) {
    const port = (effect: PortEffect) => this.#carryOut(effect);
    this.bench = new HostBench({
      kinds: [chargerKind, backendLinkKind, connectorKind, sessionKind],
      host: { ports: { south: port, north: port, limits: port } },
      ...(clock ? { clock } : {}),
      ...(image ? { store: { image } } : {}),
    });
  }

  static async started(image?: MemoryImage, clock?: VirtualClock): Promise<OneCharger> {
    const site = new OneCharger(image, clock);
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
    const offlineAuth = { localList: [], cacheMaxAgeMs: 1_000_000, unknownTags: 'accept' } as const;
    const plan = {
      chargers: [place],
      electrical: null,
      offlineAuth: { ...offlineAuth, localList: [] },
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
    const clock = new VirtualClock({ wallMs: this.bench.clock.wallMs(), bootId: 'boot-1' });
    return OneCharger.started(image, clock);
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
    return { idTagInfo: { status: 'Accepted' }, transactionId: this.#nextId++ };
  }

  #later(type: string, data: Record<string, unknown>, to: string, correlation?: string): void {
    this.bench.clock.setTimer(5, () => {
      const envelope = { type, from: 'adapter/test' as const, to: to as never, data: data as Json };
      this.bench.host.post(correlation === undefined ? envelope : { ...envelope, correlation });
    });
  }
}

const boot = { chargePointVendor: 'V', chargePointModel: 'M' };
const start = { connectorId: 1, idTag: 'card-1', timestamp: '2026-01-01T00:00:00Z', meterStart: 100 };
const meter = {
  connectorId: 1,
  transactionId: LOCAL_ID,
  meterValue: [{ timestamp: '2026-01-01T00:10:00Z', sampledValue: [{ value: '600' }] }],
};
const stop = { transactionId: LOCAL_ID, timestamp: '2026-01-01T01:00:00Z', meterStop: 5_100 };

describe('a charger on a real host', () => {
  it.each(['without', 'with'])(
    'brings a transaction of an outage to the CPMS %s a crash in the middle',
    async (crash) => {
      let site = await OneCharger.started();
      await site.open();
      expect(await site.call('BootNotification', boot)).toMatchObject({ status: 'Accepted' });
      await site.call('StatusNotification', { connectorId: 1, status: 'Preparing', errorCode: 'NoError' });
      expect(site.state('charger/cp1')).toMatchObject({ mode: 'online', boot: 'accepted' });
      expect(await site.call('StartTransaction', start)).toMatchObject({ transactionId: LOCAL_ID });
      expect(await site.call('MeterValues', meter)).toEqual({});
      if (crash === 'with') {
        site = await site.killed();
        await site.open();
        expect(await site.call('StartTransaction', start)).toMatchObject({ transactionId: LOCAL_ID });
        expect(await site.call('MeterValues', meter)).toEqual({});
      }
      expect(await site.call('StopTransaction', stop)).toEqual({});
      const [{ session }] = site.rows<TransactionRow>('transactions') as [TransactionRow];
      expect(site.rows<QueueRow>('north').map(({ kind }) => kind)).toEqual([
        'boot',
        'status',
        'start',
        'meter',
        'stop',
      ]);

      site.cpms = {
        BootNotification: { status: 'Accepted', currentTime: '2026-01-01T00:00:00Z', interval: 1 },
      };
      await site.post('north.opened', { socketId: 'n1', subprotocol: 'ocpp1.6' }, 'link/cp1');
      await site.pass(5_000);
      expect(site.upstream.map(({ action }) => action)).toEqual([
        'BootNotification',
        'StatusNotification',
        'StartTransaction',
        'MeterValues',
        'StopTransaction',
      ]);
      expect(site.upstream.at(-1)!.raw).toBe(JSON.stringify({ ...stop, transactionId: 5 }));
      expect(site.rows('north')).toEqual([]);
      expect(site.rows<TransactionRow>('transactions')).toMatchObject([{ session, state: 'settled' }]);
      expect(site.state('charger/cp1')).toMatchObject({ backend: 'online' });
      expect(site.bench.parked).toEqual([]);
      expect(site.bench.quarantined).toEqual([]);
    },
  );

  it('serves a whole session while the CPMS is there', async () => {
    const site = await OneCharger.started();
    site.cpms = {
      BootNotification: { status: 'Accepted', currentTime: '2026-01-01T00:00:00Z', interval: 60 },
      Authorize: { idTagInfo: { status: 'Accepted' } },
    };
    await site.pass(5_000);
    await site.post('north.opened', { socketId: 'n1', subprotocol: 'ocpp1.6' }, 'link/cp1');
    await site.open();
    expect(await site.call('BootNotification', boot)).toMatchObject({ interval: 60 });
    await site.call('StatusNotification', { connectorId: 1, status: 'Available', errorCode: 'NoError' });
    expect(await site.call('Authorize', { idTag: 'card-1' })).toEqual({ idTagInfo: { status: 'Accepted' } });
    expect(await site.call('StartTransaction', start)).toMatchObject({ transactionId: 5 });
    expect(await site.call('MeterValues', { ...meter, transactionId: 5 })).toEqual({});
    expect(await site.call('StopTransaction', { ...stop, transactionId: 5 })).toEqual({});
    await site.pass(1_000);
    expect(site.rows<TransactionRow>('transactions')).toMatchObject([{ transactionId: 5, state: 'settled' }]);
    expect(site.state('charger/cp1')).toEqual({
      mode: 'online',
      boot: 'accepted',
      backend: 'online',
      outage: 'letIn',
    });
    expect(site.bench.journal().map(({ type }) => type)).toContain('start.decided');
  });

  it('that nothing answered upstream is answered here within its budget', async () => {
    const site = await OneCharger.started();
    site.cpms = {};
    await site.post('north.opened', { socketId: 'n1', subprotocol: 'ocpp1.6' }, 'link/cp1');
    expect(site.state('charger/cp1')).toMatchObject({ backend: 'online' });
    await site.open();
    site.cpms = null;
    expect(await site.call('StartTransaction', start)).toBeUndefined();
    await site.pass(defaultTiming.answerBudgetMs);
    expect(site.answers.map(({ raw }) => JSON.parse(raw!))).toEqual([
      { idTagInfo: { status: 'Accepted' }, transactionId: LOCAL_ID },
    ]);
  });
});
