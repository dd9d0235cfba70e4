import { describe, expect, test } from 'vitest';
import type { CpmsCall } from '../../simulation/cpms-options.ts';
import type { ModelCharger } from '../helpers/crash-world/model-charger.ts';
import { journalOf } from '../helpers/journal.ts';
import { QuietWorld } from '../helpers/quiet-world.ts';

const MINUTE_MS = 60_000;
const POISON_WH = 666_666;
const POISON_TAG = 'TAG-POISON';

const isPoison = ({ raw }: CpmsCall): boolean => raw.includes(String(POISON_WH)) || raw.includes(POISON_TAG);

/** Transaction messages that the CPMS took in, of one charger, in order: action and what it says. */
function taken(world: QuietWorld, charger: string): string[] {
  return world.cpms.calls
    .filter(
      ({ identity, action, outcome }) =>
        identity === charger && outcome === 'result' && isTransaction(action),
    )
    .map(({ action, payload }) => `${action} ${numberIn(payload)}`);
}

function isTransaction(action: string): boolean {
  return action === 'StartTransaction' || action === 'MeterValues' || action === 'StopTransaction';
}

function numberIn(payload: Record<string, unknown>): string {
  if (payload.meterStop !== undefined) return String(payload.meterStop);
  if (payload.idTag !== undefined) return String(payload.idTag);
  return /"value":"(\d+)","unit":"Wh"/.exec(JSON.stringify(payload))?.[1] ?? '?';
}

async function minutes(world: QuietWorld, count: number, each: (minute: number) => void = () => {}) {
  for (let minute = 1; minute <= count; minute++) {
    await world.clock.advance(MINUTE_MS);
    each(minute);
  }
}

describe.each(['hang', 'hangUp'] as const)('a CPMS that chokes on one sample (%s)', (how) => {
  test('gets all others within 45 minutes, over a restart, and that one when it is repaired', async () => {
    const world = new QuietWorld();
    const [a, b] = world.chargers as [ModelCharger, ModelCharger, ModelCharger];
    await minutes(world, 1);
    world.cpms.chokesOn = (call) => (isPoison(call) ? how : null);
    a.start('TAG-A');
    b.start('TAG-B');
    await minutes(world, 1);
    a.meter(POISON_WH);
    b.meter(1);
    await minutes(world, 45, (minute) => {
      if (minute === 20) world.restart();
      if (minute % 10 === 0) a.meter(minute);
    });
    expect(taken(world, 'cp-a')).toEqual([
      'StartTransaction TAG-A',
      ...[10, 20, 30, 40].map((wh) => `MeterValues ${wh}`),
    ]);
    expect(taken(world, 'cp-b')).toEqual(['StartTransaction TAG-B', 'MeterValues 1']);
    expect(world.core.host.rows('parked/cp-a').length).toBe(1);
    expect(world.standingAlarms()).toContain('queue.parked');

    world.cpms.chokesOn = () => null;
    await minutes(world, 65);
    expect(taken(world, 'cp-a').at(-1)).toBe(`MeterValues ${POISON_WH}`);
    expect(world.core.host.rows('parked/cp-a')).toEqual([]);
    expect(world.core.host.rows('north/cp-a')).toEqual([]);
    expect(world.standingAlarms()).not.toContain('queue.parked');
    const tries = world.cpms.calls.filter(isPoison).map(({ raw }) => raw);
    expect(new Set(tries).size).toBe(1);
  });
});

describe('a CPMS that chokes on one StartTransaction', () => {
  test('gets that transaction as a whole and in order when it is repaired, and others meanwhile', async () => {
    const world = new QuietWorld();
    const [a] = world.chargers as [ModelCharger, ModelCharger, ModelCharger];
    await minutes(world, 1);
    world.cpms.chokesOn = (call) => (isPoison(call) ? 'hang' : null);
    a.start(POISON_TAG);
    await minutes(world, 60, (minute) => {
      if (minute === 10 || minute === 50) a.meter(minute);
      if (minute === 52) a.stop(52);
      if (minute === 54) a.start('TAG-NEXT');
      if (minute === 55) a.meter(55);
    });
    expect(taken(world, 'cp-a')).toEqual(['StartTransaction TAG-NEXT', 'MeterValues 55']);
    expect(a.isIdle).toBe(true);

    world.cpms.chokesOn = () => null;
    await minutes(world, 65);
    expect(taken(world, 'cp-a').slice(2)).toEqual([
      `StartTransaction ${POISON_TAG}`,
      'MeterValues 10',
      'MeterValues 50',
      'StopTransaction 52',
    ]);
    const ids = world.cpms.calls
      .filter(({ action, outcome }) => isTransaction(action) && outcome === 'result')
      .map(({ payload, answer }) => payload.transactionId ?? answer?.transactionId);
    expect(ids).toEqual([1, 1, 2, 2, 2, 2]);
    const ended = journalOf(world.store).filter(({ type }) => type === 'session.ended');
    expect(ended.map(({ data }) => data.outcome)).toEqual(['completed']);
  });

  test('has what its transaction queued in an outage wait for it too, however long', async () => {
    const world = new QuietWorld();
    const [a] = world.chargers as [ModelCharger, ModelCharger, ModelCharger];
    await minutes(world, 1);
    world.cpms.chokesOn = (call) => (isPoison(call) ? 'hang' : null);
    a.start(POISON_TAG);
    await minutes(world, 45);
    world.cpms.goAway();
    for (let sample = 1; sample <= 150; sample++) {
      a.meter(sample);
      await world.clock.advance(1_000);
    }
    world.cpms.isAway = false;
    await minutes(world, 2);
    expect(world.core.host.rows('north/cp-a')).toEqual([]);
    expect(world.core.host.rows('parked/cp-a')).toHaveLength(151);
    world.cpms.chokesOn = () => null;
    await minutes(world, 65);
    expect(taken(world, 'cp-a')).toEqual([
      `StartTransaction ${POISON_TAG}`,
      ...Array.from({ length: 150 }, (_, index) => `MeterValues ${index + 1}`),
    ]);
  });
});

describe('a CPMS that hangs on everything', () => {
  test('gets everything in order afterwards: nothing was set aside', async () => {
    const world = new QuietWorld();
    const [a] = world.chargers as [ModelCharger, ModelCharger, ModelCharger];
    await minutes(world, 1);
    world.cpms.chokesOn = () => 'hang';
    a.start('TAG-A');
    await minutes(world, 120, (minute) => {
      if (minute % 30 === 0) a.meter(minute);
    });
    expect(world.core.host.rows('parked/cp-a')).toEqual([]);
    world.cpms.chokesOn = () => null;
    await minutes(world, 5);
    expect(taken(world, 'cp-a')).toEqual([
      'StartTransaction TAG-A',
      ...[30, 60, 90, 120].map((wh) => `MeterValues ${wh}`),
    ]);
  });
});
