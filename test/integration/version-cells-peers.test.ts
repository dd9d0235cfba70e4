import { afterEach, describe, expect, test } from 'vitest';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import { COMMANDS } from '../helpers/versions/cpms-commands.ts';
import { ForeignCharger, ForeignCpms } from '../helpers/versions/foreign-peers.ts';
import { faultsIn } from '../helpers/versions/transaction-sequence.ts';

/** The peers of the version cells, without the product between them: what they say of themselves is legal. */

const cleanups: Array<() => unknown> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe.each<OcppVersion>(['1.6', '2.0.1'])('a charger and a CPMS of %s', (version) => {
  test('understand each other, and two transactions are heard as they happened', async () => {
    const cpms = new ForeignCpms(version);
    await cpms.comes();
    cleanups.push(() => cpms.goes());
    const charger = new ForeignCharger(version, cpms.url);
    cleanups.push(() => charger.close());
    await charger.connect();
    const { driver } = charger;
    expect(await driver.boot()).toBe('Accepted');
    await driver.status(false);
    expect(await driver.authorise()).toBe('Accepted');
    for (const wh of [1_000, 2_000]) {
      expect(await driver.start(wh)).toBe('Accepted');
      expect(cpms.lastTransactionId).toBe(driver.transactionId);
      await driver.status(true);
      await driver.sample(wh + 100);
      await driver.sampleSigned();
      await driver.sample(wh + 250);
      await driver.stop(wh + 300);
    }
    const { remoteStart, remoteStop, profile, reset, localList } = COMMANDS[version];
    const commands = [remoteStart, remoteStop(cpms.lastTransactionId), profile, reset, localList];
    for (const command of commands) expect(await cpms.command(command)).toEqual({ status: 'Accepted' });
    expect(charger.commands.map(({ action, payload }) => [action, payload])).toEqual(commands);
    expect(faultsIn(version, cpms.heard, driver.stories)).toEqual([]);
    expect([cpms.startsHeard, cpms.endsHeard, cpms.samplesHeard]).toEqual([2, 2, 6]);
    expect([...charger.illegal, ...cpms.illegal]).toEqual([]);
  });
});
