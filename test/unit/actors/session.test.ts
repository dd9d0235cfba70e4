import { describe, expect, it } from 'vitest';
import { modeOf, sessionKind } from '../../../actors/session-actor.ts';
import type { Mode, SessionInput } from '../../../actors/tells.ts';
import { MachineRunner } from '../../../runtime/host/step.ts';
import type { ActorBench, BenchTurn } from '../../helpers/actor-bench.ts';
import { openSession, SESSION } from '../../helpers/session-bench.ts';

const open = (more: Partial<SessionInput> = {}) => openSession({ ...SESSION, ...more });

const life = (bench: ActorBench): unknown =>
  typeof bench.value === 'string' ? bench.value : (bench.value as { active: { life: unknown } }).active.life;
const authority = (bench: ActorBench): unknown =>
  (bench.value as { active: { authority: unknown } }).active.authority;

const verdict = (bench: ActorBench, status: string) =>
  bench.deliver('session.startAnswered', { cpmsTransactionId: 42, status });
const stop = (bench: ActorBench, meterStopWh = 5_000) =>
  bench.deliver('session.stopped', { at: bench.nowMs, meterStopWh, reason: 'Local' });
const failed = (bench: ActorBench, what: 'start' | 'stop') =>
  bench.deliver('session.deliveryFailed', { what, error: 'InternalError: no' });
const metered = (bench: ActorBench, energyWh: number | null) =>
  bench.deliver('session.metered', { at: bench.nowMs, energyWh, currentMilliamps: [6_000] });
const backend = (bench: ActorBench, mode: Mode) => bench.deliver('session.backendChanged', { mode });
const charger = (bench: ActorBench, mode: Mode) => bench.deliver('session.chargerChanged', { mode });
const codes = (turn: BenchTurn) => turn.journal.map(({ reason }) => reason?.code);

const running = () => {
  const bench = open();
  verdict(bench, 'Accepted');
  return bench;
};
const stopping = () => {
  const bench = open();
  verdict(bench, 'Blocked');
  return bench;
};
const unheard = () => {
  const bench = stopping();
  for (let i = 0; i < 10; i++) bench.fire('stopRetry');
  return bench;
};
const stopped = () => {
  const bench = running();
  stop(bench);
  return bench;
};

describe('the life of a session', () => {
  type Row = [
    from: string,
    make: () => ActorBench,
    event: string,
    act: (bench: ActorBench) => void,
    to: unknown,
  ];
  const asking = { stopping: 'asking' };
  const free = { running: 'free' };
  const rows: Row[] = [
    ['starting', open, 'the CPMS accepts', (s) => verdict(s, 'Accepted'), free],
    ['starting', open, 'the CPMS says Invalid', (s) => verdict(s, 'Invalid'), asking],
    ['starting', open, 'the CPMS says Expired', (s) => verdict(s, 'Expired'), asking],
    ['starting', open, 'the CPMS says ConcurrentTx', (s) => verdict(s, 'ConcurrentTx'), asking],
    ['starting', open, 'no verdict comes in time', (s) => s.fire('verdictPatience'), free],
    ['starting', open, 'the backend goes away', (s) => backend(s, 'offline'), free],
    ['starting', open, 'a sample comes', (s) => metered(s, 1_100), 'starting'],
    ['starting', open, 'the Start becomes a dead letter', (s) => failed(s, 'start'), 'starting'],
    ['starting', open, 'the charger stops', (s) => stop(s), 'stopped'],
    [
      'starting',
      open,
      'the start was never confirmed',
      (s) => s.deliver('session.aborted', { reason: 'unconfirmed' }),
      'aborted',
    ],
    ['running', running, 'the charger is lost', (s) => charger(s, 'offline'), free],
    ['running', running, 'the backend goes away', (s) => backend(s, 'offline'), free],
    ['running', running, 'a verdict is repeated', (s) => verdict(s, 'Accepted'), free],
    ['running', running, 'a late verdict refuses', (s) => verdict(s, 'Blocked'), asking],
    [
      'running',
      running,
      'word of a Stop comes that was never sent',
      (s) => s.deliver('session.stopAnswered'),
      free,
    ],
    ['running', running, 'the Start becomes a dead letter', (s) => failed(s, 'start'), free],
    ['running', running, 'the charger stops', (s) => stop(s), 'stopped'],
    ['stopping', stopping, 'a verdict changes its mind', (s) => verdict(s, 'Accepted'), asking],
    ['stopping', stopping, 'the charger stops', (s) => stop(s), 'stopped'],
    [
      'stopping',
      stopping,
      'the charger lost the transaction',
      (s) => s.deliver('session.aborted', { reason: 'lost' }),
      'aborted',
    ],
    ['unheard', unheard, 'the charger goes away', (s) => charger(s, 'offline'), { stopping: 'unheard' }],
    ['unheard', unheard, 'the charger comes back', (s) => charger(s, 'online'), asking],
    ['unheard', unheard, 'the charger stops', (s) => stop(s), 'stopped'],
    ['stopped', stopped, 'the Stop is repeated', (s) => stop(s), 'stopped'],
    ['stopped', stopped, 'a late sample comes', (s) => metered(s, 9_000), 'stopped'],
    ['stopped', stopped, 'a late verdict refuses', (s) => verdict(s, 'Blocked'), 'stopped'],
    ['stopped', stopped, 'the Start becomes a dead letter', (s) => failed(s, 'start'), 'stopped'],
    [
      'stopped',
      stopped,
      'somebody wants it aborted',
      (s) => s.deliver('session.aborted', { reason: 'late' }),
      'stopped',
    ],
    ['stopped', stopped, 'the CPMS has the Stop', (s) => s.deliver('session.stopAnswered'), 'settled'],
    ['stopped', stopped, 'the Stop becomes a dead letter', (s) => failed(s, 'stop'), 'settled'],
  ];
  it.each(rows)('%s; %#. when %s', (_from, make, _event, act, to) => {
    const bench = make();
    act(bench);
    expect(life(bench)).toEqual(to);
    expect(bench.finished).toBe(to === 'settled' || to === 'aborted');
  });

  it.each(['offline', 'fallback', 'resync'] as const)(
    'runs on the local word from birth when the backend is %s',
    (mode) => {
      expect(life(open({ backend: mode }))).toEqual({ running: 'free' });
    },
  );

  it('is born by its opening only', () => {
    const envelope = { type: 'session.metered', to: 'session/s1', data: {} } as never;
    expect(sessionKind.birth(envelope)).toBeUndefined();
  });
});

describe('a refused session', () => {
  it('asks the charger to stop, and asks again every 30 s, ten times in all', () => {
    const bench = open();
    const first = verdict(bench, 'Blocked');
    expect(first.tells).toMatchObject([
      { to: 'charger/cp1', type: 'charger.stopWanted', data: { session: 's1', reason: 'Blocked' } },
    ]);
    let asked = 1;
    const since = bench.nowMs;
    for (let i = 0; i < 10; i++) asked += bench.fire('stopRetry').tells.length;
    expect(asked).toBe(10);
    expect(bench.nowMs - since).toBe(10 * 30_000);
    expect([...bench.timers.keys()].filter((id) => id.includes('stopRetry'))).toEqual([]);
  });

  it('asks ten times more when the charger comes back', () => {
    const bench = unheard();
    expect(charger(bench, 'online').tells).toHaveLength(1);
    expect(bench.context.stopAsks).toBe(1);
  });

  it('counts an interrupted request as due, and no other deadline', () => {
    const ids = [...stopping().timers.keys(), ...open({ backend: 'offline' }).timers.keys()];
    expect(ids.filter((id) => sessionKind.isSafetyTimer!(id))).toEqual([
      expect.stringContaining('stopRetry'),
    ]);
    expect(ids.length).toBeGreaterThan(1);
  });

  it('goes on asking after a restart of the process', () => {
    const bench = stopping();
    bench.restart();
    expect(bench.fire('stopRetry').tells).toHaveLength(1);
  });
});

describe('the authority of a session', () => {
  const rows: Array<[from: Mode, to: Mode, expected: Mode]> = [
    ['online', 'offline', 'offline'],
    ['online', 'fallback', 'fallback'],
    ['online', 'resync', 'resync'],
    ['offline', 'online', 'online'],
    ['offline', 'fallback', 'fallback'],
    ['offline', 'resync', 'resync'],
    ['fallback', 'resync', 'resync'],
    ['fallback', 'online', 'online'],
    ['fallback', 'offline', 'fallback'],
    ['resync', 'online', 'online'],
    ['resync', 'offline', 'offline'],
    ['resync', 'fallback', 'fallback'],
    ['online', 'online', 'online'],
    ['resync', 'resync', 'resync'],
  ];
  it.each(rows)('born %s, told %s, is %s', (from, to, expected) => {
    const bench = open({ backend: from });
    expect(authority(bench)).toBe(from);
    backend(bench, to);
    expect(authority(bench)).toBe(expected);
  });

  it('becomes local by itself when the backend stays away', () => {
    const bench = open({ backend: 'offline' });
    const before = bench.nowMs;
    expect(codes(bench.fire('fallbackAfter'))).toEqual(['session.fallback']);
    expect([authority(bench), bench.nowMs - before]).toEqual(['fallback', 60_000]);
  });

  it('can be read from a snapshot, also of a session that is over', () => {
    const runner = new MachineRunner(sessionKind.machine, { input: { ...SESSION, backend: 'resync' } });
    runner.start();
    runner.step({ type: 'session.opened' });
    expect(modeOf(runner.snapshot())).toBe('resync');
    runner.step({ type: 'session.aborted', at: 1, reason: 'lost' } as never);
    expect(modeOf(runner.snapshot())).toBe('online');
  });

  it('journals each change with its reason', () => {
    const bench = open();
    expect(codes(backend(bench, 'offline'))).toContain('session.offline');
    expect(codes(charger(bench, 'offline'))).toEqual(['session.chargerChanged']);
  });
});

describe('the energy of a session', () => {
  it('follows the register and is told at the end', () => {
    const bench = running();
    metered(bench, 3_000);
    stop(bench, 5_000);
    const end = bench.deliver('session.stopAnswered');
    expect(end.tells).toMatchObject([
      { to: 'charger/cp1', type: 'charger.sessionEnded', data: { session: 's1', outcome: 'completed' } },
    ]);
    expect(end.journal).toMatchObject([
      { type: 'session.ended', data: { outcome: 'completed', energyWh: 4_000, stopReason: 'Local' } },
    ]);
  });

  it('never falls: a lower register is journalled and not applied', () => {
    const bench = running();
    metered(bench, 3_000);
    const turn = metered(bench, 2_000);
    expect(turn.journal).toMatchObject([
      { reason: { code: 'session.registerBackwards', params: { registerWh: 3_000, readingWh: 2_000 } } },
    ]);
    stop(bench, 1_500);
    expect(bench.context).toMatchObject({ energyWh: 2_000, registerWh: 3_000, registerFaults: 2 });
  });

  it('keeps the register when a sample has none', () => {
    const bench = running();
    metered(bench, 3_000);
    metered(bench, null);
    expect(bench.context).toMatchObject({ energyWh: 2_000, currentMilliamps: [6_000] });
  });

  it('lets samples wait for company, and nothing else', () => {
    const bench = running();
    expect(metered(bench, 3_000).relaxed).toBe(true);
    expect(stop(bench).relaxed).toBe(false);
  });
});

it('keeps no idTag', () => {
  expect(JSON.stringify(running().context)).not.toContain('SECRET-TAG');
});
