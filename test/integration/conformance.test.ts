import { beforeEach, describe, expect, test } from 'vitest';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import { cellFor, conformanceRows } from '../helpers/conformance-table.ts';
import { ConformanceWorld, type Reply } from '../helpers/conformance-world.ts';
import { chargerActionsOf, cpmsActionsOf, smallest, violationIn } from '../helpers/strict-schemas.ts';

/** What docs/conformance.md says of each action, tried on the whole core; both legs speak the same version. */

/** They have sequences of their own, and stories that show them: version-cells-stories.test.ts. */
const OF_TRANSACTIONS = new Set(['StartTransaction', 'StopTransaction', 'TransactionEvent']);

/** White space that nobody would write anew, so that passing on is told from writing again. */
function request(version: OcppVersion, action: string): string {
  return JSON.stringify(smallest(version, action, 'Request')).replace('{', '{ ');
}

function response(version: OcppVersion, action: string): string {
  return JSON.stringify(smallest(version, action, 'Response')).replace(/}$/, ' }');
}

let world: ConformanceWorld;

describe.each<OcppVersion>(['1.6', '2.0.1'])('calls of a charger of %s', (version) => {
  const rows = conformanceRows(`${version}: calls of a charger`);
  beforeEach(async () => {
    world = await ConformanceWorld.start(version);
  });

  test('are all in the table, once', () => {
    expect(rows.map(({ action }) => action).sort()).toEqual(chargerActionsOf(version).sort());
  });

  const ofTheirOwn = rows.filter(({ action }) => !OF_TRANSACTIONS.has(action));

  test.each(ofTheirOwn)('$action, the CPMS there: $there', async ({ action, there }) => {
    const raw = request(version, action);
    const answer = response(version, action);
    world.cpms.answers.set(action, answer);
    const reply = await world.reply(world.charger, action, raw, 60_000);
    expect(world.cpms.heard).toContainEqual({ action, raw });
    const isRelayed = /^(2\.0\.1: )?relayed/.test(there);
    expect(isRelayed || there.startsWith('kept, answered')).toBe(true);
    expect(reply).toEqual({ raw: isRelayed ? answer : '{}' });
  });

  test.each(ofTheirOwn)('$action, the CPMS away: $away', async ({ action, away }) => {
    const raw = request(version, action);
    await world.sendCpmsAway();
    const reply = await world.reply(world.charger, action, raw);
    expectAnswer(version, action, away, reply);
    await world.bringCpmsBack();
    const isDelivered = away.startsWith('the same') || away.includes('the newest is kept');
    expect(world.cpms.heard.filter((call) => call.action === action && call.raw === raw)).toHaveLength(
      isDelivered ? 1 : 0,
    );
  });
});

describe.each([false, true])('calls of a CPMS of 1.6, load management on: %s', (isManaged) => {
  const rows = conformanceRows('1.6: calls of a CPMS');
  beforeEach(async () => {
    world = await ConformanceWorld.start('1.6', { isManaged });
  });

  test('are all in the table, once', () => {
    expect(rows.map(({ action }) => action).sort()).toEqual(cpmsActionsOf('1.6').sort());
  });

  test.each(rows)('$action, the charger there: $there', async ({ action, there }) => {
    await tryThere('1.6', action, cellFor(there, isManaged));
  });

  test.each(rows)('$action, the charger away: $away', async ({ action, away }) => {
    world.unplug();
    await world.pass(1_000);
    const reply = await world.reply(world.cpms, action, request('1.6', action));
    expectAnswer('1.6', action, cellFor(away, isManaged), reply);
    expect(world.charger.heard).toEqual([]);
  });
});

describe('calls of a CPMS of 2.0.1', () => {
  beforeEach(async () => {
    world = await ConformanceWorld.start('2.0.1');
  });

  test.each(cpmsActionsOf('2.0.1'))(
    '%s reaches the charger as it came, or is answered as the page says',
    async (action) => {
      const there = action === 'SetNetworkProfile' ? 'answered Rejected' : 'forwarded';
      await tryThere('2.0.1', action, there);
    },
  );

  test.each(cpmsActionsOf('2.0.1'))('%s is answered while the charger is away', async (action) => {
    world.unplug();
    await world.pass(1_000);
    const reply = await world.reply(world.cpms, action, request('2.0.1', action));
    expectAnswer('2.0.1', action, 'answered', reply);
    expect(world.charger.heard).toEqual([]);
  });
});

async function tryThere(version: OcppVersion, action: string, there: string) {
  const raw = request(version, action);
  const answer = response(version, action);
  world.charger.answers.set(action, answer);
  const reply = await world.reply(world.cpms, action, raw);
  if (!there.startsWith('forwarded')) {
    expectAnswer(version, action, there, reply);
    expect(world.charger.heard.filter((call) => call.action === action)).toEqual([]);
    return;
  }
  expect(world.charger.heard.filter((call) => call.action === action)).toEqual([{ action, raw }]);
  expect(reply).toEqual({ raw: answer });
}

function expectAnswer(version: OcppVersion, action: string, cell: string, reply: Reply | undefined): void {
  const [, errorCode] = /^CALLERROR (\w+)/.exec(cell) ?? [];
  if (errorCode) {
    expect(reply).toEqual({ errorCode });
    return;
  }
  expect(reply).toBeDefined();
  if (reply && 'errorCode' in reply) {
    expect(`${cell} ${reply.errorCode}`).toBe('answered InternalError');
    return;
  }
  const payload = JSON.parse(reply!.raw) as Record<string, unknown>;
  expect(violationIn(version, action, 'Response', payload)).toBeNull();
  const [, status] = /^answered (Accepted|Rejected|Failed|UnlockFailed)/.exec(cell) ?? [];
  if (status) expect(payload.status).toBe(status);
  else if (cell.startsWith('the same')) expect(payload).toEqual({});
  else expect(cell).toMatch(/^(answered|local policy)/);
}
