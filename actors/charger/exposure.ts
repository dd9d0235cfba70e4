import { capFor, isShutOut, type TokenClass } from '../../machines/shared/exposure.ts';
import { idTagInfoOf, parsePayload } from '../../machines/shared/ocpp16.ts';
import { addressOf } from '../../runtime/address.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { Mode, TransactionRow } from '../tells.ts';
import type { Verdict } from './authorise.ts';
import { backendModeOf, configOf, noteOf, patchNote } from './books.ts';
import { chargerOf, tell } from './outbound.ts';

/** What drivers get on the word of this site alone: how much, for how long, and up to which age of an outage. */

const TABLE = 'backendAway';

/** The backend changed its mode: an outage lasts until the answers of the CPMS count again. */
export function noteOutage(turn: Turn, mode: Mode): void {
  const isKnown = turn.row<number>(TABLE, chargerOf(turn)) !== undefined;
  if (mode === 'online') {
    if (isKnown) turn.removeRow(TABLE, chargerOf(turn));
  } else if (!isKnown) turn.putRow(TABLE, chargerOf(turn), turn.at);
}

function outageMsOf(turn: Turn): number {
  if (backendModeOf(turn) === 'online') return 0;
  // The clock may have been set back since.
  return Math.max(0, turn.at - (turn.row<number>(TABLE, chargerOf(turn)) ?? turn.at));
}

/** A verdict of local policy, unless the outage is too old for cards of its kind. */
export function withinOutage(turn: Turn, verdict: Verdict): Verdict {
  const { caps } = configOf(turn);
  if (!caps || verdict.status !== 'Accepted') return verdict;
  return isShutOut(caps, tokenClassOf(verdict), outageMsOf(turn))
    ? { status: 'Invalid', ground: 'outage' }
    : verdict;
}

/** A card that local policy refused, on a charger that charges all the same, has nobody's word: it counts as unknown. */
function tokenClassOf({ status, ground }: Verdict): TokenClass {
  if (status === 'Accepted' && ground === 'localList') return 'listed';
  return status === 'Accepted' && ground === 'cache' ? 'cached' : 'unknown';
}

/** Local policy decided about a start: its session is bounded from here on, until the CPMS has spoken. */
export function capStart(turn: Turn, transaction: TransactionRow, verdict: Verdict): void {
  const { caps } = configOf(turn);
  // Where the charger asks for no card, nobody's word is missing.
  if (!caps || transaction.isFree) return;
  const { session, connector } = transaction;
  const tokenClass = tokenClassOf(verdict);
  const outageMs = outageMsOf(turn);
  const cap = capFor(caps, tokenClass, outageMs);
  if (!cap) return;
  const { maxEnergyWh, maxDurationMs } = cap;
  turn.journal({
    type: 'start.capped',
    session,
    connector,
    reason: { code: `cap.${tokenClass}`, params: { maxEnergyWh, maxDurationMs, outageMs } },
  });
  const dueAt = maxDurationMs === null ? null : turn.at + maxDurationMs;
  const data = { tokenClass, maxEnergyWh, dueAt };
  tell(turn, addressOf('session', session), 'session.capped', data, { session, connector });
  tellEachReading(turn, transaction, maxEnergyWh !== null);
}

/**
 * The CPMS has spoken about a start. A card that it refuses though the charger was told (`told`) to let it in may draw
 * so much since its start all the same, where the site says so: what MaxEnergyOnInvalidId of OCPP is, kept here for
 * chargers that do not know it. Nothing: a refused session is to end at once.
 */
export function boundAfterVerdict(
  turn: Turn,
  transaction: TransactionRow,
  status: string,
  told: string | null,
): { maxEnergyWh?: number } {
  const { invalidMaxEnergyWh } = configOf(turn);
  const wasLetIn = told !== null && idTagInfoOf(parsePayload(told) ?? {})?.status === 'Accepted';
  const isLimited = invalidMaxEnergyWh !== undefined && status !== 'Accepted' && wasLetIn;
  tellEachReading(turn, transaction, isLimited);
  return isLimited ? { maxEnergyWh: invalidMaxEnergyWh } : {};
}

/** Readings are told on in steps; of a session that is bounded in energy, each one. */
function tellEachReading(turn: Turn, { connector, session }: TransactionRow, isBounded: boolean): void {
  const note = noteOf(turn, connector);
  if (note.session !== session || (note.isBounded ?? false) === isBounded) return;
  patchNote(turn, connector, { isBounded });
}
