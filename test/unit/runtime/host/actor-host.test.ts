import { describe, expect, test } from 'vitest';
import { HostBench } from '../../../helpers/host-bench.ts';

describe('a turn', () => {
  test('lets effects out only when its group is flushed, not when it is committed', async () => {
    const steps: Array<() => void> = [];
    let manual = false;
    const bench = await HostBench.started({
      store: { schedule: (run) => (manual ? steps.push(run) : queueMicrotask(run)) },
    });
    manual = true;
    await bench.tell('a', 'made');
    await bench.tell('a', 'switchOn');
    expect(bench.sentTypes()).toEqual([]);
    steps.shift()!(); // committed: visible
    await bench.clock.advance(1);
    expect(bench.sentTypes()).toEqual([]);
    steps.shift()!(); // flushed: the group that made the lamp
    await bench.clock.advance(1);
    steps.shift()!();
    await bench.clock.advance(1);
    expect(bench.sentTypes()).toEqual([]);
    steps.shift()!();
    await bench.clock.advance(1);
    expect(bench.sentTypes()).toEqual(['shine']);
  });

  test('journals its input first, then its decisions with their cause, in one chain', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('a', 'switchOn');
    const records = bench.journal();
    expect(records.map((r) => r.type)).toEqual(['lamp.made', 'lamp.switchOn', 'lamp.shine']);
    expect(records[2]).toMatchObject({
      cause: records[1]!.id,
      rules: 'rules-1',
      reason: { code: 'lamp.shine' },
    });
  });

  test('an envelope to nobody is consumed, counted and reported to its sender', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('a', 'pass', { to: 'lamp/nobody', n: 1 });
    expect(bench.host.counters['envelopes.undeliverable']).toBe(1);
    expect(bench.journal().map((r) => r.type)).toContain('runtime.undeliverable');
    expect(bench.host.counters.outbox).toBe(0);
  });

  test('a finished actor leaves no snapshot behind and its address is free', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('a', 'burnOut');
    expect(bench.state('a')).toBeUndefined();
    expect([...bench.store.range('snapshots')]).toEqual([]);
  });
});

describe('tells', () => {
  test('travel over the bus once, in order, and leave no outbox entry', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('b', 'made');
    await bench.tell('a', 'pass', { to: 'lamp/b', n: 30 });
    expect(bench.state('b')!.count).toBe(30);
    expect(bench.host.outbox.stats).toMatchObject({ overBus: 30, direct: 0 });
    expect([...bench.store.range('outbox')]).toEqual([]);
    const order = bench.journal().filter((r) => r.type === 'lamp.count');
    expect(order.map((r) => (r.data as { i: number }).i)).toEqual(
      Array.from({ length: 30 }, (_, i) => i + 1),
    );
  });

  test('are delivered directly while the bus is away, with an alarm that clears when it carries again', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('b', 'made');
    bench.bus.stop();
    await bench.tell('a', 'pass', { to: 'lamp/b', n: 3 });
    expect(bench.state('b')!.count).toBe(3);
    expect(bench.host.alarms.standing().map((a) => a.code)).toContain('bus.direct');
    bench.bus.start();
    await bench.tell('a', 'pass', { to: 'lamp/b', n: 1 });
    expect(bench.host.alarms.standing()).toEqual([]);
  });

  test('that the bus swallows are delivered directly after 250 ms, still in order', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('b', 'made');
    bench.bus.publish = () => {}; // connected, but silent
    await bench.tell('a', 'pass', { to: 'lamp/b', n: 5 }, 200);
    expect(bench.state('b')!.count).toBe(0);
    await bench.clock.advance(100);
    expect(bench.state('b')!.count).toBe(5);
    const order = bench.journal().filter((r) => r.type === 'lamp.count');
    expect(order.map((r) => (r.data as { i: number }).i)).toEqual([1, 2, 3, 4, 5]);
  });

  test('of class latest replace an undelivered older one of the same key', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('b', 'made');
    bench.bus.publish = () => {};
    await bench.tell('a', 'passLatest', { to: 'lamp/b', n: 1, key: 'x' }, 5);
    await bench.tell('a', 'passLatest', { to: 'lamp/b', n: 2, key: 'x' }, 5);
    await bench.tell('a', 'passLatest', { to: 'lamp/b', n: 9, key: 'y' }, 5);
    await bench.clock.advance(400);
    expect(bench.host.rows('noted')).toEqual([{ key: 'lamp/b', value: [2, 9] }]);
    expect([...bench.store.range('outbox')]).toEqual([]);
  });

  test('survive a kill between the sender’s commit and the receiver’s turn, and arrive once', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('b', 'made');
    bench.bus.publish = () => {};
    await bench.tell('a', 'pass', { to: 'lamp/b', n: 4 }, 50);
    const next = await bench.restarted('powerCut');
    await next.clock.advance(1_000);
    expect(next.state('b')!.count).toBe(4);
    expect([...next.store.range('outbox')]).toEqual([]);
  });

  test('to a full mailbox wait in the outbox and block nobody', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('b', 'made');
    await bench.tell('a', 'pass', { to: 'lamp/b', n: 500 }, 100);
    expect(bench.state('b')!.count).toBe(500);
  });

  test('a bus message that names no outbox entry does nothing', async () => {
    const bench = await HostBench.started();
    await bench.tell('b', 'made');
    bench.bus.publish([{ outboxId: '00000001-000000009999', to: 'lamp/b', body: '{"type":"lamp.count"}' }]);
    await bench.clock.advance(10);
    expect(bench.state('b')!.count).toBe(0);
    expect(bench.host.outbox.stats.strangers).toBe(1);
  });
});

describe('timers', () => {
  test('fire as the very same event', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('a', 'switchOn');
    await bench.clock.advance(1_000);
    expect(bench.state('a')!.value).toBe('dark');
    expect(bench.sentTypes()).toEqual(['shine', 'reportDark']);
  });

  test('survive a restart and keep their due time', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('a', 'switchOn', {}, 600);
    const next = await bench.restarted();
    await next.clock.advance(300);
    expect(next.state('a')!.value).toBe('lit');
    await next.clock.advance(200);
    expect(next.state('a')!.value).toBe('dark');
  });

  test('that are overdue fire at once after a restart', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('a', 'switchOn', {}, 900);
    await bench.clock.advance(0);
    const image = bench.store.kill();
    await bench.clock.advance(5_000);
    const next = await HostBench.started({ clock: bench.clock, store: { image } });
    await next.clock.advance(10);
    expect(next.state('a')!.value).toBe('dark');
  });

  test('after a reboot with a trusted clock go by wall time', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('a', 'switchOn', {}, 600);
    const next = await bench.restarted('powerCut', true);
    await next.clock.advance(300);
    expect(next.state('a')!.value).toBe('lit');
    await next.clock.advance(200);
    expect(next.state('a')!.value).toBe('dark');
  });

  test('of a state that was left and entered again do not fire early', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('a', 'switchOn', {}, 600);
    await bench.tell('a', 'switchOff', {}, 100);
    await bench.tell('a', 'switchOn', {}, 600);
    expect(bench.state('a')!.value).toBe('lit');
    await bench.clock.advance(500);
    expect(bench.state('a')!.value).toBe('dark');
  });

  test('left behind by a cancel after a restore do not fire', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('a', 'switchOn');
    const next = await bench.restarted();
    await next.tell('a', 'switchOff');
    await next.clock.advance(2_000);
    expect(next.sentTypes()).toEqual([]);
  });
});

describe('supervision', () => {
  test('an envelope whose turn throws is tried once more, then parked; the actor goes on', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('a', 'count');
    await bench.tell('a', 'break');
    expect(bench.host.counters['turns.threw']).toBe(2);
    expect(bench.parked).toHaveLength(1);
    expect(bench.host.rows('parked')).toHaveLength(1);
    await bench.tell('a', 'count');
    expect(bench.state('a')).toEqual({ value: 'dark', count: 2 });
  });

  test('throws beyond the restart intensity quarantine the actor, and nobody else', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('b', 'made');
    for (let i = 0; i < 6; i++) await bench.tell('a', 'break');
    expect(bench.quarantined).toEqual(['lamp/a']);
    expect(bench.host.post({ type: 'lamp.count', from: 'test/bench', to: 'lamp/a', data: {} })).toEqual({
      refused: 'QUARANTINED',
    });
    await bench.tell('b', 'count');
    expect(bench.state('b')!.count).toBe(1);
    await bench.clock.advance(600_000);
    await bench.tell('a', 'count');
    expect(bench.state('a')!.count).toBe(1);
  });
});

describe('durability', () => {
  test('relaxed turns wait for company or 250 ms, immediate ones seal all before them', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    const before = bench.store.stats.commits;
    await bench.tell('a', 'relaxedCount', {}, 100);
    expect(bench.store.stats.commits).toBe(before);
    await bench.clock.advance(200);
    expect(bench.store.stats.commits).toBe(before + 1);
    await bench.tell('a', 'relaxedCount', {}, 10);
    await bench.tell('a', 'count', {}, 10);
    expect(bench.store.stats.commits).toBe(before + 2);
  });

  test('a failed group gives everything back: state, tells and answers come once the store is back', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('b', 'made');
    bench.store.failNext('full');
    const post = (type: string, data = {}) =>
      bench.host.post({ type: `lamp.${type}`, from: 'test/bench', to: 'lamp/a', data });
    post('answer', { n: 1 });
    post('pass', { to: 'lamp/b', n: 2 });
    await bench.clock.advance(5);
    expect(bench.sent).toEqual([]);
    expect(bench.host.alarms.standing().map((a) => a.code)).toContain('store.failing');
    expect(bench.host.post({ type: 'lamp.count', from: 'test/bench', to: 'lamp/a', data: {} })).toEqual({
      refused: 'STORE_FAILING',
    });
    await bench.clock.advance(1_000);
    expect(bench.sent.map((e) => e.data.n)).toEqual([1]);
    expect(bench.state('b')!.count).toBe(2);
    expect(bench.host.alarms.standing()).toEqual([]);
    expect(
      bench
        .journal()
        .map((r) => r.type)
        .filter((t) => t === 'lamp.answer'),
    ).toHaveLength(1);
  });

  test('a cut leaves after 300 ms though the store stalls, once, and is journalled as late', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    bench.store.stall();
    await bench.tell('a', 'count', {}, 10);
    await bench.tell('a', 'cut', { n: 7 }, 10);
    await bench.tell('a', 'answer', { n: 8 }, 250);
    expect(bench.sent).toEqual([]);
    await bench.clock.advance(100);
    expect(bench.sentTypes()).toEqual(['cut']);
    await bench.clock.advance(30_000);
    expect(bench.sentTypes()).toEqual(['cut']);
    expect(bench.host.alarms.standing().map((a) => a.code)).toContain('store.stalled');
    bench.store.resume();
    await bench.clock.advance(100);
    expect(bench.sentTypes()).toEqual(['cut', 'answer']);
    expect(bench.journal().map((r) => r.type)).toContain('runtime.effectSentLate');
  });

  test('a cut leaves although the disk is full, and is not sent again when space returns', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    const failing = setIntervalFailing(bench);
    const result = bench.host.post(
      { type: 'lamp.cut', from: 'test/bench', to: 'lamp/a', data: { n: 1 } },
      { urgent: true },
    );
    expect(result).toBe('accepted');
    await bench.clock.advance(900);
    expect(bench.sentTypes()).toEqual(['cut']);
    failing.stop();
    await bench.clock.advance(5_000);
    expect(bench.sentTypes()).toEqual(['cut']);
    expect(bench.journal().map((r) => r.type)).toContain('runtime.effectSentLate');
  });

  test('a restart finds the state of every acknowledged turn', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    await bench.tell('a', 'count');
    await bench.tell('a', 'switchOn');
    const next = await bench.restarted('powerCut');
    expect(next.state('a')).toEqual({ value: 'lit', count: 1 });
  });
});

/** Fails every commit until stopped. */
function setIntervalFailing(bench: HostBench): { stop: () => void } {
  const commit = bench.store.commit.bind(bench.store);
  bench.store.commit = (writes) => {
    bench.store.failNext('full');
    return commit(writes);
  };
  return {
    stop: () => {
      bench.store.commit = commit;
    },
  };
}

describe('memory', () => {
  test('a turn that keeps its change in memory stores no snapshot, and a crash forgets only that change', async () => {
    const bench = await HostBench.started();
    await bench.tell('a', 'made');
    const before = bench.store.get('snapshots', 'lamp/a');
    await bench.tell('a', 'volatileCount');
    expect(bench.state('a')!.count).toBe(1);
    expect(bench.store.get('snapshots', 'lamp/a')).toEqual(before);
    const next = await bench.restarted();
    expect(next.state('a')!.count).toBe(0);
  });
});
