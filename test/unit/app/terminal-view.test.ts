import { describe, expect, test } from 'vitest';
import {
  renderSite,
  startTerminalView,
  type TerminalOutput,
  wantsColour,
} from '../../../app/terminal-view.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { type FakeSite, fakeSiteView } from './fake-site-view.ts';

const ESCAPES = /\p{Cc}\[[0-9;]*m/gu;

function draw(fake: FakeSite = {}, columns = 100, rows = 30, colour = false): string[] {
  return renderSite(fakeSiteView(fake), { columns, rows, colour }).split('\n');
}

describe('the picture', () => {
  test('shows site, modes, load, connectors, queue and decisions on 100 by 30', () => {
    const lines = draw();
    const text = lines.join('\n');
    expect(lines).toHaveLength(30);
    expect(lines[0]).toBe('Holdfast 0.1.0  hq-garage  14:03:22 Europe/Berlin');
    expect(lines[1]).toBe('backend ▲ fallback   bus nats ● connected   store ● 1234 commits/h, 2.1 MB/h');
    expect(lines[2]).toBe('demo    the backend is away');
    expect(lines[3]).toMatch(/^load {4}█+▒+·+│ 46\.5 of 61\.0 A, worst case 58\.0 A {2}● online$/);
    expect(text).toMatch(
      /cp-01\/1 +Charging +● online +16\.0 A +15\.5 A +10\.7 kW +1\.25 kWh +running, fallback +5 s/,
    );
    expect(text).toMatch(/cp-02 → cpms +▲ fallback +7 +3 m 20 s +0/);
    expect(text).toContain('14:03:22  cp-01/1     decision 0  [auth.localList]');
    expect(text).toContain('site        decision 1');
  });

  test('puts links that have something to tell first', () => {
    const links = draw().filter((line) => line.includes('→'));
    expect(links.map((line) => line.slice(0, 5))).toEqual(['cp-02', 'cp-01', 'cp-03']);
  });

  test('draws the bar in proportion: measured, then reserved, then free', () => {
    const load = {
      mode: 'online',
      fuseA: 42,
      reserveA: 2,
      limitA: 40,
      measuredA: 10,
      worstCaseA: 30,
    } as const;
    const bar = draw({ site: { load } }).find((line) => line.startsWith('load'));
    const count = (character: string) => [...(bar ?? '')].filter((one) => one === character).length;
    const width = count('█') + count('▒') + count('·');
    expect([count('█') / width, count('▒') / width].map((share) => Math.round(share * 4))).toEqual([1, 2]);
  });

  test('never shows an unknown value as zero', () => {
    const connector = {
      connector: 1,
      state: 'Unknown',
      mode: 'offline',
      session: null,
      limitA: null,
      limitReason: null,
      currentA: null,
      powerW: null,
      measuredAt: null,
    } as const;
    const load = {
      mode: 'offline',
      fuseA: 63,
      reserveA: 2,
      limitA: 61,
      measuredA: null,
      worstCaseA: 61,
    } as const;
    const text = draw({
      chargers: 1,
      charger: { lastFrameAt: null, connectors: [connector] },
      site: { load },
    }).join('\n');
    expect(text).toMatch(/cp-01\/1 +Unknown +○ offline +– +– +– +– +– +never/);
    expect(text).toContain('? of 61.0 A, worst case 61.0 A  ○ offline');
  });

  test('names what is wrong: alarms, a bus that is away, a failed store, a quarantined charger, a clock without trust', () => {
    const text = draw({
      site: { alarms: [{ code: 'store.full', text: 'the disk is full', since: '' }] },
      charger: { quarantined: true },
      health: {
        bus: { kind: 'nats', status: 'away', detail: '' },
        store: { status: 'failed', commitsPerHour: 0, bytesPerHour: 0 },
        clock: { trust: 'untrusted' },
      },
    }).join('\n');
    for (const expected of [
      '■ store.full: the disk is full',
      'bus nats ▲ away',
      'store ■ failed',
      'quarantined',
      '▲ clock not trusted',
    ]) {
      expect(text).toContain(expected);
    }
  });

  test('says of a charger that mirrors the absence of its CPMS that it is closed out', () => {
    const text = draw({ charger: { outage: { policy: 'mirror-close', closedOut: true } } }).join('\n');
    expect(text).toMatch(/cp-01\/1 +closed out/);
  });

  test('shows three alarms at most, and counts the rest', () => {
    const alarms = Array.from({ length: 9 }, (_, index) => ({ code: `a${index}`, text: 'x', since: '' }));
    const lines = draw({ site: { alarms } }).filter((line) => line.startsWith('■'));
    expect(lines).toEqual(['■ a0: x', '■ a1: x', '■ alarms: 7 more stand']);
  });

  test('says when load management is off', () => {
    expect(draw({ site: { load: null } }).join('\n')).toContain('not managed (no electrical section)');
  });
});

describe('the screen', () => {
  test.each([
    [100, 30],
    [80, 24],
    [60, 16],
    [40, 10],
    [30, 6],
    [200, 60],
  ])('of %i columns and %i rows is never overrun, with colour or without', (columns, rows) => {
    for (const chargers of [0, 3, 40]) {
      for (const colour of [false, true]) {
        const lines = draw({ chargers }, columns, rows, colour);
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) expect([...line.replace(ESCAPES, '')].length).toBeLessThanOrEqual(columns);
      }
    }
  });

  test('wide enough for them all tells the version of each charger', () => {
    expect(draw({}, 120).join('\n')).toMatch(/SEEN +OCPP\n.*cp-01\/1 .* 1\.6/);
    expect(draw({}, 120, 30).join('\n')).toContain('SESSION');
  });

  test('too narrow for all columns keeps connector, state and draw', () => {
    const text = draw({}, 40, 20).join('\n');
    expect(text).toMatch(/CONNECTOR +STATE +DRAW/);
    expect(text).not.toContain('SESSION');
  });

  test('too low for all chargers says how many are missing, and still has room for links and decisions', () => {
    const text = draw({ chargers: 40 }).join('\n');
    expect(text).toMatch(/… \d+ more/);
    expect(text).toContain('BACKEND LINK');
    expect(text).toContain('decision 0');
  });

  test('carries the same words in colour', () => {
    expect(draw({}, 100, 30, true).join('\n').replace(ESCAPES, '')).toBe(draw().join('\n'));
    expect(draw({}, 100, 30, true).join('\n')).toMatch(ESCAPES);
    expect(draw().join('\n')).not.toContain('\u001b');
  });

  test('obeys nothing that a charger wrote', () => {
    const lines = draw({ charger: { id: 'cp\u001b[2J\u202e\n' }, queue: { charger: 'x\u0007\u009b31m' } });
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(lines.join('\n')).toContain('cp�[2J��');
  });
});

describe('the live view', () => {
  function liveClock() {
    const timers: Array<{ delayMs: number; fn: () => void }> = [];
    const clock: Clock = {
      wallMs: () => 0,
      monotonicMs: () => 0,
      trust: 'trusted',
      bootId: 'boot',
      setTimer: (delayMs, fn) => {
        const timer = { delayMs, fn };
        timers.push(timer);
        return timer;
      },
      clearTimer: (handle) => void timers.splice(timers.indexOf(handle as (typeof timers)[number]), 1),
      defer: (fn) => fn(),
    };
    return { clock, timers };
  }

  function screen(): TerminalOutput & { written: string[]; writableNeedDrain: boolean } {
    const written: string[] = [];
    return {
      columns: 100,
      rows: 30,
      writableNeedDrain: false,
      written,
      write: (text) => written.push(text) > 0,
    };
  }

  test('draws at once and then twice a second, skips pictures that a slow terminal would not take, and gives the screen back', () => {
    const { clock, timers } = liveClock();
    const output = screen();
    const live = startTerminalView(fakeSiteView(), output, clock, false);
    expect(output.written).toHaveLength(2);
    expect(timers.map((timer) => timer.delayMs)).toEqual([500]);
    timers.shift()?.fn();
    expect(output.written).toHaveLength(3);
    output.writableNeedDrain = true;
    timers.shift()?.fn();
    expect(output.written).toHaveLength(3);
    live.stop();
    live.stop();
    expect(timers).toEqual([]);
    expect(output.written).toHaveLength(4);
    expect(output.written[3]).toMatch(/^\p{Cc}\[\?25h\p{Cc}\[\?1049lHoldfast /u);
  });

  test.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
  ])('is coloured for a terminal (%s) with %o: %s', (isTerminal, env, expected) => {
    expect(wantsColour(isTerminal, env)).toBe(expected);
  });
});
