import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../runtime/envelope.ts';
import type { ActorKind } from '../../../../runtime/host/actor-kind.ts';
import { limits } from '../../../../runtime/limits.ts';
import { VirtualClock } from '../../../../simulation/virtual-clock.ts';
import { HostBench } from '../../../helpers/host-bench.ts';
import { lampKind } from '../../../helpers/toy-actors.ts';

function post(bench: HostBench, name: string, type: string, data: Json = {}): unknown {
  return bench.host.post({ type: `lamp.${type}`, from: 'test/bench', to: `lamp/${name}`, data });
}

const alarmCodes = (bench: HostBench) => bench.host.alarms.standing().map((alarm) => alarm.code);

const onLamp = (more: Partial<ActorKind>): ActorKind => ({ ...lampKind, ...more });

/** `lamp.limit {amps, cut}` sets a limit outside. */
const limitKind = onLamp({
  receive(turn) {
    const { type, data } = turn.envelope;
    const { amps, cut } = data as { amps: number; cut: boolean };
    if (type === 'lamp.limit')
      turn.perform({ port: 'out', type: 'limit', recovery: 'state', data: { amps }, cut });
    else lampKind.receive(turn);
  },
});

/** Flips one bit in a stored value. */
async function damage(bench: HostBench, table: 'journal' | 'snapshots' | 'outbox', key: string) {
  const value = Uint8Array.from(bench.store.get(table, key)!);
  value[value.length - 3]! ^= 1;
  await bench.clock.advance(1_000);
  const done = bench.store.commit([{ table, key, value }]);
  await bench.clock.advance(1);
  await done;
}

describe('an address that ends and begins again', () => {
  test('in one group survives a restart as the reborn actor', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    post(bench, 'a', 'burnOut');
    post(bench, 'a', 'made');
    post(bench, 'a', 'count');
    await bench.clock.advance(20);
    expect(bench.state('a')).toEqual({ value: 'dark', count: 1 });
    const next = await bench.restarted();
    expect(next.state('a')).toEqual({ value: 'dark', count: 1 });
  });

  test('is one actor only when the group in which it ended fails', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('a', 'count');
    post(bench, 'a', 'burnOut');
    post(bench, 'a', 'count'); // nobody there any more
    bench.store.stall();
    await bench.clock.advance(5);
    bench.store.failNext('full');
    bench.store.resume();
    await bench.clock.advance(1); // given back: the lamp stands with count 1 again
    expect(bench.state('a')).toEqual({ value: 'dark', count: 1 });
    await bench.clock.advance(1_000);
    expect(bench.state('a')).toBeUndefined();
    expect([...bench.store.range('snapshots')]).toEqual([]);
  });

  test('takes an envelope to nobody and then its birth in that order, also when the group fails', async () => {
    const bench = await HostBench.started();
    post(bench, 'a', 'count');
    bench.store.stall();
    await bench.clock.advance(5);
    post(bench, 'a', 'made');
    post(bench, 'a', 'count');
    await bench.clock.advance(5);
    bench.store.failNext('full');
    bench.store.resume();
    await bench.clock.advance(1_000);
    expect(bench.journal().map((record) => record.type)).toEqual([
      'lamp.count',
      'runtime.undeliverable',
      'lamp.made',
      'lamp.count',
    ]);
    expect(bench.state('a')!.count).toBe(1);
  });
});

describe('an orderly stop', () => {
  test('keeps the deadlines of actors whose turns were not on disk yet', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('a', 'switchOn');
    post(bench, 'a', 'relaxedCount');
    await bench.clock.advance(1);
    const stopped = bench.host.stop();
    await bench.clock.advance(50);
    await stopped;
    const next = await bench.restarted();
    expect(next.state('a')).toEqual({ value: 'lit', count: 1 });
    await next.clock.advance(1_500);
    expect(next.state('a')!.value).toBe('dark');
  });
});

describe('one bad envelope', () => {
  test('that the journal cannot hold is parked and stops nobody else', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('b', 'made');
    post(bench, 'a', 'count', { wattHours: JSON.parse('1e999') as number });
    post(bench, 'b', 'count');
    await bench.clock.advance(20_000);
    expect(bench.state('b')!.count).toBe(1);
    expect(alarmCodes(bench)).not.toContain('store.failing');
    expect(bench.journal().filter((record) => record.to === 'lamp/b')).toHaveLength(2);
  });

  test('whose decision the journal cannot hold is parked and stops nobody else', async () => {
    const kind = onLamp({
      receive(turn) {
        if (turn.envelope.type === 'lamp.divide')
          turn.journal({ type: 'lamp.divided', data: { share: Number.NaN } });
        else lampKind.receive(turn);
      },
    });
    const bench = await HostBench.started({ kinds: [kind] });
    await bench.tell('a', 'made');
    await bench.tell('b', 'made');
    post(bench, 'a', 'divide');
    post(bench, 'b', 'count');
    await bench.clock.advance(20_000);
    expect(bench.journal().filter((record) => record.to === 'lamp/b')).toHaveLength(2);
    expect(bench.parked).toHaveLength(1);
  });

  test('to an address that the store cannot hold is refused and stops nobody else', async () => {
    const bench = await HostBench.started();
    await bench.tell('b', 'made');
    expect(post(bench, 'bell\u0007', 'made')).toEqual({ refused: 'UNKNOWN_ADDRESS' });
    post(bench, 'b', 'count');
    await bench.clock.advance(20_000);
    expect(bench.journal().filter((record) => record.to === 'lamp/b')).toHaveLength(2);
  });

  test('told to an address that the store cannot hold is consumed and stops nobody else', async () => {
    const kind = onLamp({
      birth: (envelope) => (/made|count/.test(envelope.type) ? { count: 0 } : undefined),
    });
    const bench = await HostBench.started({ kinds: [kind] });
    await bench.tell('b', 'made');
    post(bench, 'b', 'pass', { to: 'lamp/bell\u0007', n: 1 });
    await bench.clock.advance(20_000);
    post(bench, 'b', 'count');
    await bench.clock.advance(1_000);
    expect(bench.journal().filter((record) => record.to === 'lamp/b').length).toBeGreaterThanOrEqual(3);
    expect([...bench.store.range('outbox')]).toEqual([]);
  });

  test('counts once towards quarantine, however often the store refuses to park it', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    const commit = bench.store.commit.bind(bench.store);
    bench.store.commit = (writes) => {
      bench.store.failNext('full');
      return commit(writes);
    };
    post(bench, 'a', 'break');
    await bench.clock.advance(15_000);
    bench.store.commit = commit;
    await bench.clock.advance(5_000);
    expect(bench.quarantined).toEqual([]);
    expect(bench.parked).toHaveLength(1);
  });
});

describe('tells', () => {
  test('to a kind that does not exist are consumed, counted and reported to their sender', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('a', 'pass', { to: 'ghost/x', n: 1 });
    await bench.clock.advance(1_000);
    expect([...bench.store.range('outbox')]).toEqual([]);
    expect(bench.journal().map((record) => record.type)).toContain('runtime.undeliverable');
  });
});

describe('the alarm of a quarantine', () => {
  test('ends with the quarantine although nothing waited for the actor', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    for (let i = 0; i < 6; i++) await bench.tell('a', 'break');
    expect(alarmCodes(bench)).toContain('quarantine lamp/a');
    await bench.clock.advance(limits.quarantineMs + 1_000);
    await bench.tell('a', 'count');
    expect(bench.state('a')!.count).toBe(1);
    expect(alarmCodes(bench)).not.toContain('quarantine lamp/a');
  });
});

describe('while the store fails', () => {
  test('what was recorded for the journal is not lost', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    bench.store.failNext('full');
    bench.host.record({ type: 'runtime.clockStepped', data: { byMs: 5_000 } });
    await bench.clock.advance(5_000);
    await bench.tell('a', 'count');
    expect(bench.journal().map((record) => record.type)).toContain('runtime.clockStepped');
  });

  test('a cut decided by a timer leaves once and is journalled as late', async () => {
    const kind = onLamp({
      onEffect: (turn, effect) =>
        turn.perform({ port: 'out', type: effect.type, recovery: 'state', data: {}, cut: true }),
    });
    const bench = await HostBench.started({ kinds: [kind] });
    await bench.tell('a', 'made');
    await bench.tell('a', 'switchOn', {}, 500);
    bench.store.failNext('full');
    await bench.clock.advance(3_000);
    expect(bench.sentTypes()).toEqual(['shine', 'reportDark']);
    expect(bench.journal().map((record) => record.type)).toContain('runtime.effectSentLate');
  });

  test('a cut that turns out different when its turn runs again is sent as it is then', async () => {
    const kind = onLamp({
      receive(turn) {
        const { type, data } = turn.envelope;
        if (type === 'lamp.setRow') turn.putRow('limit', 'site', (data as { amps: number }).amps);
        else if (type === 'lamp.cutToRow') {
          const amps = turn.row<number>('limit', 'site') ?? 0;
          turn.perform({ port: 'out', type: 'cut', recovery: 'state', data: { amps }, cut: true });
        } else lampKind.receive(turn);
      },
    });
    const bench = await HostBench.started({ kinds: [kind] });
    await bench.tell('a', 'made');
    await bench.tell('b', 'made');
    bench.store.stall();
    post(bench, 'b', 'answer', { n: 1 }); // in flight
    await bench.clock.advance(5);
    for (const [name, type, data] of [
      ['a', 'count', {}],
      ['a', 'setRow', { amps: 16 }],
      ['b', 'cutToRow', {}],
    ] as const) {
      post(bench, name, type, data);
      await bench.clock.advance(5);
    }
    bench.store.failNext('full');
    bench.store.resume();
    await bench.clock.advance(3_000);
    // Run again, b comes before a's second envelope and decides upon 0 A: that is what was committed.
    const cuts = bench.sent.filter((effect) => effect.type === 'cut').map((effect) => effect.data.amps);
    expect(cuts).toEqual([16, 0]);
  });

  test('a cut that the turn no longer decides when it runs again is journalled as late all the same', async () => {
    const kind = onLamp({
      receive(turn) {
        const { type, data } = turn.envelope;
        if (type === 'lamp.setRow') turn.putRow('limit', 'site', (data as { amps: number }).amps);
        else if (type === 'lamp.cutToRow') {
          const amps = turn.row<number>('limit', 'site');
          if (amps) turn.perform({ port: 'out', type: 'cut', recovery: 'state', data: { amps }, cut: true });
        } else lampKind.receive(turn);
      },
    });
    const bench = await HostBench.started({ kinds: [kind] });
    await bench.tell('a', 'made');
    await bench.tell('b', 'made');
    bench.store.stall();
    post(bench, 'b', 'answer', { n: 1 }); // in flight
    await bench.clock.advance(5);
    for (const [name, type, data] of [
      ['a', 'count', {}],
      ['a', 'setRow', { amps: 16 }],
      ['b', 'cutToRow', {}],
    ] as const) {
      post(bench, name, type, data);
      await bench.clock.advance(5);
    }
    bench.store.failNext('full');
    bench.store.resume();
    await bench.clock.advance(3_000);
    expect(bench.sentTypes().filter((type) => type === 'cut')).toHaveLength(1);
    expect(bench.journal().map((record) => record.type)).toContain('runtime.effectSentLate');
  });

  test('a start waits for the disk instead of giving up', async () => {
    const bench = new HostBench();
    bench.store.failNext('full');
    let outcome = 'pending';
    bench.host.start().then(
      () => (outcome = 'started'),
      (error: unknown) => (outcome = `failed: ${String(error)}`),
    );
    await bench.clock.advance(10_000);
    expect(outcome).toBe('started');
  });
});

describe('a cut sent late', () => {
  test('is not undone by an older raise that was waiting for the same stalled disk', async () => {
    const bench = await HostBench.started({ kinds: [limitKind] });
    await bench.tell('a', 'made');
    bench.store.stall();
    post(bench, 'a', 'limit', { amps: 32, cut: false });
    await bench.clock.advance(20);
    post(bench, 'a', 'limit', { amps: 6, cut: true });
    await bench.clock.advance(400);
    expect(bench.sent.map((effect) => effect.data.amps)).toEqual([6]);
    bench.store.resume();
    await bench.clock.advance(1_000);
    expect(bench.sent.at(-1)!.data.amps).toBe(6);
  });

  test('is not undone by an older raise that lands in an earlier group after both were given back', async () => {
    const bench = await HostBench.started({ kinds: [limitKind] });
    const others = Array.from({ length: limits.groupTurns * 2 + 40 }, (_, i) => `l${i}`);
    for (const name of ['a', ...others]) post(bench, name, 'made');
    await bench.clock.advance(100);
    bench.store.stall();
    post(bench, 'a', 'limit', { amps: 32, cut: false });
    await bench.clock.advance(5);
    post(bench, 'a', 'limit', { amps: 6, cut: true });
    for (const name of others) post(bench, name, 'count');
    await bench.clock.advance(400);
    bench.store.failNext('full');
    bench.store.resume();
    await bench.clock.advance(3_000);
    expect(bench.sent.at(-1)!.data.amps).toBe(6);
  });

  test('together with another of its turn gives two journal records with ids of their own', async () => {
    const kind = onLamp({
      receive(turn) {
        if (turn.envelope.type !== 'lamp.cutTwo') return lampKind.receive(turn);
        for (const n of [1, 2])
          turn.perform({ port: 'out', type: 'cut', recovery: 'state', data: { n }, cut: true });
      },
    });
    const bench = await HostBench.started({ kinds: [kind] });
    await bench.tell('a', 'made');
    bench.store.stall();
    post(bench, 'a', 'cutTwo');
    await bench.clock.advance(400);
    bench.store.resume();
    await bench.clock.advance(100);
    const ids = bench.journal().map((record) => record.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('does not wait behind a full group until somebody else has something to do', async () => {
    const bench = await HostBench.started();
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const name of names) await bench.tell(name, 'made');
    bench.store.stall();
    post(bench, 'a', 'count');
    await bench.clock.advance(5); // in flight and stalled
    for (const name of names) for (let i = 0; i < 60; i++) post(bench, name, 'count');
    expect(post(bench, 'a', 'cut', { n: 1 })).toBe('accepted');
    await bench.clock.advance(limits.lateCutMs * 3);
    expect(bench.sentTypes()).toEqual(['cut']);
  });
});

describe('an urgent envelope', () => {
  test('is taken while the store fails although the mailbox is full of turns given back', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    bench.store.stall();
    for (let i = 0; i < 40; i++) post(bench, 'a', 'count');
    await bench.clock.advance(5);
    for (let i = 0; i < 40; i++) post(bench, 'a', 'count');
    await bench.clock.advance(5);
    bench.store.failNext('full');
    bench.store.resume();
    await bench.clock.advance(1);
    expect(alarmCodes(bench)).toContain('store.failing');
    const result = bench.host.post(
      { type: 'lamp.cut', from: 'test/bench', to: 'lamp/a', data: { n: 1 } },
      { urgent: true },
    );
    expect(result).toBe('accepted');
  });
});

describe('timers', () => {
  test('armed by an untrusted clock do not all fall due when the next boot knows the time', async () => {
    const clock = new VirtualClock({ wallMs: Date.UTC(2024, 0, 1) });
    clock.trust = 'untrusted';
    const bench = await HostBench.started({ clock });
    await bench.tell('a', 'made');
    await bench.tell('a', 'switchOn');
    const image = bench.store.kill();
    const rebooted = new VirtualClock({ wallMs: Date.UTC(2026, 0, 1), bootId: 'boot-2' });
    const next = await HostBench.started({ clock: rebooted, store: { image } });
    await next.clock.advance(500);
    expect(next.state('a')!.value).toBe('lit');
    await next.clock.advance(600);
    expect(next.state('a')!.value).toBe('dark');
  });

  test('armed by a turn that is given back do not fire early when it runs again', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    bench.store.failNext('full');
    post(bench, 'a', 'switchOn');
    await bench.clock.advance(1); // failing: the turn waits for the retry
    bench.store.stall();
    bench.store.failNext('full');
    await bench.clock.advance(260); // tried again, and stalled
    await bench.clock.advance(1_100); // its deadline passes meanwhile
    bench.store.resume(); // and the group fails
    await bench.clock.advance(700); // the retry lands
    expect(bench.sentTypes()).toEqual(['shine']);
    await bench.clock.advance(1_000);
    expect(bench.sentTypes()).toEqual(['shine', 'reportDark']);
  });
});

describe('recovery', () => {
  test('starts with an alarm when a journal record is damaged', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('a', 'count');
    await bench.tell('a', 'count');
    await damage(bench, 'journal', '000000000002');
    const next = await bench.restarted();
    expect(next.state('a')!.count).toBe(2);
    expect(alarmCodes(next)).toContain('journal.chain');
  });

  test('starts with an alarm when an outbox entry is damaged', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('b', 'made');
    bench.bus.publish = () => {};
    post(bench, 'a', 'pass', { to: 'lamp/b', n: 2 });
    await bench.clock.advance(5);
    const [first] = [...bench.store.range('outbox')];
    const value = Uint8Array.from(first!.value);
    value[value.length - 3]! ^= 1;
    const done = bench.store.commit([{ table: 'outbox', key: first!.key, value }]);
    await bench.clock.advance(1);
    await done;
    const next = await bench.restarted();
    await next.clock.advance(500);
    expect(next.state('b')!.count).toBe(1);
    expect(alarmCodes(next).length).toBeGreaterThan(0);
  });

  test('an unreadable actor starts anew, also when the store fails right then', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('b', 'made');
    await damage(bench, 'snapshots', 'lamp/a');
    const next = await bench.restarted();
    expect(next.state('a')).toBeUndefined();
    next.store.failNext('io');
    post(next, 'a', 'made');
    post(next, 'b', 'count');
    await next.clock.advance(2_000);
    expect(next.state('a')!.count).toBe(0);
    expect(next.state('b')!.count).toBe(1);
  });
});

describe('a stopped host', () => {
  test('leaves no timer running, also when the store fails at the end', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('a', 'switchOn');
    for (let i = 0; i < 6; i++) await bench.tell('a', 'break');
    bench.store.stall();
    await bench.tell('b', 'made');
    post(bench, 'b', 'switchOn');
    const stopped = bench.host.stop();
    bench.store.failNext('full');
    bench.store.resume();
    await bench.clock.advance(50);
    await stopped;
    // Whatever the clock still holds would keep the process from ending.
    expect(await bench.clock.runUntilIdle(0)).toBe(true);
  });
});

describe('an observer that throws', () => {
  test('stops no actor', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('b', 'made');
    let thrown = 0;
    bench.host.observe(() => {
      thrown += 1;
      if (thrown === 1) throw new Error('broken view');
    });
    post(bench, 'a', 'count');
    post(bench, 'b', 'count');
    await bench.clock.advance(20).catch(() => undefined);
    await bench.clock.advance(20);
    await bench.tell('b', 'count');
    expect(bench.state('b')!.count).toBe(2);
  });
});
