import { violationIn } from '../strict-schemas.ts';
import { heard16 } from '../versions/sequence16.ts';
import { heard201 } from '../versions/sequence201.ts';
import type { CrashWorld } from './crash-world.ts';
import { CUT_LIMIT_MILLIAMPS, LEASE_MS, SITE_LIMIT_MILLIAMPS } from './crash-world.ts';
import type { ModelCharger } from './model-charger.ts';
import type { ReceivedCall } from './model-cpms.ts';
import { contentKey, gistOf } from './transaction-keys.ts';

const TRANSACTION_ACTIONS = new Set([
  'StartTransaction',
  'MeterValues',
  'StopTransaction',
  'TransactionEvent',
]);
/** After the limit fell: staleness of the data, reaction, and with the controller dead the lease that remains (P3). */
const REACTION_MS = 5_000;
const TOLERANCE_MILLIAMPS = 50;

/** Every broken invariant of one run, in words; empty when all held. */
export function violations(world: CrashWorld): string[] {
  const found: string[] = [];
  for (const charger of world.chargers) {
    const received = world.cpms.received.get(charger.id) ?? [];
    const transactions = received.filter((call) => TRANSACTION_ACTIONS.has(call.action));
    found.push(...lostOrDoubled(world, charger, transactions), ...wrongRepeats(charger, transactions));
    found.push(...illegal(world, charger, received));
    if (!charger.isIdle) found.push(`${charger.id}: still has messages that nobody answered`);
  }
  return [...found, ...world.check(), ...overLimit(world), ...undefinedStates(world), ...leftovers(world)];
}

/** D1, D2, D3: what a charger got an answer for is at the CPMS once and in order. */
function lostOrDoubled(world: CrashWorld, charger: ModelCharger, calls: ReceivedCall[]): string[] {
  const found: string[] = [];
  const isOneVersion = charger.subprotocol === `ocpp${world.cpms.version}`;
  const accepted = charger.answered
    .filter((message) => TRANSACTION_ACTIONS.has(message.action))
    .flatMap(isOneVersion ? contentKey : gistOf());
  const delivered = withoutRepeats(calls).flatMap(isOneVersion ? contentKey : gistOf());
  for (const key of new Set(accepted)) if (!delivered.includes(key)) found.push(`${charger.id}: lost ${key}`);
  for (const key of new Set(delivered)) {
    if (delivered.filter((other) => other === key).length > 1) found.push(`${charger.id}: doubled ${key}`);
  }
  const order = delivered.filter((key) => accepted.includes(key));
  if (order.join() !== accepted.filter((key) => order.includes(key)).join())
    found.push(`${charger.id}: out of order`);
  return found;
}

/** What the CPMS got is valid by the schema of its version, and each transaction whole: begun, numbered, ended. */
function illegal({ cpms }: CrashWorld, charger: ModelCharger, received: ReceivedCall[]): string[] {
  const broken = received.map(({ action, payload }) => violationIn(cpms.version, action, 'Request', payload));
  const transactions = withoutRepeats(received.filter(({ action }) => TRANSACTION_ACTIONS.has(action)));
  const events = transactions.filter(({ action }) => action === 'TransactionEvent');
  const { faults } = cpms.version === '1.6' ? heard16(transactions) : heard201(events);
  return [...broken.filter((one) => one !== null), ...faults].map((fault) => `${charger.id}: ${fault}`);
}

function withoutRepeats(calls: ReceivedCall[]): ReceivedCall[] {
  return calls.filter((call, index) => !calls.slice(0, index).some((earlier) => earlier.text === call.text));
}

/** D4: a repeat is byte-identical, on another connection, right behind the interruption, and the only one of it. */
function wrongRepeats(charger: ModelCharger, calls: ReceivedCall[]): string[] {
  const found: string[] = [];
  const repeatsPerConnection = new Map<number, number>();
  for (const [index, call] of calls.entries()) {
    const earlier = calls.slice(0, index).find((other) => other.id === call.id);
    if (!earlier) continue;
    if (earlier.text !== call.text) found.push(`${charger.id}: repeat of ${call.id} differs`);
    if (earlier.connection === call.connection)
      found.push(`${charger.id}: ${call.id} repeated on one connection`);
    const count = (repeatsPerConnection.get(call.connection) ?? 0) + 1;
    repeatsPerConnection.set(call.connection, count);
    if (count > 1) found.push(`${charger.id}: ${count} repeats after one interruption`);
  }
  return found;
}

/** P1, P7: what chargers may draw stays within the limit; a fallen limit is met within its reaction time. */
function overLimit(world: CrashWorld): string[] {
  const found: string[] = [];
  const diedAtMs = world.diedAtMs ?? Number.NEGATIVE_INFINITY;
  for (const sample of world.samples) {
    const limit = world.limitAt(sample.atMs);
    const cutMs = world.cutAtMs ?? Number.POSITIVE_INFINITY;
    const isInWindow =
      limit === CUT_LIMIT_MILLIAMPS &&
      (sample.atMs < cutMs + REACTION_MS ||
        (diedAtMs > cutMs - LEASE_MS && sample.atMs < diedAtMs + LEASE_MS + REACTION_MS));
    const bound = isInWindow ? SITE_LIMIT_MILLIAMPS : limit;
    if (sample.sumMilliamps > bound + TOLERANCE_MILLIAMPS) {
      found.push(
        `${sample.sumMilliamps} mA of ${bound} mA at ${sample.atMs} ms (${sample.draws.join(', ')})`,
      );
    }
  }
  return found.slice(0, 3);
}

/** S1: every actor answers to its state, and no session is left open at the end. */
function undefinedStates(world: CrashWorld): string[] {
  const { host } = world.core;
  const found: string[] = [];
  for (const kind of ['charger', 'connector', 'session', 'link', 'budget']) {
    for (const address of host.addresses(kind))
      if (!host.peek(address)) found.push(`${address} has no state`);
  }
  for (const address of host.addresses('session')) found.push(`${address} never ended`);
  return found;
}

/** S2, L1: at the end nothing is due, queued or on its way. */
function leftovers(world: CrashWorld): string[] {
  const { host } = world.core;
  const found: string[] = [];
  for (const charger of world.chargers) {
    const queued = host.rows(`north/${charger.id}`).length;
    if (queued > 0) found.push(`${charger.id}: ${queued} still queued`);
    const dead = host.rows(`dead/${charger.id}`).length;
    if (dead > 0) found.push(`${charger.id}: ${dead} dead letters`);
    const parked = host.rows(`parked/${charger.id}`).length;
    if (parked > 0) found.push(`${charger.id}: ${parked} parked`);
  }
  if ((host.counters.outbox ?? 0) > 0) found.push(`${host.counters.outbox} outbox entries left`);
  if ((host.counters['turns.threw'] ?? 0) > 0) found.push('a turn threw');
  return found;
}
