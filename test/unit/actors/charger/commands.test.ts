import { describe, expect, it } from 'vitest';
import type { BenchTurn } from '../../../helpers/actor-bench.ts';
import { ChargerBench, CP, effectsIn, reasonsIn, tellsIn } from '../../../helpers/charger-bench.ts';

const LOCAL_ID = 2 ** 30;
const start = { connectorId: 1, idTag: 'card-1', timestamp: '2026-01-01T00:00:00Z', meterStart: 100 };

function served(patch = {}): ChargerBench {
  const bench = new ChargerBench(patch);
  bench.serve('online');
  return bench;
}

function northAnswer(turn: BenchTurn): unknown {
  const [answer] = effectsIn(turn, 'north', 'answer');
  if (!answer) return undefined;
  return answer.raw === undefined ? answer.error : JSON.parse(answer.raw as string);
}

function southCall(turn: BenchTurn): Record<string, unknown> {
  const [call] = effectsIn(turn, 'south', 'call');
  if (!call) throw new Error('nothing was sent to the charger');
  return call;
}

const error = (description: string) => ({ code: 'InternalError', description, details: {} });

describe('a command of the CPMS', () => {
  it('is forwarded byte for byte, and its answer passed back byte for byte', () => {
    const bench = served();
    const raw = '{ "type" : "Soft", "x": 1.0, "y": "\\u00e9" }';
    const call = southCall(bench.command('Reset', raw, 'c7'));
    expect(call).toMatchObject({ action: 'Reset', raw, messageId: 'c7', timeoutMs: 30_000 });
    const turn = bench.deliver(
      'south.answered',
      { action: 'Reset', raw: '{"status" : "Accepted"}' },
      { correlation: call.correlation as string },
    );
    expect(effectsIn(turn, 'north', 'answer')).toEqual([
      { type: 'answer', charger: CP, socketId: 'n1', messageId: 'c7', raw: '{"status" : "Accepted"}' },
    ]);
    expect(bench.context.commands).toEqual([]);
  });

  it('with two readings is sent as it was judged', () => {
    const bench = served();
    const raw = '{"key":"AuthorizationKey","key":"LightIntensity","value":"5"}';
    expect(southCall(bench.command('ChangeConfiguration', raw)).raw).toBe(
      '{"key":"LightIntensity","value":"5"}',
    );
  });

  it.each([
    ['error', { code: 'GenericError', description: 'no', details: {} }],
    ['timeout', error('the charger did not answer in time')],
    ['closed', error('charger is not connected')],
    ['notConnected', error('charger is not connected')],
    ['queueFull', error('no')],
  ])('that the charger fails as %s is answered with an error', (kind, answer) => {
    const bench = served();
    const call = southCall(bench.command('Reset', { type: 'Soft' }));
    expect(northAnswer(bench.southFailed(call.correlation as string, 'Reset', kind))).toEqual(answer);
  });

  it('beyond the cap is answered with an error, and not sent', () => {
    const bench = served();
    for (let i = 0; i < 16; i++) bench.command('Reset', { type: 'Soft' }, `c${i}`);
    const turn = bench.command('Reset', { type: 'Soft' }, 'c16');
    expect(northAnswer(turn)).toEqual(error('too many commands are waiting for the charger'));
    expect(effectsIn(turn, 'south', 'call')).toEqual([]);
    expect(reasonsIn(turn)).toEqual(['command.refused command.tooMany']);
  });

  it('is forwarded while the charger is still being reconciled', () => {
    const bench = new ChargerBench();
    bench.open();
    expect(bench.value).toMatchObject({ mode: { resync: 'awaitingBoot' } });
    expect(southCall(bench.command('GetConfiguration', {})).action).toBe('GetConfiguration');
  });

  it('that was out when the process ended is journalled as of unknown outcome, and never sent again', () => {
    const bench = served();
    const call = southCall(bench.command('Reset', { type: 'Hard' }, 'c7'));
    bench.restart();
    const turn = bench.configure();
    expect(turn.effects).toEqual([]);
    expect(turn.journal).toContainEqual({
      type: 'command.outcomeUnknown',
      reason: { code: 'process.restarted', params: { action: 'Reset', messageId: 'c7' } },
    });
    expect(bench.southAnswered(call.correlation as string, 'Reset', { status: 'Accepted' }).effects).toEqual(
      [],
    );
  });
});

describe('a command while the charger is away', () => {
  const refusals: Array<[string, string | null]> = [
    ['Reset', 'Rejected'],
    ['UnlockConnector', 'UnlockFailed'],
    ['RemoteStartTransaction', 'Rejected'],
    ['RemoteStopTransaction', 'Rejected'],
    ['ChangeAvailability', 'Rejected'],
    ['ReserveNow', 'Rejected'],
    ['CancelReservation', 'Rejected'],
    ['TriggerMessage', 'Rejected'],
    ['SendLocalList', 'Failed'],
    ['SetChargingProfile', 'Rejected'],
    ['GetConfiguration', null],
    ['ChangeConfiguration', null],
    ['UpdateFirmware', null],
    ['DataTransfer', null],
  ];
  const away: Array<[string, (bench: ChargerBench) => void]> = [
    ['never seen', () => {}],
    [
      'offline',
      (bench) => {
        bench.open();
        bench.close();
      },
    ],
    ['in fallback', (bench) => void bench.fire('grace')],
  ];

  describe.each(away)('because it is %s', (_, bring) => {
    it.each(refusals)('%s is answered %s', (action, status) => {
      const bench = new ChargerBench();
      bring(bench);
      const turn = bench.command(action, {});
      expect(northAnswer(turn)).toEqual(status === null ? error('charger is not connected') : { status });
      expect(effectsIn(turn, 'south', 'call')).toEqual([]);
      expect(reasonsIn(turn)).toEqual(['command.refused command.chargerAway']);
    });
  });
});

describe('RemoteStopTransaction', () => {
  it("is passed on as it is where the charger knows the CPMS's id", () => {
    const bench = served();
    bench.call('StartTransaction', start);
    bench.delivered(bench.queue.at(-1)!.n, { idTagInfo: { status: 'Accepted' }, transactionId: 7 });
    expect(southCall(bench.command('RemoteStopTransaction', '{ "transactionId": 7 }')).raw).toBe(
      '{ "transactionId": 7 }',
    );
  });

  it("is rewritten to the charger's id, every other byte kept, where the two differ", () => {
    const bench = served();
    bench.backend('offline');
    bench.call('StartTransaction', start);
    bench.delivered(bench.queue.at(-1)!.n, { idTagInfo: { status: 'Accepted' }, transactionId: 7 });
    expect(southCall(bench.command('RemoteStopTransaction', '{ "transactionId" :7, "x": 1.0 }')).raw).toBe(
      `{ "transactionId" :${LOCAL_ID}, "x": 1.0 }`,
    );
  });

  it('of a transaction never heard of is left to the charger', () => {
    const bench = served();
    expect(southCall(bench.command('RemoteStopTransaction', '{"transactionId":99}')).raw).toBe(
      '{"transactionId":99}',
    );
  });

  it('never stops another transaction that has that id on the charger', () => {
    const bench = served();
    bench.backend('offline');
    bench.call('StartTransaction', start);
    bench.delivered(bench.queue.at(-1)!.n, { idTagInfo: { status: 'Accepted' }, transactionId: 7 });
    const turn = bench.command('RemoteStopTransaction', { transactionId: LOCAL_ID });
    expect(northAnswer(turn)).toEqual({ status: 'Rejected' });
    expect(effectsIn(turn, 'south', 'call')).toEqual([]);
  });
});

const profile = {
  chargingProfileId: 1,
  stackLevel: 0,
  chargingProfilePurpose: 'TxDefaultProfile',
  chargingProfileKind: 'Absolute',
  chargingSchedule: {
    startSchedule: '2026-01-01T00:00:00Z',
    chargingRateUnit: 'A',
    chargingSchedulePeriod: [
      { startPeriod: 0, limit: 10 },
      { startPeriod: 3_600, limit: 16 },
    ],
  },
};
const profileCommands: Array<[string, Record<string, unknown>]> = [
  ['SetChargingProfile', { connectorId: 1, csChargingProfiles: profile }],
  ['ClearChargingProfile', {}],
  ['GetCompositeSchedule', { connectorId: 1, duration: 60 }],
];

describe('charging-profile commands', () => {
  it.each(profileCommands)('%s is forwarded untouched where load management is off', (action, payload) => {
    const turn = served().command(action, payload);
    expect(southCall(turn)).toMatchObject({ action, raw: JSON.stringify(payload) });
  });

  it.each(profileCommands)(
    '%s is answered here where load management is on, charger away or not',
    (action, payload) => {
      for (const bench of [served({ managed: true }), new ChargerBench({ managed: true })]) {
        const turn = bench.command(action, payload);
        expect(effectsIn(turn, 'south', 'call')).toEqual([]);
        expect(northAnswer(turn)).toHaveProperty('status');
      }
    },
  );

  it('become a cap for the budget, which changes when the schedule does', () => {
    const bench = served({ managed: true });
    const set = bench.command('SetChargingProfile', { connectorId: 1, csChargingProfiles: profile });
    expect(northAnswer(set)).toEqual({ status: 'Accepted' });
    const cap = (turn: BenchTurn) => tellsIn(turn, 'budget.capChanged').map(({ data }) => data);
    expect(cap(set)).toEqual([{ charger: CP, connector: 1, capMilliamps: 10_000 }]);
    const schedule = bench.command('GetCompositeSchedule', { connectorId: 1, duration: 7_200 });
    expect(northAnswer(schedule)).toMatchObject({
      status: 'Accepted',
      chargingSchedule: {
        chargingSchedulePeriod: [
          { startPeriod: 0, limit: 10 },
          { startPeriod: 3_600, limit: 16 },
        ],
      },
    });
    bench.restart();
    expect(cap(bench.fire('caps'))).toEqual([{ charger: CP, connector: 1, capMilliamps: 16_000 }]);
    const clear = bench.command('ClearChargingProfile', { id: 1 });
    expect(northAnswer(clear)).toEqual({ status: 'Accepted' });
    expect(cap(clear)).toEqual([{ charger: CP, connector: 1, capMilliamps: null }]);
    expect(northAnswer(bench.command('ClearChargingProfile', { id: 1 }))).toEqual({ status: 'Unknown' });
  });

  it('never look wider in a composite schedule than what the budget allows', () => {
    const bench = served({ managed: true });
    bench.command('SetChargingProfile', { connectorId: 1, csChargingProfiles: profile });
    bench.rows.set(`limits/${CP}/0`, { limitMilliamps: 6_000, transactionId: null });
    const schedule = bench.command('GetCompositeSchedule', { connectorId: 1, duration: 60 });
    expect(northAnswer(schedule)).toMatchObject({
      chargingSchedule: { chargingSchedulePeriod: [{ startPeriod: 0, limit: 6 }] },
    });
    const whole = bench.command('GetCompositeSchedule', { connectorId: 0, duration: 60 });
    expect(northAnswer(whole)).toMatchObject({
      chargingSchedule: { chargingSchedulePeriod: [{ startPeriod: 0, limit: 12 }] },
    });
  });

  it('in a RemoteStart are kept here for the transaction that it starts', () => {
    const bench = served({ managed: true });
    const { startSchedule: _, ...chargingSchedule } = profile.chargingSchedule;
    const txProfile = {
      ...profile,
      chargingProfilePurpose: 'TxProfile',
      chargingProfileKind: 'Relative',
      chargingSchedule,
    };
    const command = { connectorId: 1, idTag: 'card-1', chargingProfile: txProfile };
    const call = southCall(bench.command('RemoteStartTransaction', command));
    expect(JSON.parse(call.raw as string)).toEqual({ connectorId: 1, idTag: 'card-1' });
    bench.call('StartTransaction', start);
    const turn = bench.delivered(bench.queue.at(-1)!.n, {
      idTagInfo: { status: 'Accepted' },
      transactionId: 7,
    });
    expect(tellsIn(turn, 'budget.capChanged')).toEqual([
      { to: 'budget/site', data: { charger: CP, connector: 1, capMilliamps: 10_000 } },
    ]);
  });

  it('in a RemoteStart are passed on where load management is off', () => {
    const raw = JSON.stringify({ idTag: 'card-1', chargingProfile: profile });
    expect(southCall(served().command('RemoteStartTransaction', raw)).raw).toBe(raw);
  });
});

describe('lists of cards that the CPMS sends to the charger', () => {
  const list = (updateType: string, cards: Array<[string, string | null]>) => ({
    listVersion: 1,
    updateType,
    localAuthorizationList: cards.map(([idTag, status]) => ({
      idTag,
      ...(status === null ? {} : { idTagInfo: { status } }),
    })),
  });

  function send(bench: ChargerBench, payload: Record<string, unknown>, status = 'Accepted'): BenchTurn {
    const call = southCall(bench.command('SendLocalList', payload));
    expect(call.raw).toBe(JSON.stringify(payload));
    return bench.southAnswered(call.correlation as string, 'SendLocalList', { status });
  }

  function verdict(bench: ChargerBench, idTag: string): string {
    bench.backend('offline');
    const turn = bench.call('Authorize', { idTag });
    const { raw } = effectsIn(turn, 'south', 'answer')[0] as { raw: string };
    bench.backend('online');
    return `${JSON.parse(raw).idTagInfo.status} ${turn.journal[0]!.reason!.code}`;
  }

  it('count here once the charger has accepted them', () => {
    const bench = served({ offlineAuth: { localList: [], cacheMaxAgeMs: 1_000, unknownTags: 'reject' } });
    const refused = 'Invalid authorise.policy';
    send(bench, list('Full', [['AAA111', 'Accepted']]), 'Failed');
    expect(verdict(bench, 'aaa111')).toBe(refused);
    send(
      bench,
      list('Full', [
        ['AAA111', 'Accepted'],
        ['BBB222', 'Blocked'],
      ]),
    );
    expect(verdict(bench, 'aaa111')).toBe('Accepted authorise.localList');
    expect(verdict(bench, 'BBB222')).toBe('Blocked authorise.localList');
    send(
      bench,
      list('Differential', [
        ['AAA111', null],
        ['CCC333', 'Accepted'],
      ]),
    );
    expect(verdict(bench, 'AAA111')).toBe(refused);
    expect(verdict(bench, 'CCC333')).toBe('Accepted authorise.localList');
    send(bench, list('Full', []));
    expect(verdict(bench, 'CCC333')).toBe(refused);
    expect(bench.table(`localListHeld/${CP}`)).toEqual([]);
  });

  it('are forgotten with the process that waited for the charger', () => {
    const bench = served();
    bench.command('SendLocalList', list('Full', [['AAA111', 'Accepted']]));
    bench.configure();
    expect(bench.table(`localListHeld/${CP}`)).toEqual([]);
  });

  it('are mirrored up to 10 000 cards, and the journal says how many were not', () => {
    const bench = served();
    const cards = Array.from({ length: 10_003 }, (_, i): [string, string] => [`CARD${i}`, 'Accepted']);
    const turn = send(bench, list('Full', cards));
    expect(turn.journal[0]!.reason!.params).toMatchObject({ cards: 10_000, notMirrored: 3 });
  });

  it('and its cache lose their say when the charger cleared its cache', () => {
    const bench = served({ offlineAuth: { localList: [], cacheMaxAgeMs: 9_999_999, unknownTags: 'reject' } });
    const relayed = bench.call('Authorize', { idTag: 'DDD444' });
    const [call] = effectsIn(relayed, 'north', 'call');
    bench.northAnswered(call!.correlation as string, 'Authorize', { idTagInfo: { status: 'Accepted' } });
    expect(verdict(bench, 'ddd444')).toBe('Accepted authorise.cache');
    const clear = southCall(bench.command('ClearCache', {}));
    bench.southAnswered(clear.correlation as string, 'ClearCache', { status: 'Accepted' });
    expect(verdict(bench, 'ddd444')).toBe('Invalid authorise.policy');
  });
});
