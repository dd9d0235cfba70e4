import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../app/cli.ts';
import type { Address } from '../../runtime/address.ts';
import { limits } from '../../runtime/limits.ts';
import { LIVE_CHARGERS, LiveSite } from '../helpers/live-site.ts';
import { makeTempFolder } from '../helpers/temp-folder.ts';

const FALLBACK_MILLIAMPS = 6_000;
const [FIRST, SECOND] = LIVE_CHARGERS as [string, string, string];

let folder: Awaited<ReturnType<typeof makeTempFolder>>;
let live: LiveSite;

beforeAll(async () => {
  folder = await makeTempFolder('quarantine');
  live = await LiveSite.start({ folder: folder.path, env: { HOLDFAST_NATS_BIN: '/no/such/nats-server' } });
});
afterAll(async () => {
  await live.stop();
  await folder.remove();
});

/** The command line against the running product: exit code, stdout and stderr. */
async function cli(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const nothing = async () => expect.unreachable('nothing is to be started');
  const { host, port } = live.site.apiAddress;
  let stdout = '';
  let stderr = '';
  const code = await runCli([...args, '--url', `http://${host}:${port}`], {
    io: {
      stdout: { write: (text: string) => (stdout += text) },
      stderr: { write: (text: string) => (stderr += text) },
      env: {},
    },
    signal: new AbortController().signal,
    starters: { run: nothing, demo: nothing },
  });
  return { code, stdout, stderr };
}

/** Envelopes that no binding can read: their turns throw until the actor is set aside. */
async function breakDown(address: Address, type: string): Promise<void> {
  const { host } = live.site.core;
  for (let i = 0; i <= limits.restartsMax; i++)
    host.post({ type, from: 'test/poison', to: address, data: null });
  await live.until(`${address} is set aside`, () => host.isQuarantined(address));
}

const limitOf = (charger: string) =>
  live.site.view.chargers().find(({ id }) => id === charger)!.connectors[0]!;

const drawn = (index: number) => Math.max(...live.chargers[index]!.currents);

describe('a charger that is set aside in the running product', () => {
  test('is sent away, shown with its cause, and charges on when an operator lets it out', async () => {
    live.plugIn(live.chargers[0]!);
    await live.until('it charges', () => limitOf(FIRST).session !== null);
    await breakDown(`charger/${FIRST}`, 'south.called');
    await live.until('its socket is closed', () => !live.chargers[0]!.isOnline);
    expect(live.chargers[1]!.isOnline).toBe(true);

    const listed = await cli('actors', '--quarantined', '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject({
      items: [{ address: `charger/${FIRST}`, quarantine: { why: expect.stringContaining('TypeError') } }],
    });
    const health = live.site.view.health();
    expect(health.status).toBe('degraded');
    expect(health.quarantined.map(({ address }) => address)).toEqual([`charger/${FIRST}`]);

    expect((await cli('release', `charger/${SECOND}`, '--reason', 'x')).code).toBe(1);
    expect((await cli('release', 'charger/nobody', '--reason', 'x')).code).toBe(5);
    const released = await cli('release', `charger/${FIRST}`, '--reason', 'firmware rolled back');
    expect(released).toEqual({ code: 0, stdout: `charger/${FIRST} runs again\n`, stderr: '' });
    await live.until('it is back', () => live.chargers[0]!.isOnline);
    expect(limitOf(FIRST).session).not.toBeNull();
    expect(live.site.view.health().quarantined).toEqual([]);
  });
});

describe('a site budget that is set aside in the running product', () => {
  test('leaves nobody more than the fail-safe, and says so where limits are shown', async () => {
    live.plugIn(live.chargers[1]!);
    const isAbove = () => drawn(0) > FALLBACK_MILLIAMPS && drawn(1) > FALLBACK_MILLIAMPS;
    await live.until('both draw more than their fallback', isAbove, 40_000);
    await breakDown('budget/site', 'budget.measured');
    await live.until('both follow', () => drawn(0) <= FALLBACK_MILLIAMPS && drawn(1) <= FALLBACK_MILLIAMPS);
    for (const charger of [FIRST, SECOND]) {
      expect(limitOf(charger)).toMatchObject({
        limitA: FALLBACK_MILLIAMPS / 1_000,
        limitReason: expect.stringContaining('set aside'),
      });
    }
    expect((await cli('release', 'budget/site', '--reason', 'the meter was replaced')).code).toBe(0);
    await live.until('both get more again', isAbove, 40_000);
  }, 100_000);
});
