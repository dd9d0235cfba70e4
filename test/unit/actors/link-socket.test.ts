import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { backendLinkKind, modeOf } from '../../../actors/backend-link-actor.ts';
import { backendLinkMachine } from '../../../machines/backend-link/backend-link.machine.ts';
import {
  attemptWaitMs,
  backoffMs,
  jitterOf,
  withJitter,
} from '../../../machines/backend-link/backend-link.rules.ts';
import { LinkBench, linkConfig, northTypes, tellsTo } from '../../helpers/link-bench.ts';

function configured(): LinkBench {
  const link = new LinkBench();
  link.configure();
  return link;
}

function up(): LinkBench {
  const link = configured();
  link.open();
  return link;
}

describe('the modes of a backend link', () => {
  type Row = [from: string, make: () => LinkBench, event: string, act: (link: LinkBench) => void, to: string];
  const fallback = () => {
    const link = configured();
    link.bench.fire('fallbackAfter');
    return link;
  };
  const draining = () => {
    const link = configured();
    link.queue(1);
    link.open();
    return link;
  };
  const stale = (link: LinkBench) =>
    void link.bench.deliver('north.closed', { socketId: 'older', code: 1000, reason: '' });
  const rows: Row[] = [
    ['offline', configured, 'a socket opens and the queue is empty', (link) => link.open(), 'online'],
    [
      'offline',
      configured,
      'a dial fails',
      (link) => link.bench.deliver('north.dialFailed', { cause: 'tcp', detail: '' }),
      'offline',
    ],
    ['offline', configured, 'something is queued', (link) => link.appended(1), 'offline'],
    [
      'offline',
      configured,
      'it has been away for long',
      (link) => link.bench.fire('fallbackAfter'),
      'fallback',
    ],
    ['offline', configured, 'an old socket closes', stale, 'offline'],
    [
      'fallback',
      fallback,
      'a dial fails',
      (link) => link.bench.deliver('north.dialFailed', { cause: 'tcp', detail: '' }),
      'fallback',
    ],
    ['fallback', fallback, 'a socket opens and the queue is empty', (link) => link.open(), 'online'],
    ['fallback', fallback, 'the process starts anew', (link) => link.configure(), 'offline'],
    ['resync', draining, 'the last message is answered', (link) => link.answer(1), 'online'],
    ['resync', draining, 'a message is refused', (link) => link.fail(1, 'error'), 'resync'],
    ['resync', draining, 'an old socket closes', stale, 'resync'],
    ['resync', draining, 'the socket closes', (link) => link.close(), 'offline'],
    ['resync', draining, 'a message is not answered in time', (link) => link.fail(1, 'timeout'), 'offline'],
    [
      'online',
      up,
      'something is queued',
      (link) => {
        link.queue(1);
        link.appended(1);
      },
      'online',
    ],
    ['online', up, 'an old socket closes', stale, 'online'],
    ['online', up, 'an answer comes for a message that is gone', (link) => link.answer(9), 'online'],
    ['online', up, 'the socket closes', (link) => link.close(), 'offline'],
    ['online', up, 'the process starts anew', (link) => link.configure(), 'offline'],
  ];
  it.each(rows)('is %s; %#. when %s', (from, make, _event, act, to) => {
    const link = make();
    expect(link.mode).toBe(from);
    act(link);
    expect(link.mode).toBe(to);
  });

  it('tells the charger and the journal about each change', () => {
    const turn = configured().open();
    expect(tellsTo(turn, 'charger.backendChanged')).toEqual([{ mode: 'resync' }, { mode: 'online' }]);
    expect(turn.journal.map(({ type, reason }) => [type, reason?.code])).toEqual([
      ['link.modeChanged', 'link.resync'],
      ['link.modeChanged', 'link.online'],
    ]);
  });

  it('can be read from a snapshot', () => {
    const actor = createActor(backendLinkMachine, { input: { charger: 'cp1', ...linkConfig } });
    expect(modeOf(actor.getSnapshot())).toBe('offline');
  });

  it('is brought into being by its configuration only', () => {
    const envelope = { type: 'link.queueAppended', to: 'link/cp1', data: { n: 1 } } as never;
    expect(backendLinkKind.birth(envelope)).toBeUndefined();
  });
});

describe('dialling', () => {
  it('starts at once when the process starts', () => {
    expect(northTypes(new LinkBench().configure())).toEqual(['dial']);
  });

  it('waits twice as long after each failure, up to the cap, within 20 % of jitter', () => {
    const link = configured();
    const waits = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000].map((planned) => {
      const before = link.bench.nowMs;
      link.bench.deliver('north.dialFailed', { cause: 'tcp', detail: 'refused' });
      const turn = link.bench.fire('redialWait');
      expect(northTypes(turn)).toContain('dial');
      return (link.bench.nowMs - before) / planned;
    });
    for (const ratio of waits) {
      expect(ratio).toBeGreaterThanOrEqual(0.8);
      expect(ratio).toBeLessThanOrEqual(1.2);
    }
    expect(new Set(waits).size).toBeGreaterThan(4);
  });

  it('does not wait less for a CPMS that accepts and closes at once', () => {
    const link = configured();
    for (const planned of [1_000, 2_000, 4_000]) {
      link.open();
      link.close();
      expect(link.bench.context.waitMs as number).toBeGreaterThanOrEqual(planned * 0.8);
      link.bench.fire('redialWait');
    }
  });

  it('forgets failures when a connection has lasted', () => {
    const link = configured();
    for (let i = 0; i < 5; i++) {
      link.bench.deliver('north.dialFailed', { cause: 'tcp', detail: '' });
      link.bench.fire('redialWait');
    }
    link.open();
    link.bench.fire('provenStable');
    link.close();
    expect(link.bench.context.waitMs as number).toBeLessThanOrEqual(1_200);
  });

  it('gives a dial up that nobody answers for', () => {
    const link = configured();
    link.bench.fire('dialPatience');
    expect(link.socket).toEqual({ closed: 'waiting' });
  });

  it('hangs up on a silent CPMS and dials when that socket is gone', () => {
    const link = configured();
    link.queue(1);
    link.open();
    const turn = link.fail(1, 'timeout');
    expect(northTypes(turn)).toEqual(['hangUp']);
    expect(link.socket).toBe('hangingUp');
    link.close();
    expect(link.socket).toEqual({ closed: 'waiting' });
  });

  it('does not wait for ever for a hung-up socket to be gone', () => {
    const link = configured();
    link.queue(1);
    link.open();
    link.fail(1, 'timeout');
    link.bench.fire('hangUpPatience');
    expect(link.socket).toEqual({ closed: 'waiting' });
  });

  it('takes a port that knows of no socket as a lost socket', () => {
    const link = configured();
    link.queue(1);
    link.open();
    link.fail(1, 'notConnected');
    expect([link.mode, link.socket]).toEqual(['offline', { closed: 'waiting' }]);
  });
});

describe('the numbers behind dialling', () => {
  it('spreads jitter over the whole of its range', () => {
    const values = Array.from({ length: 200 }, (_, i) => jitterOf(`cp${i}`, 0));
    expect(Math.min(...values)).toBeLessThan(0.1);
    expect(Math.max(...values)).toBeGreaterThan(0.9);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  });

  it('gives the same jitter for the same charger and try', () => {
    expect(jitterOf('cp1', 3)).toBe(jitterOf('cp1', 3));
  });

  it('stays at the cap however often it failed', () => {
    expect(backoffMs({ ...linkConfig }, 1_000)).toBe(60_000);
  });

  it('waits at most a minute between tries of one message', () => {
    const waits = [1, 2, 3, 6, 1_000].map((attempts) => attemptWaitMs({ ...linkConfig }, attempts));
    expect(waits).toEqual([2_000, 4_000, 8_000, 60_000, 60_000]);
  });

  it('gives whole milliseconds', () => {
    expect(withJitter(1_000, 0)).toBe(800);
    expect(withJitter(1_001, 0.123)).toBe(Math.round(1_001 * (0.8 + 0.4 * 0.123)));
  });
});
