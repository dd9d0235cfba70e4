import { expect, test } from 'vitest';
import { defaultGovernance, type GovernanceRules } from '../../machines/shared/governance/rules.ts';
import { decodeRaw } from '../../runtime/persistence/value-codec.ts';
import type { CrashWorld } from '../helpers/crash-world/crash-world.ts';
import { countPortCalls, dieAtEach, everyNth } from '../helpers/crash-world/exhaustive.ts';

const governance: GovernanceRules = {
  ...defaultGovernance,
  commands: {
    ...defaultGovernance.commands,
    reset: { policy: 'forward', duringSession: 'accept-and-hold', limits: {} },
  },
};

/** The CPMS commands a charger that charges; two of it wait for the end of the session. */
async function story(world: CrashWorld): Promise<void> {
  const { clock, cpms } = world;
  const [charger] = world.chargers;
  await clock.advance(6_000);
  charger!.start('TAG-A');
  await clock.advance(4_000);
  cpms.command(charger!.id, 'reset', 'Reset', { type: 'Hard' });
  await clock.advance(300);
  cpms.command(charger!.id, 'availability', 'ChangeAvailability', { connectorId: 0, type: 'Inoperative' });
  await clock.advance(300);
  cpms.command(charger!.id, 'unlock', 'UnlockConnector', { connectorId: 1 });
  cpms.command(charger!.id, 'list', 'GetLocalListVersion', {});
  cpms.command(charger!.id, 'key', 'ChangeConfiguration', { key: 'AuthorizationKey', value: 'x'.repeat(16) });
  await clock.advance(3_000);
  charger!.stop(1_300);
  await clock.advance(75_000);
}

const MOST: Readonly<Record<string, number>> = {
  Reset: 1,
  ChangeAvailability: 1,
  GetLocalListVersion: 1,
  UnlockConnector: 0,
  ChangeConfiguration: 0,
};
const DEFERRED: ReadonlyArray<[id: string, action: string]> = [
  ['reset', 'Reset'],
  ['availability', 'ChangeAvailability'],
];

function check(world: CrashWorld): string[] {
  const found: string[] = [];
  const [charger] = world.chargers;
  const times = (action: string) => charger!.commanded.filter((one) => one === action).length;
  for (const [action, most] of Object.entries(MOST)) {
    if (times(action) > most) found.push(`${action} reached the charger ${times(action)} times`);
    if (world.diedAtMs === undefined && times(action) < most)
      found.push(`${action} never reached the charger`);
  }
  const journal = [...world.store.range('journal')].map(({ key, value }) => decodeRaw('journal', key, value));
  for (const [id, action] of DEFERRED) {
    const isSent = journal.some(
      (record) => record.includes('command.deferredSent') && record.includes(`"action":"${action}"`),
    );
    if (world.cpms.answers.has(id) && !isSent) found.push(`${action} was accepted, and forgotten`);
    if (times(action) > 0 && !isSent) found.push(`${action} was sent, and the journal does not know`);
  }
  const left = world.core.host.rows(`deferred/${charger!.id}`).length;
  if (left > 0) found.push(`${left} commands still wait`);
  return found;
}

test('a power cut at every port call sends no deferred command twice, no refused one, and forgets none', async () => {
  const options = { story, check, governance, chargers: 1 };
  const calls = await countPortCalls(options);
  expect(await dieAtEach(everyNth(1, calls, 1), { ...options, how: 'powerCut' })).toEqual([]);
}, 900_000);
