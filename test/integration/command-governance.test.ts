import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { defaultGovernance, type GovernanceRules } from '../../machines/shared/governance/rules.ts';
import { LIVE_CHARGERS, LiveSite } from '../helpers/live-site.ts';
import { makeTempFolder } from '../helpers/temp-folder.ts';

const [FIRST] = LIVE_CHARGERS as [string];
const SECRET = 'top-secret-0123456789';

const governance: GovernanceRules = {
  ...defaultGovernance,
  commands: {
    ...defaultGovernance.commands,
    reset: { policy: 'forward', duringSession: 'accept-and-hold', limits: {} },
  },
};

let folder: Awaited<ReturnType<typeof makeTempFolder>>;
let live: LiveSite;
/** Every turn that was taken: what journal and bus are made from. */
const said: string[] = [];

beforeAll(async () => {
  folder = await makeTempFolder('governance');
  live = await LiveSite.start({
    folder: folder.path,
    env: { HOLDFAST_NATS_BIN: '/no/such/nats-server' },
    governance,
    mirrorCloseAfterMs: 1_000,
  });
  live.site.core.host.observe(({ envelope, decisions }) => said.push(JSON.stringify([envelope, decisions])));
});
afterAll(async () => {
  await live.stop();
  await folder.remove();
});

const shown = (charger: string) => live.site.view.chargers().find(({ id }) => id === charger)!;
const boots = (charger: string) =>
  live.cpms.calls.filter(({ identity, action }) => identity === charger && action === 'BootNotification')
    .length;
const command = (action: string, payload: Record<string, unknown>) => live.cpms.call(FIRST, action, payload);

/** Status and Retry-After of the answer to a charger that dials. */
function dial(identity: string): Promise<[number | undefined, string | undefined]> {
  const socket = new WebSocket(`ws://127.0.0.1:${live.site.southPort}/${identity}`, 'ocpp1.6');
  return new Promise((resolve) => {
    socket.on('open', () => {
      socket.terminate();
      resolve([101, undefined]);
    });
    socket.on('unexpected-response', (_, { statusCode, headers }) => {
      resolve([statusCode, headers['retry-after']]);
      socket.terminate();
    });
    socket.on('error', () => socket.terminate());
  });
}

describe('commands of the CPMS in the running product', () => {
  test('a reset during a session is held, shown, and done once when the session is over', async () => {
    const charger = live.chargers[0]!;
    live.plugIn(charger);
    await live.until('it charges', () => shown(FIRST).connectors[0]!.session !== null);
    const before = boots(FIRST);
    expect(await command('Reset', { type: 'Soft' })).toEqual({
      kind: 'result',
      payload: { status: 'Accepted' },
    });
    expect(await command('UnlockConnector', { connectorId: 1 })).toEqual({
      kind: 'result',
      payload: { status: 'UnlockFailed' },
    });
    expect(shown(FIRST).deferred).toMatchObject([
      { action: 'Reset', connector: null, reason: { code: 'command.sessionRuns' } },
    ]);
    const { host, port } = live.site.apiAddress;
    const listed = (await (await fetch(`http://${host}:${port}/api/v1/chargers`)).json()) as {
      items: Array<{ id: string; deferred: unknown[] }>;
    };
    expect(listed.items.find(({ id }) => id === FIRST)!.deferred).toHaveLength(1);
    expect(charger.isOnline).toBe(true);
    charger.unplug(1);
    await live.until('it was reset', () => boots(FIRST) === before + 1);
    await live.until('it is back', () => charger.isOnline && shown(FIRST).mode === 'online');
    expect(shown(FIRST).deferred).toEqual([]);
    await live.untilDelivered();
    expect(boots(FIRST)).toBe(before + 1);
  }, 60_000);

  test('a guarded setting is kept, brought to the charger and read back', async () => {
    const change = { key: 'HeartbeatInterval', value: '77' };
    expect(await command('ChangeConfiguration', change)).toMatchObject({ payload: { status: 'Accepted' } });
    await live.until('it is confirmed', () => shown(FIRST).settings[0]?.state === 'confirmed');
    expect(await command('GetConfiguration', { key: ['HeartbeatInterval'] })).toMatchObject({
      payload: { configurationKey: [{ key: 'HeartbeatInterval', value: '77' }] },
    });
    expect(await command('ChangeConfiguration', { ...change, value: '1' })).toMatchObject({
      payload: { status: 'Rejected' },
    });
  });

  test('keys and credentials in URLs are refused, and show nowhere', async () => {
    const key = { key: 'AuthorizationKey', value: SECRET };
    expect(await command('ChangeConfiguration', key)).toMatchObject({ payload: { status: 'Rejected' } });
    const diagnostics = { location: `ftp://me:${SECRET}@files.example.com/` };
    expect(await command('GetDiagnostics', diagnostics)).toMatchObject({
      kind: 'error',
      error: { code: 'GenericError', description: 'this URL is not allowed (credentials)' },
    });
    expect(said.some((text) => text.includes('AuthorizationKey'))).toBe(true);
    expect(said.filter((text) => text.includes(SECRET))).toEqual([]);
  });
});

test('a charger that mirrors the absence of its CPMS is closed out until it is back, and loses nothing', async () => {
  for (const charger of live.chargers) live.plugIn(charger);
  await live.until('all charge', () =>
    LIVE_CHARGERS.every((id) => shown(id).connectors[0]!.session !== null),
  );
  await live.cpms.goAway();
  expect(live.chargers.every((charger) => charger.isOnline)).toBe(true);
  await live.until('all are closed out', () => live.chargers.every((charger) => !charger.isOnline));
  expect(LIVE_CHARGERS.map((id) => shown(id).outage)).toEqual(
    Array(3).fill({ policy: 'mirror-close', closedOut: true }),
  );
  expect(await dial(FIRST)).toEqual([503, '30']);
  for (const charger of live.chargers) charger.unplug(1);
  await live.sleep(500);
  expect(live.chargers.some((charger) => charger.isOnline)).toBe(false);
  await live.cpms.comeBack();
  await live.until('all are back', () => live.chargers.every((charger) => charger.isOnline));
  expect(shown(FIRST).outage.closedOut).toBe(false);
  await live.untilDelivered(30_000);
  expect(live.delivery).toMatchObject({ lost: 0, duplicates: 0 });
}, 60_000);
