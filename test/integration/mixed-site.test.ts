import { expect, test } from 'vitest';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import type { CpmsCall } from '../../simulation/cpms-options.ts';
import { LiveSite } from '../helpers/live-site.ts';
import { natsServerBinary } from '../helpers/nats.ts';
import { violationIn } from '../helpers/strict-schemas.ts';
import { makeTempFolder } from '../helpers/temp-folder.ts';
import { heard16 } from '../helpers/versions/sequence16.ts';
import { heard201 } from '../helpers/versions/sequence201.ts';

const TIMEOUT_MS = 90_000;
const SPEECH = [
  { version: '1.6' },
  { version: '2.0.1', beginsWith: 'card' },
  { version: '2.0.1', beginsWith: 'cable' },
] as const;
const OF_TRANSACTIONS = ['StartTransaction', 'MeterValues', 'StopTransaction', 'TransactionEvent'];

/** Everything that is wrong with what the CPMS was told by one charger: schemas, and the order of its transactions. */
function faultsIn(calls: readonly CpmsCall[], version: OcppVersion): string[] {
  const illegal = calls.flatMap(
    ({ action, payload }) => violationIn(version, action, 'Request', payload) ?? [],
  );
  // The message in doubt when the CPMS went away may come again, byte for byte.
  const once = [...new Map(calls.map((call) => [call.raw, call])).values()];
  const seen = once
    .filter(({ action }) => OF_TRANSACTIONS.includes(action))
    .map(({ action, payload, answer }) => ({ action, payload, answer: answer ?? {} }));
  return [...illegal, ...(version === '1.6' ? heard16 : heard201)(seen).faults];
}

test.concurrent.each([
  ['that speaks to each in its own version', undefined],
  ['of 1.6', '1.6'],
  ['of 2.0.1', '2.0.1'],
] as const)(
  'chargers of both versions lose nothing in an outage of a CPMS %s',
  async (_, cpmsVersion) => {
    const folder = await makeTempFolder('mixed-site');
    const live = await LiveSite.start({
      folder: folder.path,
      env: { HOLDFAST_NATS_BIN: natsServerBinary() },
      speech: SPEECH,
      ...(cpmsVersion === undefined ? {} : { cpmsVersion }),
    });
    live.beginChurn();
    await live.sleep(3_000);
    await live.cpms.goAway();
    await live.sleep(5_000);
    await live.cpms.comeBack();
    await live.sleep(3_000);
    await live.endChurn();
    await live.untilDelivered(30_000);

    expect(live.delivery).toMatchObject({
      lost: 0,
      refused: 0,
      duplicates: 0,
      misattributed: 0,
      orderViolations: { charger: 0, transaction: 0 },
    });
    const [outage] = live.cpms.outages;
    for (const { identity, answered } of live.chargers) {
      const answeredInOutage = answered.filter(
        ({ answeredAtMs }) => answeredAtMs >= outage!.fromMs && answeredAtMs < outage!.toMs!,
      );
      expect(answeredInOutage.length).toBeGreaterThan(5);
      const version = cpmsVersion ?? live.versionOf(identity);
      const calls = live.cpms.calls.filter((call) => call.identity === identity);
      expect([identity, [...new Set(calls.map((call) => call.version))]]).toEqual([identity, [version]]);
      expect([identity, faultsIn(calls, version)]).toEqual([identity, []]);
    }
    const { started, stopped, startedInOutage, stoppedInOutage } = live.delivery.sessions;
    expect(started).toBe(stopped);
    expect(Math.min(startedInOutage, stoppedInOutage)).toBeGreaterThanOrEqual(3);
    expect(live.fatal).toEqual([]);
    await live.stop();
    await folder.remove();
  },
  TIMEOUT_MS,
);
