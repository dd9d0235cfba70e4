import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startManagedNats } from '../../adapters/nats/managed-server.ts';
import { connectNatsBus } from '../../adapters/nats/nats-bus.ts';
import type { NatsServer } from '../../adapters/nats/nats-server.ts';
import type { Bus, BusMessage, BusStatus } from '../../runtime/bus/bus.ts';
import { InProcessBus } from '../../runtime/bus/in-process-bus.ts';
import { silentLog } from '../../runtime/log.ts';
import { SystemClock } from '../../runtime/system-clock.ts';
import { systemRandom } from '../../runtime/system-random.ts';
import { natsServerBinary } from '../helpers/nats.ts';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.ts';

const clock = new SystemClock();

/** A bus under test, and the means to take what it rests on away and bring it back. */
interface Rig {
  bus: Bus;
  goAway(): void;
  comeBack(): void;
  dispose(): Promise<void>;
}

function message(n: number, to: BusMessage['to'] = 'charger/cp-01'): BusMessage {
  return { outboxId: `o-${n}`, to, body: JSON.stringify({ n }) };
}

/** What every implementation of the bus port must do. */
function busContract(makeRig: () => Promise<Rig>): void {
  let rig: Rig;
  let received: BusMessage[];
  let statuses: Array<[BusStatus, string]>;

  beforeEach(async () => {
    rig = await makeRig();
    received = [];
    statuses = [];
    rig.bus.onMessage((arrived) => received.push(arrived));
    await vi.waitUntil(() => rig.bus.status === 'connected', { timeout: 3_000 });
    rig.bus.onStatus((status, detail) => statuses.push([status, detail]));
  });
  afterEach(() => rig.dispose());

  const receivedIds = () => received.map((arrived) => arrived.outboxId);
  const settle = () => new Promise((resolve) => setTimeout(resolve, 100));

  it('delivers a message unchanged, with its outbox id and its address', async () => {
    const sent: BusMessage = {
      outboxId: '018f3c1e-7c1a-7000-8000-000000000001',
      to: 'connector/CP.*:=+@|_1/2',
      body: JSON.stringify({ id: 'e1', text: 'Zürich 🚗\r\n' }),
    };
    rig.bus.publish([sent]);
    await vi.waitUntil(() => received.length === 1);
    expect(received).toEqual([sent]);
  });

  it('never calls the receiver before publish has returned', async () => {
    rig.bus.publish([message(1)]);
    expect(received).toEqual([]);
    await vi.waitUntil(() => received.length === 1);
  });

  it('keeps the order of a publisher, within a call and across calls', async () => {
    const sent = Array.from({ length: 1_000 }, (_, n) => message(n, `charger/cp-${n % 7}`));
    for (let from = 0; from < sent.length; from += 50) rig.bus.publish(sent.slice(from, from + 50));
    await vi.waitUntil(() => received.length >= sent.length, { timeout: 3_000 });
    expect(receivedIds()).toEqual(sent.map((one) => one.outboxId));
  });

  it('takes an empty list', async () => {
    rig.bus.publish([]);
    rig.bus.publish([message(1)]);
    await vi.waitUntil(() => received.length > 0);
    expect(receivedIds()).toEqual(['o-1']);
  });

  it('goes on after a receiver that throws', async () => {
    rig.bus.onMessage((arrived) => {
      received.push(arrived);
      if (arrived.outboxId === 'o-1') throw new Error('receiver failed');
    });
    rig.bus.publish([message(1), message(2)]);
    await vi.waitUntil(() => received.length === 2);
    rig.bus.publish([message(3)]);
    await vi.waitUntil(() => received.length === 3);
    expect(receivedIds()).toEqual(['o-1', 'o-2', 'o-3']);
    expect(rig.bus.status).toBe('connected');
  });

  it('says away, with a reason, when what it rests on goes, and connected when it is back', async () => {
    rig.goAway();
    await vi.waitUntil(() => rig.bus.status === 'away', { timeout: 2_000 });
    rig.comeBack();
    await vi.waitUntil(() => rig.bus.status === 'connected', { timeout: 3_000 });
    expect(statuses.map(([status]) => status)).toEqual(['away', 'connected']);
    expect(statuses.every(([, detail]) => detail.length > 0)).toBe(true);
  });

  it('loses what is published while away, never throws, and carries again when back', async () => {
    rig.goAway();
    await vi.waitUntil(() => rig.bus.status === 'away', { timeout: 2_000 });
    for (let n = 0; n < 100; n += 1) expect(() => rig.bus.publish([message(n)])).not.toThrow();
    rig.comeBack();
    await vi.waitUntil(() => rig.bus.status === 'connected', { timeout: 3_000 });
    await settle();
    rig.bus.publish([message(1_000)]);
    await vi.waitUntil(() => received.length > 0);
    expect(receivedIds()).toEqual(['o-1000']);
  });

  it('is away once closed: it neither throws nor delivers nor reports, and may be closed twice', async () => {
    await rig.bus.close();
    expect(rig.bus.status).toBe('away');
    expect(() => rig.bus.publish([message(1)])).not.toThrow();
    rig.goAway();
    rig.comeBack();
    await settle();
    await rig.bus.close();
    expect(received).toEqual([]);
    expect(statuses).toEqual([]);
  });
}

describe('the in-process bus', () => {
  busContract(async () => {
    const bus = new InProcessBus({ clock, log: silentLog });
    return { bus, goAway: () => bus.stop(), comeBack: () => bus.start(), dispose: () => bus.close() };
  });
});

describe('the NATS bus', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bus-'));
  let server: NatsServer;
  let proxy: TcpProxy;

  beforeAll(async () => {
    server = await startManagedNats({
      folder,
      siteId: 'north',
      binary: natsServerBinary(),
      clock,
      log: silentLog,
    });
    proxy = await startTcpProxy({ target: () => server.endpoint() ?? { host: '127.0.0.1', port: 1 } });
  });
  afterAll(async () => {
    await proxy.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  busContract(async () => {
    proxy.refusing = false;
    const endpoint = () => {
      const direct = server.endpoint();
      return direct && { ...direct, port: proxy.port };
    };
    const bus = connectNatsBus({ endpoint, siteId: 'north', clock, random: systemRandom, log: silentLog });
    return {
      bus,
      goAway: () => {
        proxy.refusing = true;
        proxy.drop();
      },
      comeBack: () => {
        proxy.refusing = false;
      },
      dispose: () => bus.close(),
    };
  });
});
