import type { Json } from '../runtime/envelope.ts';
import type { JournalEntry } from '../runtime/host/actor-kind.ts';

type Params = Record<string, Json>;

/** Decisions that only keep things as they are: in the journal, not worth a line on a screen. */
const ROUTINE = new Set(['budget.leaseRenewed', 'budget.limitRepeated']);

const amps = (milliamps: unknown): string =>
  `${(Number(milliamps) / 1_000).toLocaleString('en', { maximumFractionDigits: 1 })} A`;

/** What a limit is made of: "78 A site limit − 12 A held back, shared by 6". */
const shareOf = (p: Params): string =>
  `${amps(p.siteLimitMilliamps)} site limit − ${amps(p.reservedMilliamps)} held back, shared by ${p.shareCount}`;

const kilowattHours = (wattHours: unknown): string =>
  `${(Number(wattHours) / 1_000).toLocaleString('en', { maximumFractionDigits: 2 })} kWh`;

const minutes = (ms: unknown): string => `${Math.round(Number(ms) / 60_000)} min`;

/** What a start may have that the CPMS has not seen yet: "at most 5 kWh and 60 min". */
const capOf = ({ maxEnergyWh, maxDurationMs }: Params): string =>
  [
    ...(typeof maxEnergyWh === 'number' ? [kilowattHours(maxEnergyWh)] : []),
    ...(typeof maxDurationMs === 'number' ? [minutes(maxDurationMs)] : []),
  ].join(' and ');

const SENTENCES: Record<string, (params: Params, limit: string, data: Params) => string> = {
  'budget.equalShare': (p, limit) => `${limit}: ${shareOf(p)}`,
  'budget.cap': (p, limit) => `${limit}: the most this connector may have (${amps(p.capMilliamps)})`,
  'budget.capBelowMinimum': (p, limit) =>
    `${limit}: the CPMS allows ${amps(p.capMilliamps)}, cars need ${amps(p.minMilliamps)}`,
  'budget.waiting': (p, limit) =>
    `${limit}, waits its turn: ${shareOf(p)} would be below ${amps(p.minMilliamps)}`,
  'budget.roomNow': (p, limit) =>
    `${limit} for now: others have not followed their cuts yet (${amps(p.wantedMilliamps)} wanted)`,
  'budget.failSafeInstalled': (_, limit) => `fail-safe ${limit} installed in the charger`,
  'budget.failSafeReduced': (_, limit) => `fail-safe lowered to ${limit}: the sum of all must fit`,
  'budget.limitIgnored': (_, limit) => `${limit}: the charger ignores limits, its real draw is held back`,
  'budget.limitRefused': (_, limit) => `${limit}: the charger refuses limits`,
  'budget.failSafeUnconfirmed': (_, limit) =>
    `${limit}: the charger has not confirmed its fail-safe limit yet`,
  'authorise.backend': (p) => `${p.status}: the CPMS said so (${p.idTag})`,
  'authorise.localList': (p) => `${p.status} here: on the local list (${p.idTag})`,
  'authorise.cache': (p) => `${p.status} here: known from before (${p.idTag})`,
  'authorise.policy': (p) => `${p.status} here: rule for unknown tags (${p.idTag})`,
  'authorise.outage': (p) => `${p.status} here: the CPMS is away for too long for such cards (${p.idTag})`,
  'cap.listed': (p) => `at most ${capOf(p)} until the CPMS has spoken: a listed card`,
  'cap.cached': (p) => `at most ${capOf(p)} until the CPMS has spoken: a card known from before`,
  'cap.unknown': (p) => `at most ${capOf(p)} until the CPMS has spoken: an unknown card`,
  'session.energyCapReached': (p) =>
    `stopped: ${kilowattHours(p.energyWh)} drawn of ${kilowattHours(p.maxEnergyWh)} (${p.cause})`,
  'session.durationCapReached': (p) =>
    `stopped: its time is over without a word of the CPMS, ${kilowattHours(p.energyWh)} drawn (${p.cause})`,
  'session.energyUnread': (p) =>
    `stopped: no reading for ${minutes(p.patienceMs)}, so its ${kilowattHours(p.maxEnergyWh)} count as drawn`,
  'session.energyLimited': (p) =>
    `${p.status}: the CPMS refuses the card; stopped at ${kilowattHours(p.maxEnergyWh)} (${kilowattHours(p.energyWh)} drawn)`,
  'session.capLifted': () => 'the CPMS took the card: nothing bounds the session any more',
  'link.online': () => 'backend link online',
  'link.offline': () => 'backend link lost: messages are kept',
  'link.fallback': () => 'backend away for long: local authority',
  'link.resync': () => 'backend back: the backlog drains in order',
  'link.inDoubt': () => 'the one message in doubt is repeated, same id',
  'link.attemptsExhausted': () => 'the CPMS refuses a message for good: kept as a dead letter',
  'link.onlyThisHangs': () => 'the CPMS chokes on one message: it is set aside, the others go on',
  'link.stillHangs': () => 'the CPMS still chokes on the parked message: again in an hour',
  'link.startParked': (p) => `waits for its StartTransaction ${p.startN}, which is parked`,
  'link.parkedDue': (_p, _l, d) => `one more try for parked message ${d.n}`,
  'link.parkedAccepted': (_p, _l, d) => `the CPMS took parked message ${d.n} at last`,
  'link.resendAsked': (p, _l, d) => `sent again on request (${(d.n as number[]).join(', ')}): ${p.reason}`,
  'transaction.resendAsked': (p, _l, d) =>
    `delivered transaction sent again on request (${d.firstN} to ${d.lastN}): ${p.reason}`,
  'transaction.alreadyQueued': () => 'not sent again: it is in the queue already',
  'command.allowed': (p) => `${p.action} of the CPMS passed on to the charger`,
  'command.notAllowed': (p) => `${p.action} refused: this CPMS may not do that`,
  'command.beyondLimits': (p) => `${p.action} refused: ${p.argument} ${p.value} is beyond its limits`,
  'command.urlNotAllowed': (p) => `${p.action} refused: its URL is not allowed (${p.fault} ${p.url})`,
  'command.sessionRuns': (p, _l, d) =>
    `${p.action} ${d.expiresAt === undefined ? 'refused' : 'deferred'}: a session runs on connector ${p.connector}`,
  'command.behindDeferred': (p, _l, d) =>
    `${p.action} ${d.expiresAt === undefined ? 'refused' : 'deferred'}: an earlier one for that place waits`,
  'command.tooManyDeferred': (p) => `${p.action} refused: ${p.deferredMax} commands wait already`,
  'command.replaced': (p) => `deferred ${p.action} dropped: a newer one took its place`,
  'command.deferralExpired': (p) => `deferred ${p.action} dropped: the session did not end in time`,
  'command.noSocket': (p) => `deferred ${p.action} dropped: the charger did not come back in time`,
  'command.sessionOver': (p) => `${p.action} sent now that the session is over`,
  'setting.kept': (p) => `${p.key} = ${p.value}: kept here, and brought to the charger`,
  'setting.guarded': (p) => `${p.key} is not for the CPMS to change`,
  'setting.beyondLimits': (p) => `${p.key} refused: beyond its limits`,
  'setting.wanted': (p) => `${p.key} = ${p.value} written to the charger`,
  'setting.readBack': (p) => `${p.key} = ${p.value}: the charger has it`,
  'setting.chargerRefused': (p) => `the charger does not take ${p.key} (${p.problem})`,
  'outage.mirrorClose': () => 'the CPMS is away: charger closed out, as its policy says',
  'outage.over': () => 'the CPMS is back: charger let in again',
  'charger.socketOpened': (_p, _l, d) => `charger connected (${d.mode})`,
  'charger.socketClosed': (_p, _l, d) => `charger lost: counted at its worst case (${d.mode})`,
  'charger.graceOver': () => 'charger away for long: reserved at its fallback limit',
  'charger.processRestarted': () => 'controller restarted: charger counts as away until it is back',
  'charger.statusesKnown': (_p, _l, d) => `charger reconciled (${d.mode})`,
  'charger.resyncTimedOut': (_p, _l, d) => `charger told only part of its state (${d.mode})`,
};

/** One sentence for a decision; null for routine. Codes without a sentence are shown as they stand, with their numbers. */
export function sentenceOf(decision: JournalEntry): string | null {
  const { reason, type } = decision;
  if (!reason) return type === 'budget.modeChanged' ? `site budget: ${(decision.data as Params).mode}` : type;
  if (ROUTINE.has(reason.code)) return null;
  const params = reason.params ?? {};
  const data = (decision.data ?? {}) as Params;
  const limit = data.limitMilliamps === undefined ? '' : amps(data.limitMilliamps);
  const sentence = SENTENCES[reason.code];
  if (sentence) return sentence(params, limit, data);
  const numbers = Object.entries(params).map(([name, value]) => `${name}=${String(value)}`);
  return [reason.code, ...numbers].join(' ');
}
