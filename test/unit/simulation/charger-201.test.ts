import { afterEach, describe, expect, it } from 'vitest';
import { observeDelivery } from '../../../simulation/observer.ts';
import type { Payload } from '../../../simulation/ocpp-j.ts';
import { violationIn } from '../../helpers/strict-schemas.ts';
import { heard201 } from '../../helpers/versions/sequence201.ts';
import { aCar, aChargerBench, type ChargerBench, pause, until } from './bench.ts';

let bench: ChargerBench;

/** Whatever the test was about, nothing that was said on either side may break the schemas of 2.0.1. */
afterEach(async () => {
  await bench.stop();
  for (const { action, payload, answer } of bench.got()) {
    expect(violationIn('2.0.1', action, 'Request', payload)).toBeNull();
    if (answer) expect(violationIn('2.0.1', action, 'Response', answer)).toBeNull();
  }
});

async function booted(options: NonNullable<Parameters<typeof aChargerBench>[0]> = {}): Promise<void> {
  bench = await aChargerBench({ ...options, charger: { version: '2.0.1', ...options.charger } });
  await until('booted', () => bench.charger.isOnline);
}

async function charging(): Promise<void> {
  bench.charger.plugIn(1, aCar(), { idTag: 'TAG' });
  await until('told that it charges', () => states().includes('Charging'));
}

const events = (): Payload[] => bench.got('TransactionEvent').map(({ payload }) => payload);
const told = (): unknown[] => events().map(({ eventType, triggerReason }) => `${eventType} ${triggerReason}`);
const infoOf = ({ transactionInfo }: Payload): Payload => transactionInfo as Payload;
const states = (): unknown[] => events().map((event) => infoOf(event).chargingState);
const statuses = (): unknown[] =>
  bench
    .got('StatusNotification')
    .filter(({ payload }) => payload.evseId === 1)
    .map(({ payload }) => payload.connectorStatus);
const heard = () => heard201(bench.cpms.calls.filter(isEvent).map(asSeen));
const isEvent = ({ action }: { action: string }): boolean => action === 'TransactionEvent';
const asSeen = ({
  action,
  payload,
  answer,
}: {
  action: string;
  payload: Payload;
  answer: Payload | null;
}) => ({
  action,
  payload,
  answer: answer ?? {},
});

describe('simulated charger of OCPP 2.0.1', () => {
  it('boots, charges, meters and stops, card first, in a legal sequence', async () => {
    await booted();
    await charging();
    await until('samples', () => told().filter((one) => one === 'Updated MeterValuePeriodic').length >= 3);
    bench.charger.stopCharging(1);
    await until('stopped', () => told().at(-1) === 'Ended StopAuthorized');
    bench.charger.unplug(1);
    await until('free again', () => statuses().at(-1) === 'Available');

    expect(bench.got()[0]).toMatchObject({ action: 'BootNotification', payload: { reason: 'PowerUp' } });
    expect(statuses()).toEqual(['Available', 'Occupied', 'Available']);
    expect(told().slice(0, 2)).toEqual(['Started Authorized', 'Updated ChargingStateChanged']);
    expect(events()[0]).toMatchObject({
      idToken: { idToken: 'TAG' },
      evse: { id: 1, connectorId: 1 },
      seqNo: 0,
    });
    expect(infoOf(events().at(-1)!)).toMatchObject({ stoppedReason: 'Local', chargingState: 'EVConnected' });
    const { stories, faults } = heard();
    expect(faults).toEqual([]);
    expect(stories).toMatchObject([{ idTag: 'TAG' }]);
    expect(stories[0]!.stopWh).toBeGreaterThan(stories[0]!.startWh);
    expect(stories[0]!.offline).not.toContain(true);
    const sample = JSON.stringify(
      events().find(({ triggerReason }) => triggerReason === 'MeterValuePeriodic'),
    );
    for (const text of ['Energy.Active.Import.Register', '"L3"', 'Power.Active.Import', '"A"'])
      expect(sample).toContain(text);
  });

  it('begins with the cable where it is told to, and names the card when it comes', async () => {
    await booted({ charger: { beginsWith: 'cable' } });
    await charging();
    bench.charger.unplug(1);
    await until('ended', () => told().at(-1) === 'Ended EVCommunicationLost');
    expect(told().slice(0, 3)).toEqual([
      'Started CablePluggedIn',
      'Updated Authorized',
      'Updated ChargingStateChanged',
    ]);
    expect(events()[0]).not.toHaveProperty('idToken');
    expect(events()[1]).toMatchObject({ idToken: { idToken: 'TAG' } });
    expect(heard().faults).toEqual([]);
    const report = observeDelivery([bench.charger], bench.cpms.calls, []);
    expect(report).toMatchObject({ lost: 0, duplicates: 0, sessions: { started: 1, stopped: 1 } });
    expect(report.accepted).toBe(events().length);
  });

  it('ends what began with the cable when no card was accepted, and that is no session', async () => {
    await booted({
      charger: { beginsWith: 'cable' },
      cpms: { idTags: new Map([['BAD', 'Blocked']]) },
    });
    bench.charger.plugIn(1, aCar(), { idTag: 'BAD' });
    await until('asked', () => bench.got('Authorize').length === 1);
    await pause(50);
    expect(bench.charger.connector(1).transaction).toBeNull();
    bench.charger.unplug(1);
    await until('ended', () => told().length === 2);
    expect(told()).toEqual(['Started CablePluggedIn', 'Ended EVCommunicationLost']);
    expect(heard().faults).toEqual([]);
    const { accepted, sessions } = observeDelivery([bench.charger], bench.cpms.calls, []);
    expect([accepted, sessions.started, sessions.stopped]).toEqual([2, 0, 0]);
  });

  it('keeps what happens offline, marks it so, and delivers it in order before anything newer', async () => {
    await booted();
    await charging();
    await bench.cpms.goAway();
    await until('samples kept', () => bench.charger.backlog.waiting >= 3);
    bench.charger.unplug(1);
    bench.charger.plugIn(1, aCar(), { idTag: 'OTHER' });
    await until('an offline start', () => bench.charger.connector(1).transaction !== null);
    await pause(50);
    bench.charger.unplug(1);
    await bench.cpms.comeBack();
    await until('all delivered', () => bench.charger.backlog.waiting === 0);

    const { stories, faults } = heard();
    expect(faults).toEqual([]);
    expect(stories.map(({ idTag }) => idTag)).toEqual(['TAG', 'OTHER']);
    expect(stories[0]!.offline[0]).toBe(false);
    expect(stories[0]!.offline.at(-1)).toBe(true);
    expect(stories[1]!.offline).not.toContain(false);
    const report = observeDelivery([bench.charger], bench.cpms.calls, bench.cpms.outages);
    expect(report).toMatchObject({
      lost: 0,
      duplicates: 0,
      misattributed: 0,
      orderViolations: { charger: 0, transaction: 0 },
      sessions: { started: 2, stopped: 2 },
    });
  });

  it.each([
    ['same', 1],
    ['new', 2],
  ] as const)('repeats the event in doubt under the %s id, with the same number', async (repeatId, ids) => {
    await booted({ charger: { quirks: { repeatId } } });
    await charging();
    bench.cpms.freeze();
    const before = bench.got('TransactionEvent').length;
    await until('an event without an answer', () => bench.got('TransactionEvent').length > before);
    bench.charger.dropLink();
    bench.cpms.thaw();
    bench.charger.restoreLink();
    await until('repeated', () => bench.got('TransactionEvent').length > before + 1);
    const [first, second] = bench.got('TransactionEvent').slice(before);
    expect(second!.payload).toEqual(first!.payload);
    expect(new Set([first!.messageId, second!.messageId]).size).toBe(ids);
  });

  it('does not start when the card is refused, and stops when the start is', async () => {
    await booted({ cpms: { idTags: new Map([['BAD', 'Blocked']]) } });
    bench.charger.plugIn(1, aCar(), { idTag: 'BAD' });
    await until('asked', () => bench.got('Authorize').length === 1);
    await pause(50);
    expect(events()).toEqual([]);

    bench.charger.dropLink();
    bench.charger.plugIn(2, aCar(), { idTag: 'BAD' });
    await until('offline start', () => bench.charger.connector(2).transaction !== null);
    bench.charger.restoreLink();
    await until('stopped', () => told().at(-1) === 'Ended Deauthorized');
    expect(heard().faults).toEqual([]);
  });

  it('ends its sessions at a power cut and boots anew', async () => {
    await booted({ charger: { beginsWith: 'cable' } });
    await charging();
    bench.charger.powerCycle(500);
    await until('stop delivered', () => told().at(-1) === 'Ended AbnormalCondition');
    expect(bench.got('BootNotification')).toHaveLength(2);
    expect(heard().faults).toEqual([]);
  });

  it('says that a car is suspended, and that it charges again', async () => {
    await booted();
    await charging();
    const { transactionId } = infoOf(events()[0]!);
    const profile = (limit: number): Payload => ({
      evseId: 1,
      chargingProfile: {
        id: 7,
        stackLevel: 1,
        chargingProfilePurpose: 'TxProfile',
        chargingProfileKind: 'Relative',
        transactionId,
        chargingSchedule: [
          { id: 7, chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit }] },
        ],
      },
    });
    await bench.cpms.call('CP-1', 'SetChargingProfile', profile(0));
    await until('suspended', () => states().at(-1) === 'SuspendedEVSE');
    await bench.cpms.call('CP-1', 'SetChargingProfile', profile(10));
    await until('charging again', () => states().at(-1) === 'Charging');
    await until('limited', () => bench.charger.currents[0] === 10_000);
    expect(statuses()).toEqual(['Available', 'Occupied']);
  });
});
