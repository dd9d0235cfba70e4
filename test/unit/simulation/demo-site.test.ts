import { expect, it } from 'vitest';
import { SystemClock } from '../../../runtime/system-clock.ts';
import { DEMO_CHARGERS } from '../../../simulation/demo-plan.ts';
import { DemoSite } from '../../../simulation/demo-site.ts';
import { ScaledClock } from '../../../simulation/scaled-clock.ts';

it('plays its whole script against chargers that talk straight to the CPMS, and loses nothing', async () => {
  const bus: string[] = [];
  const site = new DemoSite({
    clock: new ScaledClock(new SystemClock(), 10),
    durationMs: 40_000,
    seed: 11,
    limitMilliamps: 63_000,
    hooks: { stopBus: () => void bus.push('stop'), startBus: () => void bus.push('start') },
  });
  site.startChargers(await site.startCpms());
  site.start();
  const report = await site.finish();

  expect(bus).toEqual(['stop', 'start']);
  expect(report.sessions.started).toBeGreaterThanOrEqual(8);
  const versions = site.cpms.calls.map(({ identity, version }) => `${identity} ${version}`);
  expect([...new Set(versions)].sort()).toEqual(
    DEMO_CHARGERS.map(({ identity, version }) => `${identity} ${version}`),
  );
  expect(report.sessions.stopped).toBe(report.sessions.started);
  // Nobody stands in for the CPMS here, so no charger can have been answered while it was away.
  expect(report.sessions.startedInOutage + report.sessions.stoppedInOutage).toBe(0);
  expect(report.transactions).toMatchObject({ lost: 0, duplicates: 0 });
  expect(report.transactions.delivered).toBe(report.transactions.accepted);
  // And nobody keeps the cars inside the limit: the ammeter must say so.
  expect(report.budget.violations).toBeGreaterThan(0);
  expect(report.budget.worstOverMilliamps).toBeGreaterThan(1_000);
  expect(site.details().delivery).toMatchObject({
    misattributed: 0,
    orderViolations: { charger: 0, transaction: 0 },
  });
}, 20_000);

it('ends early when told to, mending what it broke', async () => {
  const bus: string[] = [];
  const clock = new ScaledClock(new SystemClock(), 10);
  const site = new DemoSite({
    clock,
    durationMs: 600_000,
    seed: 2,
    limitMilliamps: 63_000,
    hooks: { stopBus: () => void bus.push('stop'), startBus: () => void bus.push('start') },
  });
  site.startChargers(await site.startCpms());
  site.start();
  await new Promise((resolve) => clock.setTimer(8_000, () => resolve(null)));
  expect(site.phase().name).toBe('all well');
  site.endNow();
  const report = await site.finish();
  expect(bus).toEqual([]);
  expect(report.transactions.lost).toBe(0);
  expect(report.sessions.stopped).toBe(report.sessions.started);
});

it('says so when a part of the outside failed', async () => {
  const site = new DemoSite({
    clock: new ScaledClock(new SystemClock(), 20),
    durationMs: 20_000,
    seed: 3,
    limitMilliamps: 63_000,
    hooks: { stopBus: () => Promise.reject(new Error('no bus')), startBus: () => undefined },
  });
  site.startChargers(await site.startCpms());
  site.start();
  await expect(site.finish()).rejects.toThrow('busDown');
}, 20_000);
