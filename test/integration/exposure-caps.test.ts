import { describe, expect, it } from 'vitest';
import type { OfflineAuth, TransactionRow } from '../../actors/tells.ts';
import type { ExposureRules } from '../../machines/shared/exposure.ts';
import { OneCharger } from '../helpers/one-charger.ts';

const HOUR_MS = 3_600_000;
const LOCAL_ID = 2 ** 30;
const none = { maxEnergyWh: null, maxDurationMs: null };

function auth(maxEnergyWh: number | null, maxDurationMs: number | null): OfflineAuth {
  const caps: ExposureRules = {
    caps: { listed: none, cached: none, unknown: { maxEnergyWh, maxDurationMs } },
    longOutage: null,
  };
  return { localList: [], cacheMaxAgeMs: HOUR_MS, unknownTags: 'accept', caps };
}

async function charging(offlineAuth: OfflineAuth): Promise<OneCharger> {
  const site = await OneCharger.started(offlineAuth);
  await reconnect(site);
  const start = { connectorId: 1, idTag: 'card-1', timestamp: '2026-01-01T00:00:00Z', meterStart: 100 };
  expect(await site.call('StartTransaction', start)).toMatchObject({ idTagInfo: { status: 'Accepted' } });
  return site;
}

async function reconnect(site: OneCharger): Promise<void> {
  await site.open();
  await site.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
  await site.call('StatusNotification', { connectorId: 1, status: 'Charging', errorCode: 'NoError' });
}

let minute = 0;
function read(site: OneCharger, value: number): Promise<unknown> {
  minute += 1;
  const timestamp = new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString();
  const sampledValue = [{ value: String(value) }];
  return site.call('MeterValues', {
    connectorId: 1,
    transactionId: LOCAL_ID,
    meterValue: [{ timestamp, sampledValue }],
  });
}

/** The backlog goes up, and the CPMS says what it thinks of the card. */
async function cpmsIsBack(site: OneCharger, verdict: string): Promise<void> {
  site.verdict = verdict;
  const boot = { status: 'Accepted', currentTime: '2026-01-01T00:00:00Z', interval: 60 };
  site.cpms = { BootNotification: boot };
  await site.post('north.opened', { socketId: 'n1', subprotocol: 'ocpp1.6' }, 'link/cp1');
  await site.pass(5_000);
}

const stops = (site: OneCharger) =>
  site.commands.filter(({ action }) => action === 'RemoteStopTransaction').map(({ raw }) => JSON.parse(raw));
const reasons = (site: OneCharger) =>
  site.bench.journal().map(({ reason }) => (reason as { code: string } | undefined)?.code);
const stateOfSession = (site: OneCharger) => {
  const [{ session }] = site.rows<TransactionRow>('transactions') as [TransactionRow];
  return site.state(`session/${session}`);
};

describe('a session that is capped while the CPMS is away', () => {
  it('is stopped at the charger by the reading that reaches its energy, once', async () => {
    const site = await charging(auth(5_000, null));
    await read(site, 5_099);
    expect(stops(site)).toEqual([]);
    await read(site, 5_100);
    expect(stops(site)).toEqual([{ transactionId: LOCAL_ID }]);
    const stop = { transactionId: LOCAL_ID, timestamp: '2026-01-01T02:00:00Z', meterStop: 5_110 };
    expect(await site.call('StopTransaction', stop)).toEqual({});
    await site.pass(10 * 60_000);
    expect(stops(site)).toHaveLength(1);
    expect(reasons(site)).toEqual(
      expect.arrayContaining(['cap.unknown', 'session.energyCapReached', 'session.stopWanted']),
    );
  });

  it('keeps its deadline over a restart of the process in the middle', async () => {
    let site = await charging(auth(null, HOUR_MS));
    await site.pass(HOUR_MS / 2);
    site = await site.killed();
    await reconnect(site);
    await site.pass(HOUR_MS / 2 - 60_000);
    expect(stops(site)).toEqual([]);
    await site.pass(60_000);
    expect(stops(site)).toEqual([{ transactionId: LOCAL_ID }]);
    expect(reasons(site)).toContain('session.durationCapReached');
  });

  it('keeps its cap in energy over a restart of the process in the middle', async () => {
    let site = await charging(auth(5_000, null));
    await read(site, 3_000);
    site = await site.killed();
    await reconnect(site);
    await read(site, 5_050);
    expect(stops(site)).toEqual([]);
    await read(site, 5_150);
    expect(stops(site)).toEqual([{ transactionId: LOCAL_ID }]);
  });

  it('whose time was over while the process was down is stopped when the charger is back', async () => {
    let site = await charging(auth(null, HOUR_MS));
    await site.pass(HOUR_MS - 30_000);
    site = await site.killed();
    await site.pass(60_000);
    expect(stops(site)).toEqual([]);
    await reconnect(site);
    await site.pass(31_000);
    expect(stops(site)).toEqual([{ transactionId: LOCAL_ID }]);
  });

  it.each([
    ['before its cap is reached', 2_000],
    ['on its way to the cap', 4_900],
  ])('is free of it once the CPMS takes the card, %s', async (_when, value) => {
    const site = await charging(auth(5_000, HOUR_MS));
    await read(site, value);
    await cpmsIsBack(site, 'Accepted');
    expect(stateOfSession(site)).toMatchObject({ active: { life: { running: 'free' } } });
    await read(site, 90_000);
    await site.pass(2 * HOUR_MS);
    expect(stops(site)).toEqual([]);
    expect(reasons(site)).toContain('session.capLifted');
  });

  it('goes on when the CPMS takes the card before the charger could be stopped', async () => {
    const site = await charging(auth(null, HOUR_MS));
    await site.post('south.closed', { socketId: 's1', code: 1006, reason: '' });
    await site.pass(HOUR_MS);
    expect(stateOfSession(site)).toMatchObject({ active: { life: { stopping: 'asking' } } });
    await cpmsIsBack(site, 'Accepted');
    await reconnect(site);
    await site.pass(10 * 60_000);
    expect(stops(site)).toEqual([]);
    expect(stateOfSession(site)).toMatchObject({ active: { life: { running: 'free' } } });
  });

  it('is stopped at once when the CPMS refuses the card', async () => {
    const site = await charging(auth(5_000, HOUR_MS));
    await read(site, 1_000);
    await cpmsIsBack(site, 'Invalid');
    expect(stops(site)).toEqual([{ transactionId: LOCAL_ID }]);
  });

  it('is stopped at an amount after the CPMS refused the card, where the site says so', async () => {
    const site = await charging({ ...auth(null, null), invalidMaxEnergyWh: 3_000 });
    await read(site, 1_000);
    await cpmsIsBack(site, 'Blocked');
    await read(site, 3_099);
    expect(stops(site)).toEqual([]);
    await read(site, 3_100);
    expect(stops(site)).toEqual([{ transactionId: LOCAL_ID }]);
  });
});
