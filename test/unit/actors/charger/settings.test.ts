import { describe, expect, it } from 'vitest';
import type { SettingRow } from '../../../../actors/command-rows.ts';
import { defaultGovernance } from '../../../../machines/shared/governance/rules.ts';
import type { BenchTurn } from '../../../helpers/actor-bench.ts';
import { ChargerBench, CP, effectsIn, reasonsIn } from '../../../helpers/charger-bench.ts';

const WANTED = { key: 'HeartbeatInterval', value: '60' };

function served(): ChargerBench {
  const bench = new ChargerBench();
  bench.serve('online');
  return bench;
}

function northAnswer(turn: BenchTurn): unknown {
  const [answer] = effectsIn(turn, 'north', 'answer');
  return answer?.raw === undefined ? answer?.error : JSON.parse(answer.raw as string);
}

/** The one CALL to the charger in a turn. */
function callIn(turn: BenchTurn): { action: string; payload: unknown; correlation: string } {
  const calls = effectsIn(turn, 'south', 'call');
  expect(calls).toHaveLength(1);
  const { action, raw, correlation } = calls[0] as { action: string; raw: string; correlation: string };
  return { action, payload: JSON.parse(raw), correlation };
}

const settings = (bench: ChargerBench) => bench.table<SettingRow>(`settings/${CP}`);
const heartbeat = (value: string, readonly = false) => ({
  configurationKey: [{ key: 'HeartbeatInterval', readonly, value }],
});

/** The socket is lost and comes back: boot and statuses are made sure of. */
function comesBack(bench: ChargerBench): BenchTurn {
  bench.close('s1');
  bench.open('s1');
  bench.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
  bench.northAnswered((bench.context.awaited as Array<{ key: string }>).at(-1)!.key, 'BootNotification', {
    status: 'Accepted',
    currentTime: '2026-01-01T00:00:00Z',
    interval: 300,
  });
  bench.status(1, 'Available');
  return bench.status(2, 'Available');
}

describe('a guarded setting that the CPMS changes', () => {
  it('is accepted within its limits, written to the charger and read back', () => {
    const bench = served();
    const turn = bench.command('ChangeConfiguration', WANTED);
    expect(northAnswer(turn)).toEqual({ status: 'Accepted' });
    expect(reasonsIn(turn)).toEqual(['command.answeredHere setting.kept', 'setting.written setting.wanted']);
    const write = callIn(turn);
    expect(write).toMatchObject({ action: 'ChangeConfiguration', payload: WANTED });
    const read = callIn(
      bench.southAnswered(write.correlation, 'ChangeConfiguration', { status: 'Accepted' }),
    );
    expect(read).toMatchObject({ action: 'GetConfiguration', payload: { key: ['HeartbeatInterval'] } });
    const confirmed = bench.southAnswered(read.correlation, 'GetConfiguration', heartbeat('60'));
    expect(reasonsIn(confirmed)).toEqual(['setting.confirmed setting.readBack']);
    expect(settings(bench)).toMatchObject([{ ...WANTED, state: 'confirmed' }]);
  });

  it('is refused beyond them, and the charger hears nothing of it', () => {
    const bench = served();
    const turn = bench.command('ChangeConfiguration', { ...WANTED, value: '1' });
    expect(northAnswer(turn)).toEqual({ status: 'Rejected' });
    expect(effectsIn(turn, 'south', 'call')).toEqual([]);
    expect(settings(bench)).toEqual([]);
  });

  it.each(['AuthorizationKey', 'SecurityProfile'])('is refused where it is %s', (key) => {
    const bench = served();
    const turn = bench.command('ChangeConfiguration', { key, value: '2' });
    expect(northAnswer(turn)).toEqual({ status: 'Rejected' });
    expect(effectsIn(turn, 'south', 'call')).toEqual([]);
    expect(reasonsIn(turn)).toEqual(['command.refused setting.guarded']);
  });

  it('is kept while the charger is away, and written when it is back', () => {
    const bench = served();
    bench.close();
    const turn = bench.command('ChangeConfiguration', WANTED);
    expect(northAnswer(turn)).toEqual({ status: 'Accepted' });
    expect(effectsIn(turn, 'south', 'call')).toEqual([]);
    const read = callIn(comesBack(bench));
    expect(read.payload).toEqual({ key: ['HeartbeatInterval'] });
    const write = bench.southAnswered(read.correlation, 'GetConfiguration', heartbeat('300'));
    expect(callIn(write)).toMatchObject({ action: 'ChangeConfiguration', payload: WANTED });
  });

  it('is brought back where it was changed behind our back', () => {
    const bench = served();
    bench.command('ChangeConfiguration', WANTED);
    bench.rows.set(`settings/${CP}/heartbeatinterval`, { ...settings(bench)[0]!, state: 'confirmed' });
    const read = callIn(comesBack(bench));
    const write = bench.southAnswered(read.correlation, 'GetConfiguration', heartbeat('900'));
    expect(callIn(write)).toMatchObject({ action: 'ChangeConfiguration', payload: WANTED });
    const again = callIn(comesBack(bench));
    const same = bench.southAnswered(again.correlation, 'GetConfiguration', heartbeat('60'));
    expect(effectsIn(same, 'south', 'call')).toEqual([]);
  });

  it('is written three times per boot at most, when the charger accepts it and does not take it', () => {
    const bench = served();
    let turn = bench.command('ChangeConfiguration', WANTED);
    for (let writes = 1; writes <= 3; writes++) {
      const read = callIn(
        bench.southAnswered(callIn(turn).correlation, 'ChangeConfiguration', { status: 'Accepted' }),
      );
      turn = bench.southAnswered(read.correlation, 'GetConfiguration', heartbeat('300'));
    }
    expect(effectsIn(turn, 'south', 'call')).toEqual([]);
    expect(reasonsIn(turn)).toEqual(['setting.failed setting.chargerRefused']);
    expect(settings(bench)).toMatchObject([{ state: 'failed', problem: 'notTaken' }]);
  });

  it.each([
    ['Rejected', 'failed'],
    ['NotSupported', 'failed'],
    ['RebootRequired', 'wanted'],
  ])('that the charger answers with %s is %s until its next boot', (status, state) => {
    const bench = served();
    const write = callIn(bench.command('ChangeConfiguration', WANTED));
    const turn = bench.southAnswered(write.correlation, 'ChangeConfiguration', { status });
    expect(effectsIn(turn, 'south', 'call')).toEqual([]);
    expect(settings(bench)).toMatchObject([{ state, problem: status }]);
    expect(callIn(comesBack(bench)).action).toBe('GetConfiguration');
  });

  it('stays wanted when the charger does not answer', () => {
    const bench = served();
    const write = callIn(bench.command('ChangeConfiguration', WANTED));
    const turn = bench.southFailed(write.correlation, 'ChangeConfiguration', 'timeout');
    expect(effectsIn(turn, 'south', 'call')).toEqual([]);
    expect(settings(bench)).toMatchObject([{ state: 'wanted', problem: 'timeout' }]);
  });

  it('is forgotten once the site file guards it no more', () => {
    const bench = served();
    bench.command('ChangeConfiguration', WANTED);
    bench.configure({ governance: { ...defaultGovernance, guardedKeys: [] } });
    expect(effectsIn(comesBack(bench), 'south', 'call')).toEqual([]);
    expect(settings(bench)).toEqual([]);
  });
});

describe('GetConfiguration of the CPMS', () => {
  const asked = (bench: ChargerBench, answer: string): unknown => {
    const { correlation } = callIn(bench.command('GetConfiguration', {}, 'c9'));
    const turn = bench.deliver(
      'south.answered',
      { action: 'GetConfiguration', raw: answer },
      { correlation },
    );
    return effectsIn(turn, 'north', 'answer')[0]?.raw;
  };

  it('shows what the CPMS set, before the charger has it', () => {
    const bench = served();
    bench.command('ChangeConfiguration', WANTED);
    const entry = { key: 'LightIntensity', readonly: false, value: '50' };
    const answer = { configurationKey: [entry, ...heartbeat('300').configurationKey], unknownKey: ['x'] };
    expect(JSON.parse(asked(bench, JSON.stringify(answer)) as string)).toEqual({
      configurationKey: [entry, ...heartbeat('60').configurationKey],
      unknownKey: ['x'],
    });
  });

  it('passes byte for byte where nothing differs', () => {
    const bench = served();
    bench.command('ChangeConfiguration', WANTED);
    const same = '{ "configurationKey": [{"key":"HeartbeatInterval","readonly":false,"value":"60"}] }';
    expect(asked(bench, same)).toBe(same);
  });

  it('shows what the charger has where it does not take what was set', () => {
    const bench = served();
    const write = callIn(bench.command('ChangeConfiguration', WANTED));
    bench.southAnswered(write.correlation, 'ChangeConfiguration', { status: 'Rejected' });
    const real = JSON.stringify(heartbeat('300'));
    expect(asked(bench, real)).toBe(real);
  });
});
