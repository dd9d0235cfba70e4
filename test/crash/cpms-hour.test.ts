import { beforeAll, describe, expect, test } from 'vitest';
import type { CpmsCall } from '../../simulation/cpms-options.ts';
import { type DeliveryReport, observeDelivery } from '../../simulation/observer.ts';
import type { AnsweredMessage, ModelCharger } from '../helpers/crash-world/model-charger.ts';
import { journalOf } from '../helpers/journal.ts';
import { QUIET_CHARGERS, QuietWorld } from '../helpers/quiet-world.ts';

const MINUTE_MS = 60_000;
const OUTAGE_MINUTES = 60;
const RESTART_AT_MINUTE = 30;
const REFUSED_TAG = 'TAG-REFUSED';
/** The register of the one sample that the CPMS chokes on. */
const POISON_WH = 666_666;

/** An hour without CPMS: charger a runs a session each ten minutes, b one long one, c one whose tag will be refused. */
class Hour {
  readonly world = new QuietWorld({
    timing: { attemptsMax: 3, attemptIntervalMs: 500 },
    cpms: {
      idTags: new Map([[REFUSED_TAG, 'Invalid']]),
      poison: ({ payload }) =>
        JSON.stringify(payload).includes(String(POISON_WH))
          ? { code: 'InternalError', description: 'cannot be stored' }
          : null,
    },
  });
  awayFromMs = 0;
  backAtMs = 0;
  /** What chargers had been answered when the process died. */
  answeredAtRestart = 0;

  async run(): Promise<void> {
    const { world } = this;
    const [a, b, c] = world.chargers as [ModelCharger, ModelCharger, ModelCharger];
    await world.clock.advance(MINUTE_MS);
    b.start('TAG-B');
    await world.clock.advance(MINUTE_MS);
    this.awayFromMs = world.clock.wallMs();
    world.cpms.goAway();
    for (let minute = 1; minute <= OUTAGE_MINUTES; minute++) {
      await world.clock.advance(MINUTE_MS);
      if (minute % 10 === 1) a.start(`TAG-A${minute}`);
      else if (minute % 10 === 9) a.stop(10_000 + minute * 100);
      else if (minute % 10 !== 0) a.meter(10_000 + minute * 100);
      b.meter(minute === 20 ? POISON_WH : 20_000 + minute * 100);
      if (minute === 40) c.start(REFUSED_TAG);
      if (minute > 40) c.meter(30_000 + minute * 100);
      if (minute !== RESTART_AT_MINUTE) continue;
      this.answeredAtRestart = this.answered.length;
      world.restart();
    }
    await world.clock.advance(MINUTE_MS / 2);
    this.backAtMs = world.clock.wallMs();
    world.cpms.isAway = false;
    await world.clock.advance(MINUTE_MS / 3);
    // A charger that obeys; one that does not is asked again and again.
    if (this.remoteStops.length > 0) c.stop(40_000);
    await world.clock.advance(2 * MINUTE_MS);
    b.stop(30_000);
    await world.clock.advance(2 * MINUTE_MS);
  }

  get answered(): AnsweredMessage[] {
    return this.world.chargers.flatMap((charger) => charger.answered).filter(isOfTransaction);
  }

  get remoteStops() {
    return this.world.commands.filter(({ action }) => action === 'RemoteStopTransaction');
  }

  /** Transaction messages that the CPMS took in, of one charger, without what it refused. */
  taken(identity: string): CpmsCall[] {
    return this.world.cpms.calls.filter(
      (call) => call.identity === identity && isOfTransaction(call) && call.outcome === 'result',
    );
  }

  delivery(): DeliveryReport {
    const wallOfMs = this.world.clock.wallMs() - this.world.clock.monotonicMs();
    const traces = this.world.chargers.map((charger) => ({
      identity: charger.id,
      answered: charger.answered.filter(isOfTransaction).map((message, index) => ({
        action: message.action as 'StartTransaction' | 'MeterValues' | 'StopTransaction',
        connector: 1,
        transaction: transactionOf(charger, index),
        messageIds: [],
        payload: message.payload,
        answeredAtMs: message.atMs + wallOfMs,
        answer: message.answer,
      })),
    }));
    return observeDelivery(traces, this.world.cpms.calls, [{ fromMs: this.awayFromMs, toMs: this.backAtMs }]);
  }
}

describe('an hour without CPMS, with a restart in the middle', () => {
  const hour = new Hour();
  beforeAll(() => hour.run());

  test('accepts every charger throughout', () => {
    for (const charger of hour.world.chargers) {
      expect(charger.isConnected).toBe(true);
      expect(charger.isIdle).toBe(true);
    }
    // Six sessions of a, one of b, one of c; each of a has seven samples, b 60 and c 20.
    expect(hour.answered.length).toBe(6 * 9 + 62 + 22);
    expect(hour.answeredAtRestart).toBeGreaterThan(40);
    const boots = hour.world.chargers.flatMap(({ answered }) =>
      answered.filter(({ action }) => action === 'BootNotification'),
    );
    expect(boots.length).toBe(2 * QUIET_CHARGERS.length);
    for (const { answer } of boots) expect(answer.status).toBe('Accepted');
    const starts = hour.answered.filter(({ action }) => action === 'StartTransaction');
    for (const { answer } of starts) expect(answer.idTagInfo).toMatchObject({ status: 'Accepted' });
  });

  test('delivers everything afterwards, once, in order, under the ids of the CPMS', () => {
    const report = hour.delivery();
    expect(report).toMatchObject({ lost: 0, refused: 1, duplicates: 0, misattributed: 0 });
    expect(report.accepted).toBe(hour.answered.length);
    expect(report.delivered).toBe(report.accepted - 1);
    expect(report.orderViolations).toEqual({ charger: 0, transaction: 0 });
    expect(report.sessions).toMatchObject({
      startedInOutage: 7,
      stoppedInOutage: 6,
      outageDeliveredAfterwards: 13,
    });
  });

  test('delivers with the times that the chargers gave, to the letter', () => {
    for (const charger of hour.world.chargers) {
      const said = charger.answered.filter(isOfTransaction).filter((message) => !isPoison(message));
      expect(hour.taken(charger.id).map(withoutTransactionId)).toEqual(said.map(withoutTransactionId));
    }
    const inOutage = hour.taken('cp-a');
    expect(inOutage.length).toBe(54);
    for (const { payload, receivedAtMs } of inOutage) {
      const saidAtMs = Date.parse(timestampOf(payload));
      expect(saidAtMs).toBeGreaterThan(hour.awayFromMs);
      expect(saidAtMs).toBeLessThan(hour.backAtMs);
      expect(receivedAtMs).toBeGreaterThan(hour.backAtMs);
    }
  });

  test('keeps the one message that the CPMS cannot take as a dead letter', () => {
    const dead = hour.world.core.host.rows<{ action: string; raw: string; error: string }>('dead/cp-b');
    expect(dead.map(({ value }) => value.action)).toEqual(['MeterValues']);
    expect(dead[0]!.value.raw).toContain(String(POISON_WH));
    expect(dead[0]!.value.error).toContain('InternalError');
    expect(hour.world.cpms.calls.filter(isPoison).length).toBe(3);
    for (const id of QUIET_CHARGERS) expect(hour.world.core.host.rows(`north/${id}`)).toEqual([]);
  });

  test('stops the session whose tag the CPMS refuses, and only that one', () => {
    expect(hour.remoteStops.length).toBe(1);
    const [stop] = hour.remoteStops;
    const start = hour.world.chargers[2]!.answered.find(({ action }) => action === 'StartTransaction')!;
    expect(stop).toMatchObject({
      charger: 'cp-c',
      payload: { transactionId: start.answer.transactionId },
    });
    const records = journalOf(hour.world.store).filter(({ type }) => type === 'charger.stopWanted');
    expect(records.map(({ data }) => data.reason)).toEqual([expect.stringMatching(/invalid/i)]);
  });
});

function isOfTransaction({ action }: { action: string }): boolean {
  return action === 'StartTransaction' || action === 'MeterValues' || action === 'StopTransaction';
}

function isPoison({ payload }: { payload: Record<string, unknown> }): boolean {
  return JSON.stringify(payload).includes(String(POISON_WH));
}

/** All but the one number that the broker has to map. */
function withoutTransactionId({
  action,
  payload,
}: {
  action: string;
  payload: Record<string, unknown>;
}): string {
  const { transactionId: _, ...rest } = payload;
  return `${action} ${JSON.stringify(rest)}`;
}

function timestampOf(payload: Record<string, unknown>): string {
  const sample = (payload.meterValue as Array<{ timestamp: string }> | undefined)?.[0];
  return sample?.timestamp ?? String(payload.timestamp);
}

/** Sessions of a charger follow one another: the starts up to a message number its session. */
function transactionOf(charger: ModelCharger, index: number): string {
  const upTo = charger.answered.filter(isOfTransaction).slice(0, index + 1);
  return `${charger.id} ${upTo.filter(({ action }) => action === 'StartTransaction').length}`;
}
