import { describe, expect, it } from 'vitest';
import { sessionKind } from '../../../actors/session-actor.ts';
import type { Mode, SessionInput } from '../../../actors/tells.ts';
import type { Json } from '../../../runtime/envelope.ts';
import type { StoredActor } from '../../../runtime/host/actor-kind.ts';
import { MachineRunner } from '../../../runtime/host/step.ts';
import type { ActorBench, BenchTurn } from '../../helpers/actor-bench.ts';
import { openSession, SESSION } from '../../helpers/session-bench.ts';

const HOUR_MS = 3_600_000;

const input: SessionInput = { ...SESSION, backend: 'offline', authorisedBy: 'policy' };
const open = (more: Partial<SessionInput> = {}) => openSession({ ...input, ...more });

function cap(bench: ActorBench, maxEnergyWh: number | null, maxDurationMs: number | null): BenchTurn {
  const dueAt = maxDurationMs === null ? null : bench.nowMs + maxDurationMs;
  return bench.deliver('session.capped', { tokenClass: 'unknown', maxEnergyWh, dueAt });
}

/** 2 kWh and an hour. */
const timed = (more: Partial<SessionInput> = {}) => {
  const bench = open(more);
  cap(bench, 2_000, HOUR_MS);
  return bench;
};
/** 2 kWh. */
const metered = (more: Partial<SessionInput> = {}) => {
  const bench = open(more);
  cap(bench, 2_000, null);
  return bench;
};
const spent = () => {
  const bench = timed();
  read(bench, 3_000);
  return bench;
};
const limited = () => {
  const bench = open();
  verdict(bench, 'Invalid', 5_000);
  return bench;
};

const life = (bench: ActorBench): unknown =>
  typeof bench.value === 'string' ? bench.value : (bench.value as { active: { life: unknown } }).active.life;
const read = (bench: ActorBench, energyWh: number | null) =>
  bench.deliver('session.metered', { at: bench.nowMs, energyWh, currentMilliamps: null });
const verdict = (bench: ActorBench, status: string, maxEnergyWh?: number) =>
  bench.deliver('session.startAnswered', {
    cpmsTransactionId: 42,
    status,
    ...(maxEnergyWh === undefined ? {} : { maxEnergyWh }),
  });
const charger = (bench: ActorBench, mode: Mode) => bench.deliver('session.chargerChanged', { mode });
const stop = (bench: ActorBench) =>
  bench.deliver('session.stopped', { at: bench.nowMs, meterStopWh: 5_000, reason: 'Local' });
const codes = (turn: BenchTurn) => turn.journal.map(({ reason }) => reason?.code);
const asks = (turn: BenchTurn) =>
  turn.tells
    .filter(({ type }) => type === 'charger.stopWanted')
    .map(({ data }) => (data as { reason: string }).reason);

const isFree = { running: 'free' };
const isTimed = { running: 'timed' };
const isMetered = { running: 'metered' };
const isAsking = { stopping: 'asking' };

describe('a session that local policy let in', () => {
  type Row = [
    from: string,
    make: () => ActorBench,
    event: string,
    act: (bench: ActorBench) => void,
    to: unknown,
  ];
  const rows: Row[] = [
    ['free', open, 'capped in time', (s) => cap(s, null, HOUR_MS), isTimed],
    ['free', open, 'capped in time and energy', (s) => cap(s, 2_000, HOUR_MS), isTimed],
    ['free', open, 'capped in energy', (s) => cap(s, 2_000, null), isMetered],
    ['free', open, 'it draws a lot', (s) => read(s, 90_000), isFree],
    ['starting', () => open({ backend: 'online' }), 'capped in time', (s) => cap(s, null, HOUR_MS), isTimed],
    [
      'starting',
      () => open({ backend: 'online' }),
      'capped in energy',
      (s) => cap(s, 2_000, null),
      isMetered,
    ],

    ['timed', timed, 'it draws less than the cap', (s) => read(s, 2_999), isTimed],
    ['timed', timed, 'it draws the cap', (s) => read(s, 3_000), isAsking],
    ['timed', timed, 'a reading runs backwards', (s) => read(s, 900), isTimed],
    ['timed', timed, 'a sample has no register', (s) => read(s, null), isTimed],
    ['timed', timed, 'its time is over', (s) => s.fire('boundTime'), isAsking],
    ['timed', timed, 'the CPMS takes the card', (s) => verdict(s, 'Accepted'), isFree],
    ['timed', timed, 'the CPMS refuses the card', (s) => verdict(s, 'Invalid'), isAsking],
    ['timed', timed, 'refused, and limited in energy', (s) => verdict(s, 'Invalid', 5_000), isTimed],
    ['timed', timed, 'capped again', (s) => cap(s, 9_000, null), isTimed],
    ['timed', timed, 'the backend stays away', (s) => s.fire('fallbackAfter'), isTimed],
    ['timed', timed, 'the charger goes away', (s) => charger(s, 'offline'), isTimed],
    ['timed', timed, 'the charger stops', (s) => stop(s), 'stopped'],

    ['metered', metered, 'it draws less than the cap', (s) => read(s, 2_999), isMetered],
    ['metered', metered, 'it draws the cap', (s) => read(s, 3_000), isAsking],
    ['metered', metered, 'no reading comes', (s) => s.fire('unreadPatience'), isAsking],
    ['metered', metered, 'a reading runs backwards', (s) => read(s, 900), isMetered],
    ['metered', metered, 'the CPMS takes the card', (s) => verdict(s, 'Accepted'), isFree],
    ['metered', metered, 'the CPMS refuses the card', (s) => verdict(s, 'Blocked'), isAsking],
    ['metered', metered, 'refused, and limited in energy', (s) => verdict(s, 'Blocked', 5_000), isMetered],

    ['spent', spent, 'the CPMS takes the card after all', (s) => verdict(s, 'Accepted'), isFree],
    ['spent', spent, 'the CPMS refuses the card too', (s) => verdict(s, 'Blocked'), isAsking],
    ['spent', spent, 'refused, and limited in energy', (s) => verdict(s, 'Blocked', 5_000), isAsking],
    ['spent', spent, 'a lower reading comes', (s) => read(s, 2_000), isAsking],
    ['spent', spent, 'the charger stops', (s) => stop(s), 'stopped'],

    ['limited', limited, 'it draws less than the limit', (s) => read(s, 5_999), isMetered],
    ['limited', limited, 'it draws the limit', (s) => read(s, 6_000), isAsking],
    ['limited', limited, 'the CPMS changes its mind', (s) => verdict(s, 'Accepted'), isMetered],
    ['limited', limited, 'no reading comes', (s) => s.fire('unreadPatience'), isAsking],
  ];
  it.each(rows)('%s; %#. when %s', (_from, make, _event, act, to) => {
    const bench = make();
    act(bench);
    expect(life(bench)).toEqual(to);
  });

  it('is stopped once its energy is reached, with the numbers in the journal', () => {
    const bench = timed();
    const turn = read(bench, 3_040);
    expect(codes(turn)).toEqual(['session.energyCapReached']);
    expect(turn.journal[0]!.reason!.params).toEqual({
      cause: 'unknown',
      energyWh: 2_040,
      maxEnergyWh: 2_000,
    });
    expect(asks(turn)).toEqual(['energyCap']);
    expect(turn.tells[0]!.options.reason).toMatchObject({ code: 'session.energyCapReached' });
    expect(asks(read(bench, 3_100))).toEqual([]);
  });

  it('is stopped when its time is over, counted from the decision, and by the rules of any stop after that', () => {
    const bench = open();
    const dueAt = bench.nowMs + HOUR_MS;
    bench.nowMs += 60_000;
    bench.deliver('session.capped', { tokenClass: 'cached', maxEnergyWh: null, dueAt });
    const turn = bench.fire('boundTime');
    expect(bench.nowMs).toBe(dueAt);
    expect(asks(turn)).toEqual(['durationCap']);
    expect(turn.journal[0]!.reason).toEqual({
      code: 'session.durationCapReached',
      params: { cause: 'cached', energyWh: 0, dueAt },
    });
    for (let i = 0; i < 10; i++) bench.fire('stopRetry');
    expect(life(bench)).toEqual({ stopping: 'unheard' });
    expect(asks(charger(bench, 'online'))).toEqual(['durationCap']);
  });

  it('is stopped at once where its time was over before it heard of it', () => {
    const bench = open();
    bench.deliver('session.capped', { tokenClass: 'unknown', maxEnergyWh: null, dueAt: bench.nowMs - 1 });
    expect(bench.timers.get([...bench.timers.keys()].find((id) => id.includes('boundTime'))!)!.dueAtMs).toBe(
      bench.nowMs,
    );
  });

  it('keeps its cap and its deadline over a restart of the process', () => {
    const bench = timed();
    read(bench, 2_500);
    bench.restart();
    expect(life(bench)).toEqual(isTimed);
    expect(asks(read(bench, 3_000))).toEqual(['energyCap']);
    const other = timed();
    other.restart();
    expect(asks(other.fire('boundTime'))).toEqual(['durationCap']);
  });

  it('has no deadline left once the CPMS took the card', () => {
    const bench = timed();
    const turn = verdict(bench, 'Accepted');
    expect(codes(turn)).toEqual(['session.verdict', 'session.capLifted']);
    expect([...bench.timers.keys()].filter((id) => id.includes('boundTime'))).toEqual([]);
    expect(asks(read(bench, 90_000))).toEqual([]);
  });

  it('is asked no more once the CPMS took the card after all', () => {
    const bench = spent();
    verdict(bench, 'Accepted');
    expect([...bench.timers.keys()].filter((id) => id.includes('stopRetry'))).toEqual([]);
    expect(bench.context).toMatchObject({ stopAsks: 0, bound: null });
  });

  it('is not stopped for a lack of readings while a cap in time governs', () => {
    expect([...timed().timers.keys()].filter((id) => id.includes('unreadPatience'))).toEqual([]);
  });

  it('has its patience anew with each reading, and with none that is no reading', () => {
    const bench = metered();
    const due = () => [...bench.timers.entries()].find(([id]) => id.includes('unreadPatience'))![1].dueAtMs;
    const first = due();
    bench.nowMs += 600_000;
    read(bench, 900);
    read(bench, null);
    expect(due()).toBe(first);
    read(bench, 1_500);
    expect(due()).toBe(first + 600_000);
  });

  it('is not stopped for the silence of a charger that is away, but for the one after that', () => {
    const bench = metered();
    charger(bench, 'offline');
    expect(asks(bench.fire('unreadPatience'))).toEqual([]);
    charger(bench, 'online');
    const turn = bench.fire('unreadPatience');
    expect(asks(turn)).toEqual(['energyUnread']);
    expect(turn.journal[0]!.reason!.params).toMatchObject({
      energyWh: 0,
      maxEnergyWh: 2_000,
      patienceMs: 1_800_000,
    });
  });

  it('counts from its first reading where nobody told the one at its start', () => {
    const bench = metered({ meterStartWh: 0, isStartUnread: true });
    expect(asks(read(bench, 700_000))).toEqual([]);
    expect(asks(read(bench, 701_999))).toEqual([]);
    expect(asks(read(bench, 702_000))).toEqual(['energyCap']);
    expect(bench.context).toMatchObject({ energyWh: 2_000 });
  });

  it('has its end in time count as due when nobody knows the time, and no other deadline of it', () => {
    const ids = [...timed().timers.keys(), ...metered().timers.keys()];
    expect(ids.filter((id) => sessionKind.isSafetyTimer!(id))).toEqual([
      expect.stringContaining('boundTime'),
    ]);
  });
});

describe('a session that the CPMS refused and that may draw an amount', () => {
  it('is stopped there, since its start', () => {
    const bench = open();
    read(bench, 4_000);
    const turn = verdict(bench, 'Blocked', 5_000);
    expect(turn.journal.map(({ reason }) => reason)).toContainEqual({
      code: 'session.energyLimited',
      params: { status: 'Blocked', energyWh: 3_000, maxEnergyWh: 5_000 },
    });
    expect(asks(read(bench, 5_999))).toEqual([]);
    expect(asks(read(bench, 6_000))).toEqual(['energyCap']);
  });

  it('is stopped at once where it drew that already', () => {
    const bench = open();
    read(bench, 6_000);
    const turn = verdict(bench, 'Blocked', 5_000);
    expect(asks(turn)).toEqual(['Blocked']);
    expect(turn.tells[0]!.options.reason).toEqual({
      code: 'session.refused',
      params: { status: 'Blocked', energyWh: 5_000, maxEnergyWh: 5_000 },
    });
  });

  it('may not draw more than it might before, nor run for longer', () => {
    const bench = timed();
    verdict(bench, 'Blocked', 5_000);
    expect(asks(read(bench, 2_999))).toEqual([]);
    expect(asks(read(bench, 3_000))).toEqual(['energyCap']);
    const other = timed();
    verdict(other, 'Blocked', 5_000);
    expect(asks(other.fire('boundTime'))).toEqual(['durationCap']);
  });

  it('is limited while the word on its start was still awaited, too', () => {
    const bench = open({ backend: 'online' });
    verdict(bench, 'Invalid', 5_000);
    expect(life(bench)).toEqual(isMetered);
  });
});

describe('a session of version 1', () => {
  /** As that version stored it. */
  function stored(life: Json, verdict: string | null): StoredActor {
    const runner = new MachineRunner(sessionKind.machine, { input: { ...input } });
    runner.start();
    const { context, ...snapshot } = runner.persisted() as { context: Record<string, Json> };
    const { bound: _bound, stopCause: _stopCause, ...before } = context;
    const value = { active: { life, authority: 'offline' } };
    return {
      version: 1,
      snapshot: { ...snapshot, value, context: { ...before, verdict } },
      timers: [],
      lastArm: 3,
    };
  }
  const restored = (life: Json, verdict: string | null) => {
    const runner = new MachineRunner(sessionKind.machine, {
      snapshot: sessionKind.migrations[1]!(stored(life, verdict)).snapshot,
    });
    runner.start();
    return runner;
  };

  it.each<[Json, unknown]>([
    ['starting', 'starting'],
    ['running', { running: 'free' }],
    ['stopped', 'stopped'],
  ])('that was %j goes on', (before, after) => {
    const { value } = restored(before, null).snapshot();
    expect(value).toEqual({ active: { life: after, authority: 'offline' } });
  });

  it('that was to be stopped is asked for the same reason again', () => {
    const runner = restored({ stopping: 'asking' }, 'Blocked');
    const retry = { type: 'xstate.after.stopRetry.session.active.life.stopping.asking', at: 1 };
    expect(runner.step(retry).effects).toMatchObject([
      { type: 'requestStop', params: { reason: 'Blocked' } },
    ]);
  });
});
