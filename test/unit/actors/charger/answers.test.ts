import { describe, expect, it } from 'vitest';
import type { Mode } from '../../../../actors/tells.ts';
import { answerIn, ChargerBench, CP, effectsIn } from '../../../helpers/charger-bench.ts';

const LOCAL_ID = 2 ** 30;
const timestamp = '2026-01-01T00:00:00Z';
const payloads = {
  BootNotification: { chargePointVendor: 'V', chargePointModel: 'M' },
  Heartbeat: {},
  Authorize: { idTag: 'card-1' },
  StartTransaction: { connectorId: 1, idTag: 'card-1', timestamp, meterStart: 100 },
  StopTransaction: { transactionId: 77, timestamp, meterStop: 200 },
  MeterValues: { connectorId: 1, meterValue: [{ timestamp, sampledValue: [{ value: '100' }] }] },
  StatusNotification: { connectorId: 1, status: 'Preparing', errorCode: 'NoError' },
  FirmwareStatusNotification: { status: 'Idle' },
  DiagnosticsStatusNotification: { status: 'Idle' },
  SecurityEventNotification: { type: 'x', timestamp },
  LogStatusNotification: { status: 'Idle' },
  DataTransfer: { vendorId: 'V' },
  SignCertificate: { csr: 'x' },
  VendorThing: {},
} as const;
type Action = keyof typeof payloads;

type Way = 'relayed' | 'awaited' | { answer: unknown };
interface Row {
  action: Action;
  online: Way;
  away: unknown;
  /** Lane and kind of the row that goes upstream: online, and away. */
  queued: [string | null, string | null];
}

const currentTime = '2026-01-01T00:00:00.000Z';
const boot = { currentTime, interval: 300, status: 'Accepted' };
const accepted = { idTagInfo: { status: 'Accepted' } };
const history = (kind: string): [string, string] => [`history ${kind}`, `history ${kind}`];

const table: Row[] = [
  { action: 'BootNotification', online: 'relayed', away: boot, queued: [null, 'boot boot'] },
  { action: 'Heartbeat', online: 'relayed', away: { currentTime }, queued: [null, null] },
  { action: 'Authorize', online: 'relayed', away: accepted, queued: [null, null] },
  {
    action: 'StartTransaction',
    online: 'awaited',
    away: { ...accepted, transactionId: LOCAL_ID },
    queued: history('start'),
  },
  { action: 'StopTransaction', online: 'awaited', away: {}, queued: history('stop') },
  { action: 'MeterValues', online: { answer: {} }, away: {}, queued: history('meter') },
  {
    action: 'StatusNotification',
    online: { answer: {} },
    away: {},
    queued: ['status status', 'status status'],
  },
  { action: 'FirmwareStatusNotification', online: { answer: {} }, away: {}, queued: history('notice') },
  { action: 'DiagnosticsStatusNotification', online: { answer: {} }, away: {}, queued: history('notice') },
  { action: 'SecurityEventNotification', online: { answer: {} }, away: {}, queued: history('notice') },
  { action: 'LogStatusNotification', online: { answer: {} }, away: {}, queued: history('notice') },
  { action: 'DataTransfer', online: 'relayed', away: { status: 'Rejected' }, queued: [null, null] },
  { action: 'SignCertificate', online: 'relayed', away: { status: 'Rejected' }, queued: [null, null] },
  { action: 'VendorThing', online: 'relayed', away: { error: 'InternalError' }, queued: [null, null] },
];

function served(mode: Mode): ChargerBench {
  const bench = new ChargerBench();
  bench.serve(mode);
  // What was queued on the way here is delivered.
  for (const key of [...bench.rows.keys()]) if (key.startsWith(`north/${CP}`)) bench.rows.delete(key);
  return bench;
}

function queued(bench: ChargerBench): string | null {
  const rows = bench.queue;
  return rows.length === 0 ? null : rows.map(({ lane, kind }) => `${lane} ${kind}`).join();
}

describe.each(table)('$action', ({ action, online, away, queued: [queuedOnline, queuedAway] }) => {
  it('is handled as the table says while the backend is online', () => {
    const bench = served('online');
    const turn = bench.call(action, payloads[action]);
    const calls = effectsIn(turn, 'north', 'call');
    expect(queued(bench)).toBe(queuedOnline);
    if (online === 'relayed') {
      expect(calls).toMatchObject([{ action, raw: JSON.stringify(payloads[action]) }]);
      expect(effectsIn(turn, 'south', 'answer')).toEqual([]);
      return;
    }
    expect(calls).toEqual([]);
    if (online === 'awaited') expect(effectsIn(turn, 'south', 'answer')).toEqual([]);
    else expect(answerIn(turn)).toEqual(online.answer);
  });

  it.each(['offline', 'fallback', 'resync'] as const)('is answered here while the backend is %s', (mode) => {
    const bench = served(mode);
    const turn = bench.call(action, payloads[action]);
    expect(answerIn(turn)).toEqual(away);
    expect(effectsIn(turn, 'north', 'call')).toEqual([]);
    expect(queued(bench)).toBe(queuedAway);
  });
});

function isoNow(bench: ChargerBench): string {
  return new Date(bench.nowMs).toISOString();
}

const relayed = table.filter(({ online }) => online === 'relayed');

describe.each(relayed)('a relayed $action', ({ action, away, queued: [, queuedAway] }) => {
  function relay() {
    const bench = served('online');
    const turn = bench.call(action, payloads[action], { messageId: 'mine' });
    return { bench, correlation: effectsIn(turn, 'north', 'call')[0]!.correlation as string };
  }

  it("passes the CPMS's answer on as it stands", () => {
    const { bench, correlation } = relay();
    const answer = { status: 'Accepted', idTagInfo: { status: 'Blocked' }, vendor: 1 };
    const turn = bench.northAnswered(correlation, action, answer);
    expect(effectsIn(turn, 'south', 'answer')).toMatchObject([
      { socketId: 's1', messageId: 'mine', raw: JSON.stringify(answer) },
    ]);
    expect(bench.context.awaited).toEqual([]);
    expect([...bench.timers.keys()].filter((id) => id.startsWith('answer:'))).toEqual([]);
  });

  it("passes the CPMS's error on as it is", () => {
    const { bench, correlation } = relay();
    const turn = bench.northFailed(correlation, action, 'error');
    expect(answerIn(turn)).toEqual({ error: 'NotSupported' });
  });

  it.each(['timeout', 'closed', 'notConnected', 'queueFull', 'invalid'])(
    'gets the local answer when it fails as %s',
    (kind) => {
      const { bench, correlation } = relay();
      const turn = bench.northFailed(correlation, action, kind);
      expect(answerIn(turn)).toEqual(away);
      expect(queued(bench)).toBe(queuedAway);
    },
  );

  it('gets the local answer at its deadline, and no second one later', () => {
    const { bench, correlation } = relay();
    const overdue = bench.fire(`answer:${correlation}`);
    const timed = (away as { currentTime?: string }).currentTime !== undefined;
    expect(answerIn(overdue)).toEqual(timed ? { ...(away as object), currentTime: isoNow(bench) } : away);
    const late = bench.northAnswered(correlation, action, { idTagInfo: { status: 'Blocked' } });
    expect(effectsIn(late, 'south', 'answer')).toEqual([]);
    expect(bench.context.awaited).toEqual([]);
  });

  it('is forgotten with its socket', () => {
    const { bench, correlation } = relay();
    bench.close();
    const turn = bench.northAnswered(correlation, action, { status: 'Accepted' });
    expect(turn.effects).toEqual([]);
    expect(bench.timers.has(`answer:${correlation}`)).toBe(false);
  });
});

describe('a charger that has too many CALLs open', () => {
  it('has the one beyond the cap answered by local policy at once', () => {
    const bench = served('online');
    for (let i = 0; i < 16; i++)
      expect(effectsIn(bench.call('Heartbeat', {}), 'south', 'answer')).toEqual([]);
    const turn = bench.call('Heartbeat', {});
    expect(answerIn(turn)).toEqual({ currentTime });
    expect(effectsIn(turn, 'north', 'call')).toEqual([]);
    expect(bench.context.awaited).toHaveLength(16);
  });
});

describe('a BootNotification', () => {
  it.each(['Pending', 'Rejected'])('answered %s by the CPMS is passed on, and noted', (status) => {
    const bench = served('online');
    const turn = bench.call('BootNotification', payloads.BootNotification);
    const [call] = effectsIn(turn, 'north', 'call');
    bench.northAnswered(call!.correlation as string, 'BootNotification', { ...boot, status });
    expect(bench.value).toMatchObject({ boot: status.toLowerCase() });
  });

  it('accepted here replaces an older one that is still queued', () => {
    const bench = served('offline');
    bench.call('BootNotification', payloads.BootNotification);
    bench.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M2' });
    expect(bench.queue).toHaveLength(1);
    expect(bench.queue[0]!.raw).toContain('M2');
  });

  it('accepted here and refused by the CPMS later is noted as refused', () => {
    const bench = served('offline');
    bench.call('BootNotification', payloads.BootNotification);
    const turn = bench.delivered(bench.queue[0]!.n, { ...boot, status: 'Rejected' });
    expect(bench.value).toMatchObject({ boot: 'rejected' });
    expect(turn.journal[0]).toMatchObject({
      type: 'boot.lateVerdict',
      reason: { params: { status: 'Rejected' } },
    });
  });
});

describe('a StatusNotification', () => {
  it('replaces an undelivered older one of its connector, and no other', () => {
    const bench = served('offline');
    bench.status(1, 'Preparing');
    bench.status(2, 'Preparing');
    bench.status(1, 'Charging');
    expect(bench.queue.map(({ connector, raw }) => [connector, JSON.parse(raw).status])).toEqual([
      [2, 'Preparing'],
      [1, 'Charging'],
    ]);
  });

  it('does not take out the one that is under way', () => {
    const bench = served('online');
    bench.status(1, 'Preparing');
    bench.rows.set(`inFlight/${CP}/call`, { n: bench.queue[0]!.n, repeat: null, draining: null });
    bench.status(1, 'Charging');
    expect(bench.queue).toHaveLength(2);
  });
});
