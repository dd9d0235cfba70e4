import { beforeEach, describe, expect, test } from 'vitest';
import type { TransactionRow } from '../../actors/tells.ts';
import { queueCommands } from '../../app/queue-commands.ts';
import type { Store } from '../../runtime/persistence/store.ts';
import type { CpmsCall } from '../../simulation/cpms-options.ts';
import type { ModelCharger } from '../helpers/crash-world/model-charger.ts';
import { journalOf } from '../helpers/journal.ts';
import { QuietWorld } from '../helpers/quiet-world.ts';

const MINUTE_MS = 60_000;
const WHY = 'the CPMS lost its database';

let world: QuietWorld;
let a: ModelCharger;

/** Two transactions of one charger, each delivered, with one of another in between. */
beforeEach(async () => {
  world = new QuietWorld();
  const [first, second] = world.chargers as [ModelCharger, ModelCharger, ModelCharger];
  a = first;
  await world.clock.advance(MINUTE_MS);
  for (const tag of ['TAG-1', 'TAG-2']) {
    a.start(tag);
    second.start(`OTHER-${tag}`);
    for (let sample = 1; sample <= 3; sample++) {
      await world.clock.advance(MINUTE_MS);
      a.meter(1_000 + sample);
      second.meter(5_000 + sample);
    }
    await world.clock.advance(MINUTE_MS);
    a.stop(2_000);
    second.stop(6_000);
    await world.clock.advance(MINUTE_MS);
  }
});

function transactions(charger = 'cp-a'): TransactionRow[] {
  return world.core.host
    .rows(`transactions/${charger}`)
    .map(({ value }) => value as unknown as TransactionRow)
    .sort((one, other) => one.startN - other.startN);
}

function commands(store: Pick<Store, 'get' | 'range'> = world.store) {
  let ids = 0;
  return queueCommands({ host: world.core.host, store, random: { uuid: () => `command ${++ids}` } });
}

function resend(session: string, by = commands()) {
  return by.resendSession('cp-a', session, WHY);
}

function callsOfA(): CpmsCall[] {
  return world.cpms.calls.filter(
    ({ identity, action }) => identity === 'cp-a' && /Transaction|Meter/.test(action),
  );
}

describe('a delivered transaction that the CPMS lost', () => {
  test('is sent again as a whole, in order, as it was but for the id that the CPMS gives it anew', async () => {
    const before = callsOfA();
    expect(before.map(({ action }) => action).slice(0, 5)).toEqual([
      'StartTransaction',
      'MeterValues',
      'MeterValues',
      'MeterValues',
      'StopTransaction',
    ]);
    const [lost] = transactions();
    expect(await resend(lost!.session)).toEqual({ messages: 5 });
    await world.clock.advance(MINUTE_MS);
    const again = callsOfA().slice(before.length);
    const given = again[0]!.answer!.transactionId;
    expect(given).not.toBe(lost!.cpmsTransactionId);
    const renamed = before
      .slice(0, 5)
      .map(({ raw, messageId }, index) =>
        raw
          .replace(messageId, again[index]!.messageId)
          .replace(`"transactionId":${lost!.cpmsTransactionId}`, `"transactionId":${given}`),
      );
    expect(again.map(({ raw }) => raw)).toEqual(renamed);
    expect(transactions().find(({ session }) => session === lost!.session)).toMatchObject({
      cpmsTransactionId: given,
      state: 'settled',
    });
    const records = journalOf(world.store).filter(({ type }) => type === 'transaction.resent');
    expect(records).toMatchObject([{ reason: { code: 'transaction.resendAsked', params: { reason: WHY } } }]);
  });

  test('goes up behind everything that was accepted before, over a restart', async () => {
    const before = callsOfA().length;
    world.cpms.goAway();
    a.start('TAG-3');
    await world.clock.advance(MINUTE_MS);
    expect(await resend(transactions()[1]!.session)).toEqual({ messages: 5 });
    await world.clock.advance(1_000);
    world.restart();
    await world.clock.advance(MINUTE_MS);
    world.cpms.isAway = false;
    await world.clock.advance(MINUTE_MS);
    const again = callsOfA().slice(before);
    expect(again.map(({ payload }) => payload.idTag).filter(Boolean)).toEqual(['TAG-3', 'TAG-2']);
    expect(again).toHaveLength(6);
  });

  test('is not sent twice by two commands at once, or while it waits', async () => {
    const before = callsOfA().length;
    world.cpms.goAway();
    const { session } = transactions()[0]!;
    const by = commands();
    await Promise.all([resend(session, by), resend(session, by)]);
    await world.clock.advance(1_000);
    expect(await resend(session)).toBe('stillQueued');
    world.cpms.isAway = false;
    await world.clock.advance(MINUTE_MS);
    expect(callsOfA()).toHaveLength(before + 5);
    expect(await resend(session)).toEqual({ messages: 5 });
  });

  test('cannot be one that still runs, or that nobody knows', async () => {
    a.start('TAG-3');
    await world.clock.advance(MINUTE_MS);
    expect(await resend(transactions()[2]!.session)).toBe('notDelivered');
    expect(await resend('0b8f0c52-33f4-4a0e-8f5f-0d8a2d9b7f11')).toBe('unknownSession');
    const [first] = transactions();
    expect(await commands().resendSession('cp-x', first!.session, WHY)).toBe('unknownCharger');
    expect(await resend(transactions('cp-b')[0]!.session)).toBe('unknownSession');
  });

  test('cannot be sent when the journal does not hold it any more', async () => {
    const forgetful = { get: () => undefined, range: () => [] };
    expect(await resend(transactions()[0]!.session, commands(forgetful))).toBe('notInJournal');
  });

  test('is sent in parts when it is long, and those in order', async () => {
    a.start('TAG-LONG');
    await world.clock.advance(1_000);
    for (let sample = 1; sample <= 450; sample++) {
      a.meter(10_000 + sample);
      await world.clock.advance(1_000);
    }
    a.stop(20_000);
    await world.clock.advance(MINUTE_MS);
    const before = callsOfA();
    expect(await resend(transactions()[2]!.session)).toEqual({ messages: 452 });
    await world.clock.advance(2 * MINUTE_MS);
    const again = callsOfA().slice(before.length);
    const said = (calls: CpmsCall[]) =>
      calls.map(({ action, payload: { transactionId: _, ...rest } }) => `${action} ${JSON.stringify(rest)}`);
    expect(said(again)).toEqual(said(before.slice(-452)));
    const ids = new Set(again.slice(1).map(({ payload }) => payload.transactionId));
    expect([...ids]).toEqual([again[0]!.answer!.transactionId]);
  });
});
