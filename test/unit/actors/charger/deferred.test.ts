import { describe, expect, it } from 'vitest';
import type { DeferredRow } from '../../../../actors/command-rows.ts';
import { defaultGovernance, type GovernanceRules } from '../../../../machines/shared/governance/rules.ts';
import type { BenchTurn } from '../../../helpers/actor-bench.ts';
import { ChargerBench, CP, effectsIn, reasonsIn, tellsIn } from '../../../helpers/charger-bench.ts';

const held: GovernanceRules = {
  ...defaultGovernance,
  commands: {
    ...defaultGovernance.commands,
    reset: { policy: 'forward', duringSession: 'accept-and-hold', limits: {} },
    unlockConnector: { policy: 'forward', duringSession: 'accept-and-hold', limits: {} },
  },
};
const FIRMWARE = { location: 'https://files.example.com/f.bin', retrieveDate: '2026-01-01T00:00:00Z' };
const HOUR_MS = 3_600_000;

/** A charger that charges on connector 1. */
function charging(governance: GovernanceRules = held): ChargerBench {
  const bench = new ChargerBench({ governance });
  bench.serve('online');
  begin(bench, 1);
  return bench;
}

function begin(bench: ChargerBench, connectorId: number): void {
  const start = { connectorId, idTag: 'card-1', timestamp: '2026-01-01T00:00:00Z', meterStart: 100 };
  bench.call('StartTransaction', start);
  const answer = { idTagInfo: { status: 'Accepted' }, transactionId: connectorId };
  bench.delivered(bench.queue.at(-1)!.n, answer);
  bench.status(connectorId, 'Charging');
}

/** The Stop is accepted and answered; what it woke runs in a turn of its own. */
function end(bench: ChargerBench, transactionId: number): BenchTurn {
  const stop = { transactionId, timestamp: '2026-01-01T01:00:00Z', meterStop: 200 };
  const called = bench.call('StopTransaction', stop);
  expect(tellsIn(called, 'charger.deferredDue')).toEqual([]);
  const answered = bench.delivered(bench.queue.at(-1)!.n, {});
  expect(effectsIn(answered, 'south', 'call')).toEqual([]);
  return bench.wake(answered);
}

function northAnswer(turn: BenchTurn): unknown {
  const [answer] = effectsIn(turn, 'north', 'answer');
  return answer?.raw === undefined ? answer?.error : JSON.parse(answer.raw as string);
}

const sentIn = (turn: BenchTurn) => effectsIn(turn, 'south', 'call').map(({ action, raw }) => [action, raw]);
const waiting = (bench: ChargerBench) => bench.table<DeferredRow>(`deferred/${CP}`);

describe('a command during a session', () => {
  it.each([
    ['Reset', { type: 'Soft' }, { status: 'Rejected' }],
    ['UnlockConnector', { connectorId: 1 }, { status: 'UnlockFailed' }],
  ])('%s is refused by default, with the reason in the journal', (action, payload, answer) => {
    const bench = charging(defaultGovernance);
    const turn = bench.command(action, payload);
    expect(northAnswer(turn)).toEqual(answer);
    expect(sentIn(turn)).toEqual([]);
    expect(turn.journal).toEqual([
      {
        type: 'command.refused',
        reason: { code: 'command.sessionRuns', params: { connector: 1, action } },
      },
    ]);
    expect(waiting(bench)).toEqual([]);
  });

  it.each([
    ['ChangeAvailability', { connectorId: 0, type: 'Inoperative' }, { status: 'Scheduled' }],
    ['UpdateFirmware', FIRMWARE, {}],
    ['Reset', { type: 'Soft' }, { status: 'Accepted' }],
    ['UnlockConnector', { connectorId: 1 }, { status: 'Unlocked' }],
  ])('%s is answered at once, and sent as it stands when the session is over', (action, payload, answer) => {
    const bench = charging();
    const turn = bench.command(action, payload);
    expect(northAnswer(turn)).toEqual(answer);
    expect(sentIn(turn)).toEqual([]);
    expect(reasonsIn(turn)).toEqual(['command.deferred command.sessionRuns']);
    const done = end(bench, 1);
    expect(sentIn(done)).toEqual([[action, JSON.stringify(payload)]]);
    expect(reasonsIn(done)).toContain('command.deferredSent command.sessionOver');
    expect(waiting(bench)).toEqual([]);
    expect([...bench.timers.keys()].filter((id) => id.includes('deferrals'))).toEqual([]);
    const [call] = effectsIn(done, 'south', 'call');
    const outcome = bench.southAnswered(call!.correlation as string, action, { status: 'Accepted' });
    expect(outcome.effects).toEqual([]);
    expect(reasonsIn(outcome)).toEqual(['command.deferredAnswered charger.answered']);
  });

  it('that the rules refuse is never kept', () => {
    const bench = charging();
    const turn = bench.command('UpdateFirmware', { ...FIRMWARE, location: 'http://localhost/f' });
    expect(northAnswer(turn)).toEqual({
      code: 'GenericError',
      description: 'this URL is not allowed (localAddress)',
      details: {},
    });
    expect(waiting(bench)).toEqual([]);
    expect(() => end(bench, 1)).toThrow('nothing was woken');
  });

  it('counts as one where the charger says that it charges, though it was never told here', () => {
    const bench = new ChargerBench({ governance: held });
    bench.serve('online');
    bench.status(2, 'SuspendedEV');
    expect(northAnswer(bench.command('Reset', { type: 'Soft' }))).toEqual({ status: 'Accepted' });
    expect(waiting(bench)).toHaveLength(1);
    const freed = bench.status(2, 'Finishing');
    expect(sentIn(bench.wake(freed))).toEqual([['Reset', '{"type":"Soft"}']]);
  });

  it('waits for the end of the last session that it would disturb', () => {
    const bench = charging();
    begin(bench, 2);
    bench.command('Reset', { type: 'Soft' });
    expect(sentIn(end(bench, 1))).toEqual([]);
    expect(sentIn(end(bench, 2))).toEqual([['Reset', '{"type":"Soft"}']]);
  });

  it('is not sent while the charger waits for the answer to its Stop', () => {
    const bench = charging();
    bench.command('Reset', { type: 'Soft' });
    bench.call('StopTransaction', { transactionId: 1, timestamp: '2026-01-01T01:00:00Z', meterStop: 200 });
    const status = bench.status(1, 'Finishing');
    expect(sentIn(bench.wake(status))).toEqual([]);
    const overdue = bench.fire('answer:');
    expect(sentIn(bench.wake(overdue))).toEqual([['Reset', '{"type":"Soft"}']]);
  });
});

describe('deferred commands', () => {
  it('of one kind and place: only the newest is done', () => {
    const bench = charging();
    bench.command('Reset', { type: 'Soft' }, 'c1');
    const turn = bench.command('Reset', { type: 'Hard' }, 'c2');
    expect(reasonsIn(turn)).toEqual([
      'command.withdrawn command.replaced',
      'command.deferred command.sessionRuns',
    ]);
    expect(sentIn(end(bench, 1))).toEqual([['Reset', '{"type":"Hard"}']]);
  });

  it('about the availability of the same connector are done in their order', () => {
    const bench = charging();
    const out = { connectorId: 0, type: 'Inoperative' };
    const back = { connectorId: 1, type: 'Operative' };
    bench.command('ChangeAvailability', out, 'c1');
    expect(northAnswer(bench.command('ChangeAvailability', back, 'c2'))).toEqual({ status: 'Scheduled' });
    expect(sentIn(end(bench, 1))).toEqual([
      ['ChangeAvailability', JSON.stringify(out)],
      ['ChangeAvailability', JSON.stringify(back)],
    ]);
  });

  it('are at most eight; one more is refused', () => {
    const bench = charging();
    for (let connectorId = 3; connectorId <= 12; connectorId++) bench.status(connectorId, 'Charging');
    const answers = Array.from({ length: 9 }, (_, i) =>
      northAnswer(bench.command('ChangeAvailability', { connectorId: i + 3, type: 'Inoperative' }, `c${i}`)),
    );
    expect(answers.slice(0, 8)).toEqual(Array(8).fill({ status: 'Scheduled' }));
    expect(answers[8]).toEqual({ status: 'Rejected' });
    expect(waiting(bench)).toHaveLength(8);
  });

  it('expire after a day at most, and are not sent then', () => {
    const bench = charging();
    bench.command('Reset', { type: 'Soft' });
    const startedAt = bench.nowMs;
    bench.restart();
    const turn = bench.fire('deferrals');
    expect(bench.nowMs - startedAt).toBe(24 * HOUR_MS);
    expect(reasonsIn(turn)).toEqual(['command.expired command.deferralExpired']);
    expect(waiting(bench)).toEqual([]);
    expect(() => end(bench, 1)).toThrow('nothing was woken');
  });

  it('expire when the clock was put back, as nobody knows then how long they waited', () => {
    const bench = charging();
    bench.command('Reset', { type: 'Soft' });
    bench.nowMs -= 59_000;
    expect(bench.wake(bench.status(2, 'Available')).journal).toEqual([]);
    bench.nowMs -= 2_000;
    const turn = bench.wake(bench.status(2, 'Available'));
    expect(reasonsIn(turn)).toEqual(['command.expired command.deferralExpired']);
  });

  it('survive a restart, and wait a minute for the charger once the session is over', () => {
    const bench = charging();
    bench.command('Reset', { type: 'Soft' });
    bench.restart();
    bench.configure();
    expect(waiting(bench)).toHaveLength(1);
    bench.open('s2');
    bench.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' }, { socketId: 's2' });
    const overdue = end(bench, 1);
    expect(sentIn(overdue)).toEqual([]);
    const [row] = waiting(bench);
    expect(row).toMatchObject({ isOverdue: true, expiresAt: bench.nowMs + 60_000 });
    const late = bench.fire('deferrals');
    expect(reasonsIn(late)).toEqual(['command.expired command.noSocket']);
    expect(waiting(bench)).toEqual([]);
  });

  it('that were sent when the process ended are journalled as of unknown outcome, and never sent again', () => {
    const bench = charging();
    bench.command('Reset', { type: 'Soft' }, 'c7');
    end(bench, 1);
    bench.restart();
    const turn = bench.configure();
    expect(turn.effects).toEqual([]);
    expect(turn.journal).toContainEqual({
      type: 'command.outcomeUnknown',
      reason: { code: 'process.restarted', params: { action: 'Reset', messageId: 'c7' } },
    });
    expect(bench.table(`deferredRun/${CP}`)).toEqual([]);
  });
});

describe('the reason for a decision', () => {
  const reasons = (bench: ChargerBench) =>
    bench.queue
      .filter(({ action }) => action === 'DataTransfer')
      .map(({ raw }) => JSON.parse(raw) as { vendorId: string; data: string });

  it('goes upstream where the CPMS takes a message for it', () => {
    const bench = charging({ ...held, reasonVendorId: 'org.example' });
    bench.command('Reset', { type: 'Soft' }, 'c7');
    const [told] = reasons(bench);
    expect(told?.vendorId).toBe('org.example');
    expect(JSON.parse(told!.data)).toEqual({
      action: 'Reset',
      messageId: 'c7',
      decision: 'deferred',
      code: 'command.sessionRuns',
      text: 'a session runs on connector 1',
    });
  });

  it('stays in the journal where it does not', () => {
    const bench = charging();
    bench.command('Reset', { type: 'Soft' });
    expect(reasons(bench)).toEqual([]);
  });
});
