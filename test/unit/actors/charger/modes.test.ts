import { describe, expect, it } from 'vitest';
import { chargerKind, modeOf } from '../../../../actors/charger-actor.ts';
import type { Mode } from '../../../../actors/tells.ts';
import { chargerMachine } from '../../../../machines/charger/charger.machine.ts';
import type { ChargerEvent } from '../../../../machines/charger/charger.messages.ts';
import { MachineRunner } from '../../../../runtime/host/step.ts';
import { answerIn, ChargerBench, CP, effectsIn, reasonsIn, tellsIn } from '../../../helpers/charger-bench.ts';

const boot = { chargePointVendor: 'V', chargePointModel: 'M' };

/** Ways into each state of the mode, from a charger that was just configured with one connector. */
const ways: Record<string, Array<(bench: ChargerBench) => void>> = {
  'offline.neverSeen': [],
  'offline.lost': [(bench) => bench.open(), (bench) => bench.close()],
  fallback: [(bench) => bench.fire('grace')],
  'resync.awaitingBoot': [(bench) => bench.open()],
  'resync.bootAsked': [(bench) => bench.open(), (bench) => bench.fire('bootWait')],
  'resync.awaitingStatuses': [(bench) => bench.open(), (bench) => bench.call('BootNotification', boot)],
  'resync.statusesAsked': [
    (bench) => bench.open(),
    (bench) => bench.call('BootNotification', boot),
    (bench) => bench.fire('statusWait'),
  ],
  online: [
    (bench) => bench.open(),
    (bench) => bench.call('BootNotification', boot),
    (bench) => bench.status(1, 'Available'),
  ],
};
type StateName = keyof typeof ways;

const stimuli: Record<string, (bench: ChargerBench) => void> = {
  opened: (bench) => bench.open('s2'),
  closed: (bench) => bench.close('s1'),
  'closed (older socket)': (bench) => bench.close('s0'),
  booted: (bench) => bench.call('BootNotification', boot),
  'status 1': (bench) => bench.status(1, 'Available'),
  'status 2': (bench) => bench.status(2, 'Available'),
  configured: (bench) => bench.configure({ connectors: 1 }),
  'backend online': (bench) => bench.backend('online'),
  'boot refused': (bench) => bench.southAnswered('own:boot', 'TriggerMessage', { status: 'NotImplemented' }),
  'status refused': (bench) => bench.southFailed('own:status:1', 'TriggerMessage', 'error'),
};

/** Where each stimulus leads; a state without an entry must not move. */
const moves: Record<StateName, Record<string, StateName>> = {
  'offline.neverSeen': { opened: 'resync.awaitingBoot' },
  'offline.lost': { opened: 'resync.awaitingBoot' },
  fallback: { opened: 'resync.awaitingBoot', configured: 'offline.neverSeen' },
  'resync.awaitingBoot': {
    closed: 'offline.lost',
    booted: 'resync.awaitingStatuses',
    configured: 'offline.lost',
  },
  'resync.bootAsked': {
    opened: 'resync.awaitingBoot',
    closed: 'offline.lost',
    booted: 'resync.awaitingStatuses',
    configured: 'offline.lost',
    'boot refused': 'resync.awaitingStatuses',
  },
  'resync.awaitingStatuses': {
    opened: 'resync.awaitingBoot',
    closed: 'offline.lost',
    'status 1': 'online',
    configured: 'offline.lost',
    'status refused': 'online',
  },
  'resync.statusesAsked': {
    opened: 'resync.awaitingBoot',
    closed: 'offline.lost',
    'status 1': 'online',
    configured: 'offline.lost',
    'status refused': 'online',
  },
  online: {
    opened: 'resync.awaitingBoot',
    closed: 'offline.lost',
    booted: 'resync.awaitingStatuses',
    configured: 'offline.lost',
  },
};

function inState(name: StateName): ChargerBench {
  const bench = new ChargerBench({ connectors: 1 });
  for (const step of ways[name]!) step(bench);
  expect(stateOf(bench)).toBe(name);
  return bench;
}

function stateOf(bench: ChargerBench): string {
  const { mode } = bench.value as { mode: string | Record<string, string> };
  return typeof mode === 'string' ? mode : Object.entries(mode)[0]!.join('.');
}

const rows = Object.keys(ways).flatMap((from) =>
  Object.keys(stimuli).map((stimulus) => {
    const to = moves[from]![stimulus];
    return { from, stimulus, to: to ?? from, verb: to === undefined ? 'stays' : `goes to ${to}` };
  }),
);

describe('the mode of a charger', () => {
  it.each(rows)('in $from, on $stimulus, $verb', ({ from, stimulus, to }) => {
    const bench = inState(from);
    stimuli[stimulus]!(bench);
    expect(stateOf(bench)).toBe(to);
  });

  it.each(rows)('in $from, restarted, on $stimulus, $verb', ({ from, stimulus, to }) => {
    const bench = inState(from);
    bench.restart();
    stimuli[stimulus]!(bench);
    expect(stateOf(bench)).toBe(to);
  });

  it.each(Object.keys(ways))('in %s is one of the four', (name) => {
    const bench = inState(name);
    const mode = modeOf({ value: bench.value } as never);
    expect(mode).toBe(name.split('.')[0]);
  });

  it('goes from offline to fallback when the grace is over, and says so', () => {
    const bench = inState('offline.lost');
    expect(bench.timers.get([...bench.timers.keys()][0]!)!.dueAtMs - bench.nowMs).toBe(60_000);
    const turn = bench.fire('grace');
    expect(stateOf(bench)).toBe('fallback');
    expect(reasonsIn(turn)).toEqual(['charger.modeChanged charger.graceOver']);
  });

  it.each(['resync.awaitingBoot', 'resync.bootAsked', 'resync.awaitingStatuses', 'resync.statusesAsked'])(
    'in %s ends as online after ten seconds at the latest',
    (name) => {
      const bench = inState(name);
      bench.fire('resyncBound');
      expect(stateOf(bench)).toBe('online');
    },
  );

  it('waits on in resync while the CPMS holds the registration back', () => {
    const bench = new ChargerBench({ connectors: 1 });
    bench.backend('online');
    bench.open();
    const [call] = effectsIn(bench.call('BootNotification', boot), 'north', 'call');
    bench.northAnswered(call!.correlation as string, 'BootNotification', { status: 'Pending' });
    expect(bench.value).toMatchObject({ mode: { resync: 'awaitingBoot' }, boot: 'pending' });
  });
});

describe('a charger that is back', () => {
  it('is asked for a boot when it does not send one, then for the statuses it did not tell', () => {
    const bench = new ChargerBench();
    bench.open();
    const asked = bench.fire('bootWait');
    expect(effectsIn(asked, 'south', 'call')).toMatchObject([
      { action: 'TriggerMessage', raw: '{"requestedMessage":"BootNotification"}', correlation: 'own:boot' },
    ]);
    bench.southAnswered('own:boot', 'TriggerMessage', { status: 'Accepted' });
    expect(stateOf(bench)).toBe('resync.bootAsked');
    bench.call('BootNotification', boot);
    bench.status(2, 'Available');
    const statuses = bench.fire('statusWait');
    expect(effectsIn(statuses, 'south', 'call')).toMatchObject([
      {
        raw: '{"requestedMessage":"StatusNotification","connectorId":1}',
        correlation: 'own:status:1',
      },
    ]);
    bench.status(1, 'Charging');
    expect(stateOf(bench)).toBe('online');
  });
});

describe('a change of mode', () => {
  const to = (mode: Mode, connectors: number[]) => ({ charger: CP, mode, connectors });

  it('is told to connectors, to open sessions, and to the budget where load management is on', () => {
    const bench = new ChargerBench({ managed: true });
    bench.serve('offline');
    bench.call('StartTransaction', {
      connectorId: 1,
      idTag: 'card-1',
      timestamp: '2026-01-01T00:00:00Z',
      meterStart: 0,
    });
    const { session } = bench.transactions[0]!;
    const turn = bench.close();
    expect(turn.tells.map(({ to, type, data }) => ({ to, type, data }))).toEqual([
      { to: `connector/${CP}/1`, type: 'connector.linkChanged', data: { mode: 'offline' } },
      { to: `connector/${CP}/2`, type: 'connector.linkChanged', data: { mode: 'offline' } },
      { to: `session/${session}`, type: 'session.chargerChanged', data: { mode: 'offline' } },
      { to: 'budget/site', type: 'budget.chargerChanged', data: to('offline', [1, 2]) },
    ]);
    expect(tellsIn(bench.backend('online'), 'session.backendChanged')).toEqual([
      { to: `session/${session}`, data: { mode: 'online' } },
    ]);
  });

  it('is not told to a budget where load management is off', () => {
    const bench = new ChargerBench();
    expect(tellsIn(bench.open(), 'budget.chargerChanged')).toEqual([]);
  });
});

describe('what a connector wants', () => {
  it('follows its status and its transaction, and is told when it changes', () => {
    const bench = new ChargerBench({ managed: true, connectors: 1 });
    bench.serve('offline');
    const demand = (turn: ReturnType<ChargerBench['status']>) =>
      tellsIn(turn, 'budget.demandChanged').map(({ data }) => {
        const { demand, transactionId } = data as { demand: string; transactionId: number | null };
        return [demand, transactionId];
      });
    const id = 2 ** 30;
    expect(demand(bench.status(1, 'Preparing'))).toEqual([['preparing', null]]);
    expect(demand(bench.status(1, 'Preparing'))).toEqual([]);
    const start = { connectorId: 1, idTag: 'x', timestamp: '2026-01-01T00:00:00Z', meterStart: 0 };
    expect(demand(bench.call('StartTransaction', start))).toEqual([
      ['charging', null],
      ['charging', id],
    ]);
    expect(demand(bench.status(1, 'SuspendedEV'))).toEqual([['suspended', id]]);
    expect(demand(bench.status(1, 'Charging'))).toEqual([['charging', id]]);
    const stop = { transactionId: id, timestamp: '2026-01-01T00:00:00Z', meterStop: 0 };
    bench.status(1, 'Finishing');
    expect(demand(bench.call('StopTransaction', stop))).toEqual([['preparing', null]]);
    expect(demand(bench.status(1, 'Faulted'))).toEqual([['idle', null]]);
    // Connector 2 was learnt; the budget is told of both again after a start of the process.
    expect(demand(bench.configure({ managed: true, connectors: 1 }))).toEqual([
      ['idle', null],
      ['idle', null],
    ]);
  });
});

describe('a connector that the site file did not promise', () => {
  it('is brought into being when it reports', () => {
    const bench = new ChargerBench({ connectors: 1 });
    bench.serve('offline');
    const turn = bench.status(3, 'Available');
    expect(turn.tells.filter(({ to }) => to === `connector/${CP}/3`).map(({ type }) => type)).toEqual([
      'connector.configured',
      'connector.linkChanged',
      'connector.statusReported',
    ]);
    expect(tellsIn(bench.status(3, 'Available'), 'connector.configured')).toEqual([]);
  });

  it('numbered 0 is the charger itself: queued, and told to nobody', () => {
    const bench = new ChargerBench();
    bench.open();
    const turn = bench.status(0, 'Available');
    expect(answerIn(turn)).toEqual({});
    expect(turn.tells).toEqual([]);
    expect(bench.queue).toHaveLength(1);
  });

  it('beyond the 64th is passed on and not tracked', () => {
    const bench = new ChargerBench({ connectors: 64 });
    bench.open();
    const turn = bench.status(65, 'Available');
    expect(turn.tells).toEqual([]);
    expect(bench.queue).toHaveLength(1);
  });
});

describe('the binding', () => {
  it('comes into being by its configuration only', () => {
    const envelope = (type: string) => ({ type, to: `charger/${CP}` }) as never;
    expect(chargerKind.birth(envelope('charger.configured'))).toEqual({ charger: CP });
    expect(chargerKind.birth(envelope('south.opened'))).toBeUndefined();
  });

  it('counts the grace as no safety deadline: giving a charger up early would free its capacity', () => {
    const safe = ['answer:7', 'caps', 'xstate.after.grace.charger.mode.offline'];
    expect(safe.map((id) => chargerKind.isSafetyTimer!(id))).toEqual([true, true, false]);
  });
});

describe('an answer deadline', () => {
  it('is armed under its own key and disarmed when the answer comes', () => {
    const runner = new MachineRunner(chargerMachine, { input: { charger: CP } });
    runner.start();
    const answer = {
      key: 'k1',
      kind: 'queued',
      socketId: 's1',
      messageId: 'm1',
      action: 'StopTransaction',
      idTag: null,
      raw: null,
      overdue: false,
    } as const;
    const awaited: ChargerEvent = { type: 'answer.awaited', at: 0, answer, delayMs: 5_000 };
    expect(runner.step(awaited).timers).toEqual([
      { kind: 'arm', timerId: 'answer:k1', delayMs: 5_000, event: { type: 'answer.overdue', key: 'k1' } },
    ]);
    const settled: ChargerEvent = { type: 'answer.settled', at: 0, key: 'k1' };
    expect(runner.step(settled).timers).toEqual([{ kind: 'cancel', timerId: 'answer:k1' }]);
  });
});
