import { afterEach, describe, expect, it } from 'vitest';
import { observeDelivery } from '../../../simulation/observer.ts';
import { aCar, aChargerBench, type ChargerBench, pause, until } from './bench.ts';

let bench: ChargerBench;

afterEach(() => bench.stop());

const transactionMessages = ['StartTransaction', 'MeterValues', 'StopTransaction'];
const statuses = (connector: number): unknown[] =>
  bench
    .got('StatusNotification')
    .filter(({ payload }) => payload.connectorId === connector)
    .map(({ payload }) => payload.status);

async function aRunningTransaction(): Promise<void> {
  await until('booted', () => bench.charger.isOnline);
  bench.charger.plugIn(1, aCar(), { idTag: 'TAG' });
  await until('transaction id known', () => bench.charger.connector(1).transaction?.transactionId === 1);
}

describe('simulated charger', () => {
  it('boots, charges, meters and stops in the order that OCPP asks for', async () => {
    bench = await aChargerBench();
    await aRunningTransaction();
    await until('three samples', () => bench.got('MeterValues').length >= 3);
    bench.charger.stopCharging(1);
    await until('stopped', () => bench.got('StopTransaction').length === 1);
    bench.charger.unplug(1);
    await until('free again', () => statuses(1).at(-1) === 'Available');

    const actions = bench.got().map(({ action }) => action);
    expect(actions[0]).toBe('BootNotification');
    expect(actions.indexOf('Authorize')).toBeLessThan(actions.indexOf('StartTransaction'));
    expect(statuses(1)).toEqual(['Available', 'Preparing', 'Charging', 'Finishing', 'Available']);
    const [start] = bench.got('StartTransaction');
    const [stop] = bench.got('StopTransaction');
    expect(stop!.payload).toMatchObject({ transactionId: 1, idTag: 'TAG', reason: 'Local' });
    expect(stop!.payload.meterStop).toBeGreaterThan(start!.payload.meterStart as number);
    const measurands = JSON.stringify(bench.got('MeterValues').at(-1)!.payload);
    for (const text of ['Energy.Active.Import.Register', '"L3"', 'Power.Active.Import', '"16.0"']) {
      expect(measurands).toContain(text);
    }
  });

  it('keeps what happens offline with its times, and delivers it in order before anything newer', async () => {
    bench = await aChargerBench();
    await aRunningTransaction();
    await bench.cpms.goAway();
    const samplesBefore = bench.got('MeterValues').length;
    await until('samples kept', () => bench.charger.backlog.waiting >= 3);
    bench.charger.unplug(1);
    bench.charger.plugIn(2, aCar(), { idTag: 'OTHER' });
    await until('an offline start', () => bench.charger.connector(2).transaction !== null);
    bench.charger.unplug(2);
    expect(bench.charger.connector(2).transaction).toBeNull();
    const cameBackAtMs = bench.clock.wallMs();
    await bench.cpms.comeBack();
    await until('all delivered', () => bench.charger.backlog.waiting === 0);

    const replayed = bench.got(...transactionMessages).slice(1 + samplesBefore);
    const shape = replayed.map(({ action }) => action).filter((action) => action !== 'MeterValues');
    expect(shape).toEqual(['StopTransaction', 'StartTransaction', 'StopTransaction']);
    expect(replayed.at(-1)!.payload.transactionId).toBe(2);
    for (const { payload } of replayed.filter(({ action }) => action !== 'MeterValues')) {
      expect(Date.parse(payload.timestamp as string)).toBeLessThanOrEqual(cameBackAtMs);
    }
    const report = observeDelivery([bench.charger], bench.cpms.calls, bench.cpms.outages);
    expect(report).toMatchObject({
      lost: 0,
      duplicates: 0,
      misattributed: 0,
      orderViolations: { charger: 0, transaction: 0 },
    });
    expect(report.sessions).toMatchObject({ started: 2, stopped: 2 });
  });

  it('boots once, and not again after a mere reconnect', async () => {
    bench = await aChargerBench();
    await until('booted', () => bench.charger.isOnline);
    bench.charger.dropLink(500);
    await until('offline', () => !bench.charger.isOnline);
    await until('online again', () => bench.charger.isOnline);
    expect(bench.got('BootNotification')).toHaveLength(1);
    expect(new Set(bench.got().map(({ connection }) => connection)).size).toBe(1);
  });

  it('ends its sessions at a power cycle and boots anew', async () => {
    bench = await aChargerBench();
    await aRunningTransaction();
    bench.charger.powerCycle(500);
    await until('stop delivered', () => bench.got('StopTransaction').length === 1);
    expect(bench.got('StopTransaction')[0]!.payload.reason).toBe('PowerLoss');
    expect(bench.got('BootNotification')).toHaveLength(2);
  });

  it('sends nothing but BootNotification before it is accepted', async () => {
    bench = await aChargerBench({ cpms: { bootStatus: () => 'Pending', heartbeatIntervalSeconds: 1 } });
    await until('asked again', () => bench.got('BootNotification').length >= 3);
    bench.charger.plugIn(1, aCar(), { idTag: 'TAG' });
    await pause(200);
    expect(new Set(bench.got().map(({ action }) => action))).toEqual(new Set(['BootNotification']));
    expect(bench.charger.backlog.waiting).toBeGreaterThan(0);
  });

  it.each([
    ['same', 1],
    ['new', 2],
  ] as const)(
    'repeats the CALL in doubt under the %s id after a reconnect',
    async (repeatId, distinctIds) => {
      bench = await aChargerBench({ charger: { quirks: { repeatId } } });
      await aRunningTransaction();
      bench.cpms.freeze();
      const before = bench.got('MeterValues').length;
      await until('a sample without an answer', () => bench.got('MeterValues').length > before);
      bench.charger.dropLink();
      bench.cpms.thaw();
      bench.charger.restoreLink();
      await until('repeated', () => bench.got('MeterValues').length > before + 1);
      const [first, second] = bench.got('MeterValues').slice(before);
      expect(second!.payload).toEqual(first!.payload);
      expect(new Set([first!.messageId, second!.messageId]).size).toBe(distinctIds);
    },
  );

  it('has one CALL in flight', async () => {
    bench = await aChargerBench({ cpms: { answerDelayMs: 300, refusePipelined: true } });
    await aRunningTransaction();
    await until('samples', () => bench.got('MeterValues').length >= 3);
    expect(bench.got().filter(({ outcome }) => outcome === 'error')).toEqual([]);
  });

  it('does not start when the tag is refused, and stops when the start is', async () => {
    bench = await aChargerBench({ cpms: { idTags: new Map([['BAD', 'Blocked']]) } });
    await until('booted', () => bench.charger.isOnline);
    bench.charger.plugIn(1, aCar(), { idTag: 'BAD' });
    await until('asked', () => bench.got('Authorize').length === 1);
    await pause(50);
    expect(bench.got('StartTransaction')).toEqual([]);

    bench.charger.dropLink();
    bench.charger.plugIn(2, aCar(), { idTag: 'BAD' });
    await until('offline start', () => bench.charger.connector(2).transaction !== null);
    bench.charger.restoreLink();
    await until('stopped', () => bench.got('StopTransaction').length === 1);
    expect(bench.got('StopTransaction')[0]!.payload).toMatchObject({
      reason: 'DeAuthorized',
      transactionId: 0,
    });
  });

  it('asks for a tag again after an error, but not in a hurry', async () => {
    bench = await aChargerBench({
      cpms: {
        poison: ({ action }) => (action === 'Authorize' ? { code: 'InternalError', description: '' } : null),
      },
    });
    await until('booted', () => bench.charger.isOnline);
    bench.charger.plugIn(1, aCar(), { idTag: 'TAG' });
    await until('asked again', () => bench.got('Authorize').length === 2);
    const [first, second] = bench.got('Authorize');
    expect(second!.receivedAtMs - first!.receivedAtMs).toBeGreaterThanOrEqual(4_900);
    expect(bench.charger.connector(1).transaction).toBeNull();
  });

  it('starts nothing offline when it may not, and asks when it is back', async () => {
    bench = await aChargerBench({ charger: { localAuthorizeOffline: false } });
    await until('booted', () => bench.charger.isOnline);
    bench.charger.dropLink();
    bench.charger.plugIn(1, aCar(), { idTag: 'TAG' });
    await pause(100);
    expect(bench.charger.connector(1).transaction).toBeNull();
    bench.charger.restoreLink();
    await until('started', () => bench.got('StartTransaction').length === 1);
    expect(bench.got('Authorize')).toHaveLength(1);
  });

  it('gives up a start that gets nothing but errors, together with its transaction', async () => {
    bench = await aChargerBench({
      cpms: {
        poison: ({ action }) =>
          action === 'StartTransaction' ? { code: 'InternalError', description: '' } : null,
      },
    });
    await until('booted', () => bench.charger.isOnline);
    bench.charger.plugIn(1, aCar(), { idTag: 'TAG' });
    await until('given up', () => bench.charger.backlog.givenUp >= 1);
    expect(bench.got('StartTransaction')).toHaveLength(3);
    expect(bench.got('MeterValues')).toEqual([]);
  });
});
