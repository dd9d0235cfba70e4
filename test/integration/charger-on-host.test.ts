import { describe, expect, it } from 'vitest';
import { defaultTiming } from '../../actors/site-tree.ts';
import type { QueueRow, TransactionRow } from '../../actors/tells.ts';
import { OneCharger } from '../helpers/one-charger.ts';

const LOCAL_ID = 2 ** 30;

const boot = { chargePointVendor: 'V', chargePointModel: 'M' };
const start = { connectorId: 1, idTag: 'card-1', timestamp: '2026-01-01T00:00:00Z', meterStart: 100 };
const meter = {
  connectorId: 1,
  transactionId: LOCAL_ID,
  meterValue: [{ timestamp: '2026-01-01T00:10:00Z', sampledValue: [{ value: '600' }] }],
};
const stop = { transactionId: LOCAL_ID, timestamp: '2026-01-01T01:00:00Z', meterStop: 5_100 };

describe('a charger on a real host', () => {
  it.each(['without', 'with'])(
    'brings a transaction of an outage to the CPMS %s a crash in the middle',
    async (crash) => {
      let site = await OneCharger.started();
      await site.open();
      expect(await site.call('BootNotification', boot)).toMatchObject({ status: 'Accepted' });
      await site.call('StatusNotification', { connectorId: 1, status: 'Preparing', errorCode: 'NoError' });
      expect(site.state('charger/cp1')).toMatchObject({ mode: 'online', boot: 'accepted' });
      expect(await site.call('StartTransaction', start)).toMatchObject({ transactionId: LOCAL_ID });
      expect(await site.call('MeterValues', meter)).toEqual({});
      if (crash === 'with') {
        site = await site.killed();
        await site.open();
        expect(await site.call('StartTransaction', start)).toMatchObject({ transactionId: LOCAL_ID });
        expect(await site.call('MeterValues', meter)).toEqual({});
      }
      expect(await site.call('StopTransaction', stop)).toEqual({});
      const [{ session }] = site.rows<TransactionRow>('transactions') as [TransactionRow];
      expect(site.rows<QueueRow>('north').map(({ kind }) => kind)).toEqual([
        'boot',
        'status',
        'start',
        'meter',
        'stop',
      ]);

      site.cpms = {
        BootNotification: { status: 'Accepted', currentTime: '2026-01-01T00:00:00Z', interval: 1 },
      };
      await site.post('north.opened', { socketId: 'n1', subprotocol: 'ocpp1.6' }, 'link/cp1');
      await site.pass(5_000);
      expect(site.upstream.map(({ action }) => action)).toEqual([
        'BootNotification',
        'StatusNotification',
        'StartTransaction',
        'MeterValues',
        'StopTransaction',
      ]);
      expect(site.upstream.at(-1)!.raw).toBe(JSON.stringify({ ...stop, transactionId: 5 }));
      expect(site.rows('north')).toEqual([]);
      expect(site.rows<TransactionRow>('transactions')).toMatchObject([{ session, state: 'settled' }]);
      expect(site.state('charger/cp1')).toMatchObject({ backend: 'online' });
      expect(site.bench.parked).toEqual([]);
      expect(site.bench.quarantined).toEqual([]);
    },
  );

  it('serves a whole session while the CPMS is there', async () => {
    const site = await OneCharger.started();
    site.cpms = {
      BootNotification: { status: 'Accepted', currentTime: '2026-01-01T00:00:00Z', interval: 60 },
      Authorize: { idTagInfo: { status: 'Accepted' } },
    };
    await site.pass(5_000);
    await site.post('north.opened', { socketId: 'n1', subprotocol: 'ocpp1.6' }, 'link/cp1');
    await site.open();
    expect(await site.call('BootNotification', boot)).toMatchObject({ interval: 60 });
    await site.call('StatusNotification', { connectorId: 1, status: 'Available', errorCode: 'NoError' });
    expect(await site.call('Authorize', { idTag: 'card-1' })).toEqual({ idTagInfo: { status: 'Accepted' } });
    expect(await site.call('StartTransaction', start)).toMatchObject({ transactionId: 5 });
    expect(await site.call('MeterValues', { ...meter, transactionId: 5 })).toEqual({});
    expect(await site.call('StopTransaction', { ...stop, transactionId: 5 })).toEqual({});
    await site.pass(1_000);
    expect(site.rows<TransactionRow>('transactions')).toMatchObject([{ transactionId: 5, state: 'settled' }]);
    expect(site.state('charger/cp1')).toEqual({
      mode: 'online',
      boot: 'accepted',
      backend: 'online',
      outage: 'letIn',
    });
    expect(site.bench.journal().map(({ type }) => type)).toContain('start.decided');
  });

  it('that nothing answered upstream is answered here within its budget', async () => {
    const site = await OneCharger.started();
    site.cpms = {};
    await site.post('north.opened', { socketId: 'n1', subprotocol: 'ocpp1.6' }, 'link/cp1');
    expect(site.state('charger/cp1')).toMatchObject({ backend: 'online' });
    await site.open();
    site.cpms = null;
    expect(await site.call('StartTransaction', start)).toBeUndefined();
    await site.pass(defaultTiming.answerBudgetMs);
    expect(site.answers.map(({ raw }) => JSON.parse(raw!))).toEqual([
      { idTagInfo: { status: 'Accepted' }, transactionId: LOCAL_ID },
    ]);
  });
});
