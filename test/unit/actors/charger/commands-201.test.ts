import { describe, expect, it } from 'vitest';
import type { DeferredRow } from '../../../../actors/command-rows.ts';
import type { BenchTurn } from '../../../helpers/actor-bench.ts';
import { ChargerBench, CP, effectsIn, tellsIn } from '../../../helpers/charger-bench.ts';

const card = { idToken: 'CARD-1', type: 'Central' };
const timestamp = '2026-01-01T00:00:00.000Z';

/** A charger of 1.6 that charges on connector 1; the CPMS is of 2.0.1. */
function charging(patch = {}): { bench: ChargerBench; session: string; transactionId: number } {
  const bench = new ChargerBench(patch);
  bench.serve('online');
  bench.call('StartTransaction', { connectorId: 1, idTag: 'card-1', timestamp, meterStart: 100 });
  const start = bench.queue.at(-1)!;
  bench.delivered(start.n, { idTagInfo: { status: 'Accepted' }, transactionId: 7 });
  const { session, transactionId } = bench.transactions[0]!;
  return { bench, session, transactionId };
}

interface Answer {
  version?: string;
  payload: unknown;
}

function northAnswer(turn: BenchTurn): Answer {
  const [answer, ...more] = effectsIn(turn, 'north', 'answer');
  expect(more).toEqual([]);
  const { raw, error, version } = answer as { raw?: string; error?: { code: string }; version?: string };
  return { ...(version ? { version } : {}), payload: raw === undefined ? error?.code : JSON.parse(raw) };
}

const sentIn = (turn: BenchTurn) => effectsIn(turn, 'south', 'call');

const notTheirs = {
  reasonCode: 'ReadOnly',
  additionalInfo: "what a charger logs in with is not the CPMS's to change",
};
const away = { reasonCode: 'Unspecified', additionalInfo: 'the charger is not connected' };

describe('a command of a 2.0.1 CPMS', () => {
  it('is forwarded as it came, in its version, and its answer goes back likewise', () => {
    const { bench } = charging();
    const turn = bench.command201('TriggerMessage', { requestedMessage: 'Heartbeat' });
    const [sent] = sentIn(turn);
    expect(sent).toMatchObject({
      action: 'TriggerMessage',
      version: '2.0.1',
      raw: '{"requestedMessage":"Heartbeat"}',
    });
    const raw = '{ "status":"Accepted" }';
    const answered = bench.deliver(
      'south.answered',
      { action: 'TriggerMessage', version: '2.0.1', raw },
      { correlation: sent!.correlation as string, transient: JSON.parse(raw) },
    );
    expect(effectsIn(answered, 'north', 'answer')).toMatchObject([{ version: '2.0.1', raw }]);
  });

  it('about a transaction by the id of its session names it to the charger by the id that the charger has', () => {
    const { bench, session, transactionId } = charging();
    const turn = bench.command201('RequestStopTransaction', { transactionId: session });
    expect(sentIn(turn)).toMatchObject([{ version: '2.0.1', transaction: { transactionId, connector: 1 } }]);
  });

  it.each([
    ['Reset', { type: 'Immediate' }, 'Scheduled'],
    ['Reset', { type: 'OnIdle' }, 'Scheduled'],
    ['ChangeAvailability', { operationalStatus: 'Inoperative', evse: { id: 1 } }, 'Scheduled'],
    ['UnlockConnector', { evseId: 1, connectorId: 1 }, 'UnlockFailed'],
  ])('%s %o during a session is answered %s, and does not reach the charger', (action, payload, status) => {
    const { bench } = charging();
    const turn = bench.command201(action, payload);
    expect(northAnswer(turn)).toMatchObject({ version: '2.0.1', payload: { status } });
    expect(sentIn(turn)).toEqual([]);
  });

  it('that was deferred is sent as it came once the session is over, and once only', () => {
    const { bench, transactionId } = charging();
    bench.command201('Reset', { type: 'OnIdle' });
    expect(bench.table<DeferredRow>(`deferred/${CP}`)).toMatchObject([{ action: 'Reset', version: '2.0.1' }]);
    bench.call('StopTransaction', { transactionId, timestamp: '2026-01-01T01:00:00Z', meterStop: 200 });
    const answered = bench.delivered(bench.queue.at(-1)!.n, {});
    const woken = bench.wake(answered);
    expect(sentIn(woken)).toMatchObject([{ action: 'Reset', version: '2.0.1', raw: '{"type":"OnIdle"}' }]);
    expect(bench.table(`deferred/${CP}`)).toEqual([]);
  });

  it('that would set a guarded variable is kept as the desired setting', () => {
    const { bench } = charging();
    const variable = { component: { name: 'OCPPCommCtrlr' }, variable: { name: 'HeartbeatInterval' } };
    const turn = bench.command201('SetVariables', {
      setVariableData: [{ ...variable, attributeValue: '60' }],
    });
    expect(northAnswer(turn)).toEqual({
      version: '2.0.1',
      payload: { setVariableResult: [{ ...variable, attributeStatus: 'Accepted' }] },
    });
    expect(bench.table(`settings/${CP}`)).toMatchObject([{ key: 'HeartbeatInterval', value: '60' }]);
    expect(sentIn(turn).map(({ action }) => action)).toEqual(['ChangeConfiguration']);
  });

  it('that sets a guarded variable among others is refused as a whole', () => {
    const { bench } = charging();
    const turn = bench.command201('SetVariables', {
      setVariableData: [
        {
          component: { name: 'OCPPCommCtrlr' },
          variable: { name: 'HeartbeatInterval' },
          attributeValue: '60',
        },
        { component: { name: 'TxCtrlr' }, variable: { name: 'EVConnectionTimeOut' }, attributeValue: '30' },
      ],
    });
    const { payload } = northAnswer(turn) as {
      payload: { setVariableResult: Array<{ attributeStatus: string }> };
    };
    expect(payload.setVariableResult.map(({ attributeStatus }) => attributeStatus)).toEqual([
      'Rejected',
      'Rejected',
    ]);
    expect(bench.table(`settings/${CP}`)).toEqual([]);
    expect(sentIn(turn)).toEqual([]);
  });

  it.each([
    [
      'SetNetworkProfile',
      { configurationSlot: 1, connectionData: {} },
      { status: 'Rejected', statusInfo: notTheirs },
    ],
    [
      'SetVariables',
      {
        setVariableData: [
          {
            component: { name: 'SecurityCtrlr' },
            variable: { name: 'BasicAuthPassword' },
            attributeValue: '***',
          },
          { component: { name: 'TxCtrlr' }, variable: { name: 'EVConnectionTimeOut' }, attributeValue: '30' },
        ],
      },
      {
        setVariableResult: [
          {
            attributeStatus: 'Rejected',
            attributeStatusInfo: notTheirs,
            component: { name: 'SecurityCtrlr' },
            variable: { name: 'BasicAuthPassword' },
          },
          {
            attributeStatus: 'Rejected',
            attributeStatusInfo: notTheirs,
            component: { name: 'TxCtrlr' },
            variable: { name: 'EVConnectionTimeOut' },
          },
        ],
      },
    ],
  ])(
    '%s with what is not the CPMS’s to change is refused, whatever the rules say',
    (action, payload, answer) => {
      const { bench } = charging();
      const turn = bench.command201(action, payload);
      expect(northAnswer(turn)).toEqual({ version: '2.0.1', payload: answer });
      expect(sentIn(turn)).toEqual([]);
    },
  );

  it('with a charging profile is kept and answered here where load management is on', () => {
    const { bench } = charging({ managed: true });
    const turn = bench.command201('SetChargingProfile', {
      evseId: 1,
      chargingProfile: {
        id: 5,
        stackLevel: 0,
        chargingProfilePurpose: 'TxDefaultProfile',
        chargingProfileKind: 'Relative',
        chargingSchedule: [
          { id: 1, chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 8 }] },
        ],
      },
    });
    expect(northAnswer(turn)).toMatchObject({ version: '2.0.1', payload: { status: 'Accepted' } });
    expect(sentIn(turn)).toEqual([]);
    expect(tellsIn(turn, 'budget.capChanged')).toMatchObject([
      { data: { connector: 1, capMilliamps: 8_000 } },
    ]);
  });

  it.each([
    [
      'RequestStartTransaction',
      { idToken: card, remoteStartId: 1, evseId: 1 },
      { status: 'Rejected', statusInfo: away },
    ],
    ['SetMonitoringLevel', { severity: 1 }, { status: 'Rejected', statusInfo: away }],
    // Its response has no word for a refusal.
    ['GetLocalListVersion', {}, 'InternalError'],
  ])('%s for a charger that is away is refused', (action, payload, answer) => {
    const { bench } = charging();
    bench.close();
    expect(northAnswer(bench.command201(action, payload)).payload).toEqual(answer);
  });
});

describe('GetTransactionStatus', () => {
  it('counts what waits in the queue of this site', () => {
    const { bench, session, transactionId } = charging();
    const ask = () =>
      northAnswer(bench.command201('GetTransactionStatus', { transactionId: session })).payload;
    expect(ask()).toEqual({ ongoingIndicator: true, messagesInQueue: false });
    bench.backend('offline');
    bench.call('StopTransaction', { transactionId, timestamp: '2026-01-01T01:00:00Z', meterStop: 200 });
    expect(ask()).toEqual({ ongoingIndicator: false, messagesInQueue: true });
  });

  it('of no certain transaction says whether anything of any waits', () => {
    const { bench, transactionId } = charging();
    const ask = () => northAnswer(bench.command201('GetTransactionStatus', {})).payload;
    expect(ask()).toEqual({ messagesInQueue: false });
    const meterValue = [{ timestamp: '2026-01-01T00:30:00Z', sampledValue: [{ value: '150' }] }];
    bench.call('MeterValues', { connectorId: 1, transactionId, meterValue });
    expect(ask()).toEqual({ messagesInQueue: true });
  });

  it('of a transaction that nobody here knows is the charger’s to answer', () => {
    const { bench } = charging();
    const turn = bench.command201('GetTransactionStatus', { transactionId: 'nobody' });
    expect(sentIn(turn)).toMatchObject([{ action: 'GetTransactionStatus', version: '2.0.1' }]);
  });
});
