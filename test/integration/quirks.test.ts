import { afterEach, expect, test } from 'vitest';
import type { ChargerStatus } from '../../app/site-view.ts';
import { readJournal } from '../helpers/journal.ts';
import { answerWith, PlainCpms, type ReceivedCall } from '../helpers/plain-cpms.ts';
import { Product } from '../helpers/product.ts';
import { RawCharger } from '../helpers/raw-charger.ts';
import { violationIn } from '../helpers/strict-schemas.ts';
import { payloadTextOf } from './fixtures/raw-site.ts';
import { backendOnline, bothOnline } from './fixtures/site-waits.ts';

const cleanups: Array<() => unknown> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const BOOT = '{"chargePointVendor":"Growatt","chargePointModel":"THOR","chargePointSerialNumber":100420}';
const STATUS = '{"connectorId":"1", "errorCode":"NoError","status":"available"}';
const START = '{"connectorId":1,"idTag":"04A1B2C3","meterStart":0,"timestamp":"2026-07-19T15:28:07"}';
const METER =
  '{"connectorId":1,"transactionId":-1,"meterValue":[{"timestamp":"2026-07-19 15:20:00","sampledValue":' +
  '[{"value":712.125,"unit":"Wh"},{"value":"OCMF|{\\"RV\\":1}|\\/\\u00e9","format":"SignedData"}]}]}';
const METER_MENDED =
  '{"connectorId":1,"meterValue":[{"timestamp":"2026-07-19T13:20:00Z","sampledValue":' +
  '[{"value":"712.125","unit":"Wh"},{"value":"OCMF|{\\"RV\\":1}|\\/\\u00e9","format":"SignedData"}]}]}';
const SOUND = '{ "connectorId" :1,"errorCode":"NoError", "status":"Charging","info":"\\u00e9" }';

test('a charger that says much wrongly: its CPMS gets sound frames, and an auditor sees what came', async () => {
  const cpms = new PlainCpms(answerWith(new Map()));
  await cpms.comeBack();
  cleanups.push(() => cpms.goAway());
  const product = await Product.create({
    backendUrl: cpms.url,
    timezone: 'Europe/Berlin',
    chargers: [{ id: 'cp-raw', connectors: 1, quirks: ['made-up-transaction'] }],
  });
  cleanups.push(() => product.remove());
  await product.start();
  await backendOnline(product);
  const charger = await RawCharger.connect(product.southUrl, 'cp-raw');
  cleanups.push(() => charger.close());
  const got = (action: string): ReceivedCall[] => cpms.calls.filter((call) => call.action === action);
  const newest = (action: string): string => payloadTextOf(got(action).at(-1)?.raw ?? '');

  expect(await charger.call('BootNotification', BOOT)).toContain('"Accepted"');
  expect(await charger.call('StatusNotification', STATUS)).toMatch(/^\[3,/);
  await bothOnline(product);
  expect(await charger.call('MeterValues', METER)).toMatch(/^\[3,/);
  await expect.poll(() => newest('MeterValues'), { timeout: 10_000 }).toBe(METER_MENDED);
  expect(await charger.call('StartTransaction', START)).toMatch(/^\[3,/);
  expect(newest('StartTransaction')).toBe(START.replace('T15:28:07', 'T13:28:07Z'));
  expect(await charger.call('StatusNotification', SOUND)).toMatch(/^\[3,/);
  await expect.poll(() => newest('StatusNotification'), { timeout: 10_000 }).toBe(SOUND);
  expect(await charger.call('Authorize', `{"idTag":"${'A'.repeat(21)}"}`)).toMatch(/^\[4,/);

  expect(got('StatusNotification').map(({ payload }) => payload.status)).toEqual(['Available', 'Charging']);
  expect(got('BootNotification')[0]?.payload.chargePointSerialNumber).toBe('100420');
  const violations = cpms.calls.map(({ action, payload }) => violationIn('1.6', action, 'Request', payload));
  expect(violations.filter((violation) => violation !== null)).toEqual([]);
  const [status] = await product.items<ChargerStatus>('chargers');
  expect(status?.quirks).toMatchObject({
    packs: ['default', 'growatt'],
    repaired: {
      'text-as-number': 1,
      'number-as-text': 1,
      'status-spelling': 1,
      'value-as-number': 1,
      'made-up-transaction': 1,
      'zoneless-time': 2,
    },
  });

  charger.close();
  await product.terminate();
  const called = (await readJournal(product.dataFolder)).filter(({ type }) => type === 'south.called');
  const meter = called.find(({ data }) => data.action === 'MeterValues');
  expect(meter?.data).toMatchObject({
    raw: METER_MENDED,
    repaired: { by: ['value-as-number', 'made-up-transaction', 'zoneless-time'], asCame: METER },
  });
  expect(called.find(({ data }) => data.raw === SOUND)?.data).not.toHaveProperty('repaired');

  // It comes back without a boot, and the new process still knows what it is.
  await product.start();
  const again = await RawCharger.connect(product.southUrl, 'cp-raw');
  cleanups.push(() => again.close());
  const late = SOUND.replace('}', ',"timestamp":"2026-07-19T15:40:00"}');
  await again.call('StatusNotification', late);
  await expect
    .poll(() => newest('StatusNotification'), { timeout: 15_000 })
    .toBe(late.replace('T15:40:00', 'T13:40:00Z'));
});
