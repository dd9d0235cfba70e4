import { describe, expect, test } from 'vitest';
import type { DecisionStatus } from '../../app/site-view.ts';
import { Product } from '../helpers/product.ts';
import { ForeignCharger, ForeignCpms, IDENTITY } from '../helpers/versions/foreign-peers.ts';

const TIMEOUT_MS = 60_000;
const WAIT_MAX_MS = 20_000;
const STOPS = { '1.6': 'RemoteStopTransaction', '2.0.1': 'RequestStopTransaction' } as const;

/** The built product and a charger that nobody here wrote; the CPMS has an address, and is not there. */
async function alone(
  offlineAuth: Record<string, unknown>,
  version: '1.6' | '2.0.1',
): Promise<{ product: Product; charger: ForeignCharger; cpms: ForeignCpms; close: () => Promise<void> }> {
  const cpms = new ForeignCpms(version);
  await cpms.comes();
  await cpms.goes();
  const product = await Product.create({
    backendUrl: cpms.url,
    chargers: [{ id: IDENTITY, connectors: 1, maxA: 16 }],
    unknownTags: 'accept',
    offlineAuth,
  });
  await product.start();
  const charger = new ForeignCharger(version, product.southUrl);
  await comeUp(charger);
  const close = async () => {
    await charger.close();
    await product.remove();
    await cpms.goes();
  };
  return { product, charger, cpms, close };
}

async function comeUp(charger: ForeignCharger): Promise<void> {
  const { driver } = charger;
  await charger.connect();
  expect(await driver.boot()).toBe('Accepted');
  await driver.status(driver.transactionId !== null);
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + WAIT_MAX_MS;
  while (!(await isTrue())) {
    if (performance.now() > untilMs) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const stopsOf = (charger: ForeignCharger, version: '1.6' | '2.0.1') =>
  charger.commands.filter(({ action }) => action === STOPS[version]).map(({ payload }) => payload);

describe.each(['1.6', '2.0.1'] as const)('a charger of %s whose CPMS is away', (version) => {
  test(
    'is told to stop at the cap, also when the process was killed on the way there',
    async ({ onTestFinished }) => {
      const caps = { unknown: { maxEnergyWh: 1_000, maxDuration: '2h' } };
      const { product, charger, close } = await alone({ caps }, version);
      onTestFinished(close);
      expect(await charger.driver.start(1_000)).toBe('Accepted');
      const { transactionId } = charger.driver;
      await charger.driver.sample(1_900);
      await product.kill();
      await product.start();
      await comeUp(charger);
      await charger.driver.sample(1_950);
      expect(stopsOf(charger, version)).toEqual([]);
      await charger.driver.sample(2_000);
      await until('the stop', () => stopsOf(charger, version).length > 0);
      expect(stopsOf(charger, version)).toEqual([{ transactionId }]);
      await charger.driver.stop(2_010);
      expect(charger.illegal).toEqual([]);
      const { items } = await product.read<{ items: DecisionStatus[] }>('decisions?limit=100');
      expect(items.map(({ text }) => text)).toContain('stopped: 1 kWh drawn of 1 kWh (unknown)');
    },
    TIMEOUT_MS,
  );

  test(
    'goes on beyond the cap once the CPMS is back and takes the card',
    async ({ onTestFinished }) => {
      const { product, charger, cpms, close } = await alone(
        { caps: { unknown: { maxEnergyWh: 1_000 } } },
        version,
      );
      onTestFinished(close);
      await charger.driver.start(1_000);
      await charger.driver.sample(1_900);
      await cpms.comes();
      await until('the lifting of the cap', async () => {
        const { items } = await product.read<{ items: DecisionStatus[] }>('decisions?limit=100');
        return items.some(({ reason }) => reason?.code === 'session.capLifted');
      });
      await charger.driver.sample(3_000);
      await charger.driver.sample(4_000);
      await charger.driver.stop(4_100);
      expect(stopsOf(charger, version)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
