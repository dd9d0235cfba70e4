import { describe, expect, test } from 'vitest';
import type { AnyMachineSnapshot } from 'xstate';
import type { Address } from '../../../../runtime/address.ts';
import type { PostOptions } from '../../../../runtime/errors.ts';
import type { LastWord } from '../../../../runtime/host/host-options.ts';
import { limits } from '../../../../runtime/limits.ts';
import { HostBench } from '../../../helpers/host-bench.ts';

/** Lamps a and b; b notes what it is told in the name of a. */
async function twoLamps(
  lastWords?: (address: Address, snapshot: AnyMachineSnapshot | undefined) => LastWord[],
) {
  const bench = await HostBench.started(lastWords ? { host: { lastWords } } : {});
  await bench.tell('a', 'made');
  await bench.tell('b', 'made');
  return bench;
}

function post(bench: HostBench, name: string, type: string, data = {}, options: PostOptions = {}) {
  return bench.host.post({ type: `lamp.${type}`, from: 'test/bench', to: `lamp/${name}`, data }, options);
}

const farewell = (address: Address): LastWord[] =>
  address === 'lamp/a' ? [{ to: 'lamp/b', type: 'lamp.noted', data: { n: 99 } }] : [];

const noted = (bench: HostBench, address: Address) =>
  bench.host.rows<number[]>('noted').find(({ key }) => key === address)?.value;

describe('a quarantine', () => {
  test('is listed with its time and its cause, and journalled with the envelope that was one too many', async () => {
    const bench = await twoLamps();
    await bench.breakDown('b');
    const [quarantine, ...others] = bench.host.quarantines();
    expect(others).toEqual([]);
    expect(quarantine).toMatchObject({ address: 'lamp/b', why: 'Error: broken lamp' });
    expect(quarantine!.untilMs - quarantine!.sinceMs).toBe(limits.quarantineMs);
    const record = bench.journal().find(({ type }) => type === 'runtime.quarantined')!;
    expect(record).toMatchObject({
      from: 'lamp/b',
      reason: {
        code: 'runtime.throwsAgainAndAgain',
        params: { error: 'Error: broken lamp', untilMs: quarantine!.untilMs },
      },
    });
    const cause = bench.journal().find(({ id }) => id === record.cause);
    expect(cause).toMatchObject({ type: 'lamp.break', to: 'lamp/b' });
  });

  test('is ended by an operator, whose reason is journalled; what waited is taken in order', async () => {
    const bench = await twoLamps();
    await bench.breakDown('b');
    await bench.tell('a', 'pass', { to: 'lamp/b', n: 3 }, 1_000);
    expect(bench.state('b')!.count).toBe(0);
    expect(bench.host.release('lamp/b', 'cable was replaced')).toBe('released');
    await bench.clock.advance(20);
    expect(bench.state('b')!.count).toBe(3);
    expect(bench.host.quarantines()).toEqual([]);
    expect(bench.alarmCodes()).toEqual(['runtime.parked']);
    expect(post(bench, 'b', 'count')).toBe('accepted');
    expect(bench.journal().find(({ type }) => type === 'runtime.released')).toMatchObject({
      reason: { code: 'operator.released', params: { address: 'lamp/b', why: 'cable was replaced' } },
    });
    // The end that its time would have brought must not end a later one.
    await bench.clock.advance(limits.quarantineMs / 2);
    await bench.breakDown('b');
    await bench.clock.advance(limits.quarantineMs / 2 + 1_000);
    expect(bench.host.isQuarantined('lamp/b')).toBe(true);
  });

  test('of nobody cannot be ended, and nothing is journalled for it', async () => {
    const bench = await twoLamps();
    expect(bench.host.release('lamp/a', 'why not')).toBe('notQuarantined');
    expect(bench.host.release('lamp/none', 'why not')).toBe('unknownActor');
    await bench.clock.advance(20);
    expect(bench.journal().map(({ type }) => type)).not.toContain('runtime.released');
  });

  test('of one actor that an operator lets out too early counts once; of four actors the process gives up', async () => {
    const fatal: string[] = [];
    const bench = await HostBench.started({ host: { onFatal: (why) => fatal.push(why) } });
    for (const name of ['a', 'b', 'c', 'd']) await bench.tell(name, 'made');
    for (let i = 0; i < limits.quarantinesMax + 2; i++) {
      await bench.breakDown('a');
      bench.host.release('lamp/a', 'try again');
    }
    await bench.breakDown('b');
    await bench.breakDown('c');
    expect(fatal).toEqual([]);
    await bench.breakDown('d');
    expect(fatal).toEqual(['too many actors were quarantined']);
  });
});

describe('the last words of an actor that is set aside', () => {
  test('come after all that it told itself', async () => {
    const bench = await twoLamps(farewell);
    bench.bus.publish = () => {}; // silent: what it told is still under way
    post(bench, 'a', 'passLatest', { to: 'lamp/b', key: 'k', n: 1 });
    for (let i = 0; i <= limits.restartsMax; i++) post(bench, 'a', 'break');
    await bench.clock.advance(1_000);
    expect(bench.quarantined).toEqual(['lamp/a']);
    expect(noted(bench, 'lamp/b')).toEqual([1, 99]);
  });

  test('are said once although the store refused them at first, and survive a crash', async () => {
    const bench = await twoLamps(farewell);
    for (let i = 0; i < limits.restartsMax; i++) await bench.tell('a', 'break');
    const commit = bench.store.commit.bind(bench.store);
    bench.store.commit = (writes) => {
      bench.store.failNext('full');
      return commit(writes);
    };
    await bench.tell('a', 'break', {}, 10_000);
    expect(bench.host.isQuarantined('lamp/a')).toBe(true);
    expect(noted(bench, 'lamp/b')).toBeUndefined();
    bench.store.commit = commit;
    await bench.clock.advance(5_000);
    expect(noted(bench, 'lamp/b')).toEqual([99]);
    expect(bench.journal().filter(({ type }) => type === 'runtime.quarantined')).toHaveLength(1);
    const next = await bench.restarted();
    expect(noted(next, 'lamp/b')).toEqual([99]);
  });

  test('are not said to an address that is not in being', async () => {
    const bench = await HostBench.started({ host: { lastWords: farewell } });
    await bench.tell('a', 'made');
    await bench.breakDown('a');
    expect(bench.host.counters['envelopes.undeliverable']).toBeUndefined();
  });

  test('are not said once it has been released: from then on it speaks for itself', async () => {
    const bench = await twoLamps(farewell);
    for (let i = 0; i < limits.restartsMax; i++) await bench.tell('a', 'break');
    const commit = bench.store.commit.bind(bench.store);
    bench.store.commit = (writes) => {
      bench.store.failNext('full');
      return commit(writes);
    };
    await bench.tell('a', 'break', {}, 1_000);
    bench.host.release('lamp/a', 'it is well');
    bench.store.commit = commit;
    await bench.clock.advance(5_000);
    expect(noted(bench, 'lamp/b')).toBeUndefined();
    expect(bench.journal().map(({ type }) => type)).toContain('runtime.quarantined');
  });
});

describe('tells to an actor that is set aside', () => {
  test('have a bound: their sender is handed nothing more that somebody would repeat, and none is lost', async () => {
    const bench = await twoLamps();
    await bench.breakDown('b');
    let told = 0;
    while (post(bench, 'a', 'pass', { to: 'lamp/b', n: 1 }) === 'accepted') {
      told += 1;
      await bench.clock.advance(1);
    }
    expect(told).toBe(limits.tellsWaitingMax);
    expect(bench.host.counters.outbox).toBe(limits.tellsWaitingMax);
    expect(post(bench, 'a', 'count')).toEqual({ refused: 'TELLS_WAITING' });
    expect(bench.alarmCodes()).toContain('tells.waiting');
    // What nobody repeats is taken all the same, and others are not affected.
    expect(post(bench, 'a', 'count', {}, { notice: true })).toBe('accepted');
    expect(post(bench, 'a', 'count', {}, { urgent: true })).toBe('accepted');
    await bench.tell('c', 'made');
    await bench.tell('c', 'count');
    expect(bench.state('c')!.count).toBe(1);

    bench.host.release('lamp/b', 'repaired');
    await bench.clock.advance(1_000);
    expect(bench.state('b')!.count).toBe(told);
    expect(bench.host.counters.outbox).toBe(0);
    expect(bench.alarmCodes()).not.toContain('tells.waiting');
    expect(post(bench, 'a', 'count')).toBe('accepted');
  });

  test('still hold their sender after a restart, until they are taken', async () => {
    const bench = await twoLamps();
    await bench.breakDown('b');
    while (post(bench, 'a', 'pass', { to: 'lamp/b', n: 1 }) === 'accepted') await bench.clock.advance(1);
    const next = await bench.restarted();
    await next.clock.advance(1_000);
    expect(next.state('b')!.count).toBe(limits.tellsWaitingMax);
    expect(post(next, 'a', 'count')).toBe('accepted');
  });

  test('that newer ones replace do not pile up in its mailbox', async () => {
    const bench = await twoLamps();
    await bench.breakDown('b');
    const times = 10 * limits.mailboxPruneAt;
    for (let n = 1; n <= times; n++) await bench.tell('a', 'passLatest', { to: 'lamp/b', key: 'k', n }, 1);
    const kept = times - bench.host.counters['tells.superseded']!;
    expect(kept).toBeLessThanOrEqual(limits.mailboxPruneAt);
    bench.host.release('lamp/b', 'repaired');
    await bench.clock.advance(1_000);
    expect(noted(bench, 'lamp/b')).toEqual([times]);
  });
});

describe('a deed of the supervisor', () => {
  const cut = { type: 'safeState.limitCut', reason: { code: 'test.cut' } };
  const deeds = (bench: HostBench) =>
    bench.journal().filter(({ type }) => type === cut.type || type === 'runtime.effectSentLate');

  test('is done once its record is on disk', async () => {
    const bench = await HostBench.started();
    const seen: number[] = [];
    bench.host.carryOut(cut, () => seen.push(deeds(bench).length));
    await bench.clock.advance(1_000);
    expect(seen).toEqual([1]);
    expect(deeds(bench)).toHaveLength(1);
  });

  test('does not wait for a stalled or failing store longer than a cut may, and is journalled as late', async () => {
    const bench = await HostBench.started();
    const seen: number[] = [];
    bench.store.stall();
    bench.host.carryOut(cut, () => seen.push(bench.clock.monotonicMs()));
    const before = bench.clock.monotonicMs();
    await bench.clock.advance(1_000);
    expect(seen).toEqual([before + limits.lateCutMs]);
    bench.store.failNext('full');
    bench.store.resume();
    await bench.clock.advance(5_000);
    expect(seen).toHaveLength(1);
    expect(deeds(bench).map(({ type }) => type)).toEqual([cut.type, 'runtime.effectSentLate']);
  });
});
