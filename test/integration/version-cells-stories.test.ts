import { describe, expect, test } from 'vitest';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import { type Cell, CellRun } from '../helpers/versions/cell.ts';
import { COMMANDS, PROFILE_ID } from '../helpers/versions/cpms-commands.ts';
import { faultsIn } from '../helpers/versions/transaction-sequence.ts';

/** The versions that the product speaks on each leg. */
const VERSIONS_OF_CHARGERS: readonly OcppVersion[] = ['1.6', '2.0.1'];
const VERSIONS_OF_CPMS: readonly OcppVersion[] = ['1.6', '2.0.1'];

const TIMEOUT_MS = 60_000;
const CELLS: Cell[] = VERSIONS_OF_CHARGERS.flatMap((charger) =>
  VERSIONS_OF_CPMS.flatMap((cpms) => [false, true].map((isManaged) => ({ charger, cpms, isManaged }))),
);
const ACCEPTED = { status: 'Accepted' };

async function bootAndAuthorise(run: CellRun): Promise<void> {
  const { driver } = run;
  await run.step('start of the product', async () => void (await run.product.start()));
  await run.step('the link comes up', () => run.linkIs('online'));
  await run.step('boot', async () => {
    await run.charger.connect();
    expect(await driver.boot()).toBe('Accepted');
  });
  await run.step('status', () => driver.status(false));
  await run.step('the charger is known', () => run.chargerIs('online'));
  await run.step('authorise', async () => expect(await driver.authorise()).toBe('Accepted'));
}

async function begin(run: CellRun, wh: number): Promise<void> {
  await run.step(`start at ${wh} Wh`, async () => expect(await run.driver.start(wh)).toBe('Accepted'));
  await run.step('status while charging', () => run.driver.status(true));
  await run.step('first sample', () => run.driver.sample(wh + 100));
}

async function sampleOn(run: CellRun, wh: number): Promise<void> {
  await run.step('signed sample', () => run.driver.sampleSigned());
  await run.step('third sample', () => run.driver.sample(wh + 250));
}

async function end(run: CellRun, wh: number): Promise<void> {
  await run.step(`stop at ${wh} Wh`, () => run.driver.stop(wh));
  await run.step('status after the stop', () => run.driver.status(false));
}

/** What the charger got for the command, in its own version, besides what the product asks of it itself. */
const gotBy = ({ charger }: CellRun, [action]: readonly [string, unknown]) =>
  charger.commands.filter((call) => call.action === action).map(({ payload }) => payload);

async function remoteStop(run: CellRun): Promise<void> {
  await run.step('remote stop', async () => {
    await run.until(
      'the CPMS knows the transaction',
      () => run.cpms.startsHeard === run.driver.stories.length,
    );
    const id = run.driver.transactionId;
    const command = COMMANDS[run.cell.cpms].remoteStop(run.cpms.lastTransactionId);
    expect(await run.cpms.command(command)).toMatchObject(ACCEPTED);
    expect(gotBy(run, COMMANDS[run.cell.charger].remoteStop(id))).toEqual([{ transactionId: id }]);
  });
}

async function remoteStart(run: CellRun): Promise<void> {
  await run.step('remote start', async () => {
    expect(await run.cpms.command(COMMANDS[run.cell.cpms].remoteStart)).toMatchObject(ACCEPTED);
    const asked = COMMANDS[run.cell.charger].remoteStart;
    const isNumbered = run.cell.charger === '2.0.1' && run.cell.cpms === '1.6';
    const expected = isNumbered ? { ...asked[1], remoteStartId: expect.any(Number) } : asked[1];
    expect(gotBy(run, asked)).toEqual([expected]);
  });
}

async function settings(run: CellRun): Promise<void> {
  const { profile, reset, localList } = COMMANDS[run.cell.cpms];
  const own = COMMANDS[run.cell.charger];
  await run.step('charging profile', async () => {
    expect(await run.cpms.command(profile)).toMatchObject(ACCEPTED);
    const profiles = gotBy(run, own.profile);
    if (run.cell.isManaged) expect(JSON.stringify(profiles)).not.toContain(`${PROFILE_ID}`);
    else expect(profiles).toEqual([own.profile[1]]);
  });
  await run.step('reset', async () => {
    expect(await run.cpms.command(reset)).toMatchObject(ACCEPTED);
    expect(gotBy(run, own.reset)).toEqual([own.reset[1]]);
  });
  await run.step('local list', async () => {
    expect(await run.cpms.command(localList)).toMatchObject(ACCEPTED);
    expect(gotBy(run, own.localList)).toEqual([own.localList[1]]);
  });
}

async function allHeard(run: CellRun): Promise<void> {
  await run.step('everything is heard, once, in order', async () => {
    const { stories } = run.driver;
    await run.until(`${stories.length} ends`, () => run.cpms.endsHeard >= stories.length);
    await run.linkIs('online');
    const faults = faultsIn(run.cell.cpms, run.cpms.heard, stories);
    expect(faults, faults.join('\n')).toEqual([]);
  });
  await run.step('everything was legal', async () => {
    expect({ atCharger: run.charger.illegal, atCpms: run.cpms.illegal }).toEqual({
      atCharger: [],
      atCpms: [],
    });
  });
}

describe.concurrent.each(CELLS)('charger $charger, CPMS $cpms, load management $isManaged', (cell) => {
  test(
    'with the CPMS there throughout',
    async ({ onTestFinished }) => {
      const run = await CellRun.open(cell);
      onTestFinished(() => run.close());
      await bootAndAuthorise(run);
      await begin(run, 1_000);
      await sampleOn(run, 1_000);
      await remoteStop(run);
      await end(run, 1_300);
      await remoteStart(run);
      await begin(run, 2_000);
      await sampleOn(run, 2_000);
      await end(run, 2_300);
      await settings(run);
      await allHeard(run);
    },
    TIMEOUT_MS,
  );

  test(
    'with the CPMS away from the middle of a session on',
    async ({ onTestFinished }) => {
      const run = await CellRun.open(cell);
      onTestFinished(() => run.close());
      await bootAndAuthorise(run);
      await begin(run, 1_000);
      await run.step('the CPMS goes', async () => {
        await run.until('the first sample is heard', () => run.cpms.samplesHeard === 1);
        await run.cpms.goes();
        await run.linkIs('offline');
        await run.sessionHasHeard('offline');
        run.driver.isOffline = true;
      });
      await sampleOn(run, 1_000);
      await end(run, 1_300);
      await run.step('authorise by local policy', async () =>
        expect(await run.driver.authorise()).toBe('Accepted'),
      );
      await begin(run, 2_000);
      await sampleOn(run, 2_000);
      await end(run, 2_300);
      await run.step('the CPMS is back', async () => {
        await run.cpms.comes();
        await run.until('the ends of the outage', () => run.cpms.endsHeard >= 2);
        await run.linkIs('online');
        await run.chargerIs('online');
        run.driver.isOffline = false;
      });
      await remoteStart(run);
      await begin(run, 3_000);
      await sampleOn(run, 3_000);
      await remoteStop(run);
      await end(run, 3_300);
      await settings(run);
      await allHeard(run);
    },
    TIMEOUT_MS,
  );
});
