import { afterEach, describe, expect, test } from 'vitest';
import type { SessionStatus } from '../../app/site-view.ts';
import type { RawCharger } from '../helpers/raw-charger.ts';
import {
  type Exchange,
  FROM_CHARGER,
  FROM_CPMS,
  SECURITY_FROM_CHARGER,
  SECURITY_FROM_CPMS,
} from './fixtures/actions-of-ocpp16.ts';
import { ForeignSite, type SeenCall } from './fixtures/foreign-site.ts';
import { commanded, openRawSite, payloadTextOf } from './fixtures/raw-site.ts';
import { backendOnline, bothOnline, relaying } from './fixtures/site-waits.ts';

const TIMEOUT_MS = 120_000;
const BOOT = { chargePointVendor: 'Foreign', chargePointModel: 'One' };
const AT = '2026-03-01T10:00:00.000Z';

const cleanups: Array<() => unknown> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const foreignRelaying = (site: ForeignSite): Promise<void> =>
  relaying(
    () => site.charger.call('Heartbeat', {}),
    () => site.of(site.atCpms, 'Heartbeat').length,
  );

describe.each([
  ['off', undefined],
  ['on', { fuseA: 63 }],
])('with load management %s, between foreign peers', (state, electrical) => {
  test(
    'a local and a remote session pass whole and valid',
    async () => {
      const site = await ForeignSite.open({
        ...(electrical ? { electrical } : {}),
        answerAtCpms: cpmsOfIds(),
        answerAtCharger: ({ action }) =>
          action === 'TriggerMessage' ? { status: 'NotImplemented' } : { status: 'Accepted' },
      });
      cleanups.push(() => site.close());
      await backendOnline(site.product);
      await foreignRelaying(site);
      expect(await site.charger.call('BootNotification', BOOT)).toMatchObject({ status: 'Accepted' });
      await reportStatus(site, 'Available');
      await bothOnline(site.product);
      await sessionByCard(site);
      await sessionFromRemote(site);
      await site.until(() => site.of(site.atCpms, 'StopTransaction').length === 2);
      expect(transactionsAt(site)).toEqual([
        ['StartTransaction', undefined],
        ['MeterValues', 1],
        ['MeterValues', 1],
        ['StopTransaction', 1],
        ['StartTransaction', undefined],
        ['MeterValues', 2],
        ['StopTransaction', 2],
      ]);
      await expect
        .poll(async () => (await site.product.items<SessionStatus>('sessions')).map(({ state: at }) => at), {
          timeout: 10_000,
        })
        .toEqual(['settled', 'settled']);
      expect(site.schemaFailures).toEqual([]);
      // The site's own limits reach the charger when it has some to give, and only then.
      expect(site.of(site.atCharger, 'SetChargingProfile').length > 0).toBe(state === 'on');
    },
    TIMEOUT_MS,
  );
});

function cpmsOfIds(): (call: SeenCall) => Record<string, unknown> {
  let transactions = 0;
  return ({ action }) => {
    if (action === 'BootNotification') return { status: 'Accepted', currentTime: AT, interval: 300 };
    if (action === 'Heartbeat') return { currentTime: AT };
    if (action === 'Authorize') return { idTagInfo: { status: 'Accepted' } };
    if (action === 'StartTransaction')
      return { transactionId: ++transactions, idTagInfo: { status: 'Accepted' } };
    return {};
  };
}

const reportStatus = (site: ForeignSite, status: string) =>
  site.charger.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status });

async function startAndMeter(site: ForeignSite, values: readonly string[]): Promise<number> {
  const start = { connectorId: 1, idTag: 'TAG', meterStart: 100, timestamp: new Date().toISOString() };
  const { transactionId } = (await site.charger.call('StartTransaction', start)) as { transactionId: number };
  await reportStatus(site, 'Charging');
  for (const value of values) {
    const meterValue = [{ timestamp: new Date().toISOString(), sampledValue: [{ value }] }];
    expect(await site.charger.call('MeterValues', { connectorId: 1, transactionId, meterValue })).toEqual({});
  }
  return transactionId;
}

async function stop(site: ForeignSite, transactionId: number, reason: string): Promise<void> {
  const timestamp = new Date().toISOString();
  await site.charger.call('StopTransaction', { transactionId, meterStop: 300, timestamp, reason });
  await reportStatus(site, 'Available');
}

async function sessionByCard(site: ForeignSite): Promise<void> {
  const verdict = { idTagInfo: { status: 'Accepted' } };
  expect(await site.charger.call('Authorize', { idTag: 'TAG' })).toEqual(verdict);
  const transactionId = await startAndMeter(site, ['150', '200']);
  await stop(site, transactionId, 'Local');
}

async function sessionFromRemote(site: ForeignSite): Promise<void> {
  const start = { idTag: 'TAG', connectorId: 1 };
  expect(await site.command('RemoteStartTransaction', start)).toEqual({ status: 'Accepted' });
  expect(site.of(site.atCharger, 'RemoteStartTransaction')).toEqual([start]);
  const transactionId = await startAndMeter(site, ['250']);
  expect(await site.command('RemoteStopTransaction', { transactionId: 2 })).toEqual({ status: 'Accepted' });
  expect(site.of(site.atCharger, 'RemoteStopTransaction')).toEqual([{ transactionId }]);
  await stop(site, transactionId, 'Remote');
}

function transactionsAt(site: ForeignSite): Array<[string, unknown]> {
  return site.atCpms
    .filter(({ action }) => /Transaction$|^MeterValues$/.test(action))
    .map(({ action, payload }) => [action, payload.transactionId]);
}

test(
  'every action of OCPP 1.6 and of its security extension passes to the other side and back',
  async () => {
    const upwards = [...FROM_CHARGER, ...SECURITY_FROM_CHARGER];
    const downwards = [...FROM_CPMS, ...SECURITY_FROM_CPMS];
    const answerOf = (exchanges: readonly Exchange[]) => {
      const answers = new Map(exchanges.map(({ action, answer }) => [action, answer]));
      return ({ action }: SeenCall) => answers.get(action) ?? {};
    };
    const site = await ForeignSite.open({
      answerAtCpms: answerOf(upwards),
      answerAtCharger: answerOf(downwards),
    });
    cleanups.push(() => site.close());
    await backendOnline(site.product);
    await foreignRelaying(site);
    for (const { action, request, answer } of upwards) {
      expect([action, await site.charger.call(action, request)]).toEqual([action, answer]);
      await expect.poll(() => site.of(site.atCpms, action), { timeout: 10_000 }).toContainEqual(request);
    }
    await bothOnline(site.product);
    for (const { action, request, answer } of downwards) {
      expect([action, await site.command(action, request)]).toEqual([action, answer]);
      expect(site.of(site.atCharger, action)).toContainEqual(request);
    }
    expect(new Set([...FROM_CHARGER, ...FROM_CPMS].map(({ action }) => action)).size).toBe(28);
    expect(site.schemaFailures).toEqual([]);
  },
  TIMEOUT_MS,
);

/** Valid, and written as no serialiser of ours writes it. */
const ODD = {
  Heartbeat: '{ }',
  Authorize: '{\t"idTag" :"\\u0054\\u0041G" }',
  StatusNotification:
    '{"status":"Preparing", "connectorId" : 1.0, "errorCode":"NoError","info":"caf\\u00e9 \\/ \\"x\\""}',
  StartTransaction:
    '{ "timestamp":"2026-03-01T10:00:00+01:00", "meterStart" : 1.0e2 ,"connectorId":1, "idTag":"TAG"}',
  MeterValues:
    '{"connectorId":1 , "transactionId" : 7.0, "meterValue":[ {"sampledValue":[{"value":"1.50","format":"SignedData"}],"timestamp":"2026-03-01T10:00:01Z"} ] }',
  StopTransaction: '{"meterStop": 200.00,"timestamp":"2026-03-01T10:00:02.000000Z", "transactionId":7}',
  DataTransfer: '{"data":"{\\"n\\": 1.0}\\u0020", "vendorId":"v" }',
} as const;

test(
  'what needs no change passes as the very bytes, in both directions',
  async () => {
    const verdict = '{ "idTagInfo":{"status" : "Accepted", "expiryDate":"2099-01-01T00:00:00Z"} }';
    const started = '{"idTagInfo":{"status":"Accepted"},  "transactionId" : 7 }';
    const transferred = '{"status" :"Accepted","data":"\\u00e4 1.0"}';
    const site = await openRawSite(
      cleanups,
      new Map([
        ['Authorize', verdict],
        ['StartTransaction', started],
        ['DataTransfer', transferred],
      ]),
    );
    const { charger, cpms } = site;
    const answers = new Map<string, string>();
    for (const [action, payloadText] of Object.entries(ODD)) {
      answers.set(action, payloadTextOf(await charger.call(action, payloadText)));
      const atCpms = () =>
        cpms.calls.filter((call) => call.action === action).map(({ raw }) => payloadTextOf(raw));
      await expect.poll(atCpms, { timeout: 10_000 }).toContain(payloadText);
    }
    expect(answers.get('Authorize')).toBe(verdict);
    expect(answers.get('StartTransaction')).toBe(started);
    expect(answers.get('DataTransfer')).toBe(transferred);

    const command = '{ "value":"1.0\\u0031" ,"key" : "a\\/b" }';
    const answer = '{ "status" : "RebootRequired" }';
    charger.answers.set('ChangeConfiguration', answer);
    expect(await commanded(site, 'ChangeConfiguration', command)).toBe(answer);
    expect(charger.commands.map(payloadTextOf)).toContain(command);
  },
  TIMEOUT_MS,
);

function profileText(id: number, limitText: string): string {
  return `{ "connectorId":1, "csChargingProfiles":{"chargingProfileId":${id},"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Absolute","chargingSchedule":{"startSchedule":"2026-01-01T00:00:00Z","chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":${limitText}}]}}}`;
}

test(
  'with load management off, charging profiles reach the charger untouched',
  async () => {
    const site = await openRawSite(cleanups, new Map());
    const { charger } = site;
    charger.answers.set('SetChargingProfile', '{"status":"NotSupported"}');
    charger.answers.set('GetCompositeSchedule', '{"status":"Rejected"}');
    charger.answers.set('ClearChargingProfile', '{"status":"Unknown"}');
    const exchanges = [
      ['SetChargingProfile', profileText(4711, '10.0'), '{"status":"NotSupported"}'],
      ['GetCompositeSchedule', '{"connectorId":1, "duration":60}', '{"status":"Rejected"}'],
      ['ClearChargingProfile', '{ "id":4711}', '{"status":"Unknown"}'],
    ] as const;
    for (const [action, payloadText, answer] of exchanges) {
      expect(await commanded(site, action, payloadText)).toBe(answer);
      expect(charger.commands.map(payloadTextOf)).toContain(payloadText);
    }
    const withProfile = `{"idTag":"TAG","connectorId":1, "chargingProfile":${profileOnly(4712)}}`;
    expect(await commanded(site, 'RemoteStartTransaction', withProfile)).toBe('{"status":"Accepted"}');
    expect(charger.commands.map(payloadTextOf)).toContain(withProfile);
  },
  TIMEOUT_MS,
);

function profileOnly(id: number): string {
  const { csChargingProfiles } = JSON.parse(profileText(id, '9')) as { csChargingProfiles: object };
  return JSON.stringify({ ...csChargingProfiles, chargingProfilePurpose: 'TxProfile' });
}

test(
  'with load management on, charging profiles are kept by the edge and only ever lower its own limit',
  async () => {
    const site = await openRawSite(cleanups, new Map(), { fuseA: 63 });
    const { charger } = site;
    const composite = async (): Promise<number> => {
      const text = await commanded(site, 'GetCompositeSchedule', '{"connectorId":1,"duration":60}');
      const { status, chargingSchedule } = JSON.parse(text) as {
        status: string;
        chargingSchedule: { chargingSchedulePeriod: Array<{ limit: number }> };
      };
      expect(status).toBe('Accepted');
      return Math.min(...chargingSchedule.chargingSchedulePeriod.map(({ limit }) => limit));
    };
    await charger.call('StartTransaction', ODD.StartTransaction);
    await charger.call('StatusNotification', '{"connectorId":1,"errorCode":"NoError","status":"Charging"}');
    await expect.poll(composite, { timeout: 30_000 }).toBe(16);
    expect(await commanded(site, 'SetChargingProfile', profileText(4711, '9.5'))).toBe(
      '{"status":"Accepted"}',
    );
    expect(await composite()).toBe(9.5);
    await expect.poll(() => grantedAmps(charger), { timeout: 30_000 }).toBe(9.5);
    expect(await commanded(site, 'SetChargingProfile', profileText(4711, '99.0'))).toBe(
      '{"status":"Accepted"}',
    );
    await expect.poll(composite, { timeout: 30_000 }).toBe(16);
    expect(await commanded(site, 'ClearChargingProfile', '{"id":4711}')).toBe('{"status":"Accepted"}');
    expect(await composite()).toBe(16);
    const sent = charger.commands.filter((raw) => /ChargingProfile|Composite/.test(raw));
    expect(sent.filter((raw) => /4711|ClearChargingProfile|GetCompositeSchedule/.test(raw))).toEqual([]);
    const withProfile = `{"idTag":"TAG","connectorId":1,"chargingProfile":${profileOnly(4712)}}`;
    expect(await commanded(site, 'RemoteStartTransaction', withProfile)).toBe('{"status":"Accepted"}');
    const started = charger.commands.filter((raw) => raw.includes('RemoteStartTransaction'));
    expect(started.map((raw) => JSON.parse(payloadTextOf(raw)))).toEqual([{ idTag: 'TAG', connectorId: 1 }]);
  },
  TIMEOUT_MS,
);

/** Amperes per phase that the newest limit of the edge for the running transaction grants now. */
function grantedAmps(charger: RawCharger): number | undefined {
  return charger.commands
    .map((raw) => JSON.parse(raw) as [number, string, string, ProfileCommand])
    .filter(([, , action]) => action === 'SetChargingProfile')
    .map(([, , , { csChargingProfiles }]) => csChargingProfiles)
    .findLast(({ chargingProfilePurpose }) => chargingProfilePurpose === 'TxProfile')
    ?.chargingSchedule.chargingSchedulePeriod.at(0)?.limit;
}

interface ProfileCommand {
  csChargingProfiles: {
    chargingProfilePurpose: string;
    chargingSchedule: { chargingSchedulePeriod: Array<{ limit: number }> };
  };
}
