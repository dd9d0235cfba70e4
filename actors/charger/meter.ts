import type { MeterValuesReq } from '../../machines/shared/ocpp16.ts';
import { type Sample, sampleOf } from '../../machines/shared/samples.ts';
import { addressOf } from '../../runtime/address.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { booksOf, contextOf, modeOfTurn, nextN, noteOf, patchNote, takeN } from './books.ts';
import { type Called, textsOf } from './called.ts';
import { contentOf, meterKey, putContent } from './content.ts';
import { queueEvent } from './event-answer.ts';
import { buryForeign, isForeignId } from './foreign.ts';
import { answerCharger, chargerOf, tell } from './outbound.ts';
import { enqueue, type Outgoing } from './queue.ts';
import { sessionOf } from './transaction-rows.ts';

/** Smaller steps than these are not worth telling. */
const ENERGY_STEP_WH = 100;
const CURRENT_STEP_MILLIAMPS = 500;
/** While the queue is too long, one unsigned sample in this many is kept. */
const THINNED_TO_ONE_IN = 8;

/** MeterValues.req: by far the most frequent message, so it moves no machine and writes three rows. */
export function meterCalled(turn: Turn, called: Called): void {
  const payload = called.payload as unknown as MeterValuesReq;
  const { connectorId: connector, transactionId } = payload;
  const sample = sampleOf(payload);
  if (!sample.isSigned) turn.relax();
  const key = called.event?.contentKey ?? meterKey(payload, called.raw);
  const known = contentOf(turn, key);
  if (known) {
    answerCharger(turn, called, { raw: known.answer ?? '{}' });
    return;
  }
  if (transactionId !== undefined && isForeignId(transactionId)) {
    buryForeign(turn, called, 'meter', connector, key);
    return;
  }
  const session =
    called.event?.session ?? (typeof transactionId === 'number' ? sessionOf(turn, transactionId) : null);
  const about = { connector, session, transactionId: session === null ? null : (transactionId as number) };
  const outgoing: Outgoing = { lane: 'history', ...textsOf(called), kind: 'meter', ...about };
  tellSample(turn, connector, session, sample);
  if (called.event && !isThinned(turn, sample))
    queueEvent(turn, called, outgoing, { kind: 'event', session, contentKey: key, idTag: null });
  else {
    const n = isThinned(turn, sample) ? leftOut(turn) : enqueue(turn, outgoing);
    putContent(turn, key, { n, session, answer: '{}', at: turn.at });
    answerCharger(turn, called, { raw: '{}' });
  }
}

/** Meter values outside of transactions, which 2.0.1 sends by the clock. */
export function meterCalledIn201(turn: Turn, called: Called): void {
  turn.relax();
  const { evseId } = called.payload as { evseId: number };
  const key = meterKey(called.payload as unknown as MeterValuesReq, called.raw);
  if (!contentOf(turn, key)) {
    const about = { connector: evseId, session: null, transactionId: null };
    const n = enqueue(turn, { lane: 'history', ...textsOf(called), kind: 'meter', ...about });
    putContent(turn, key, { n, session: null, answer: '{}', at: turn.at });
  }
  answerCharger(turn, called, { raw: '{}' });
}

function isThinned(turn: Turn, { isSigned, isBoundary }: Sample): boolean {
  const isSpared = isSigned || isBoundary || nextN(turn) % THINNED_TO_ONE_IN === 0;
  return booksOf(turn).thinning && !isSpared;
}

/** Takes a number, so that the next ones come to be spared. */
function leftOut(turn: Turn): number {
  const n = takeN(turn);
  turn.journal({ type: 'meter.thinned', reason: { code: 'queue.backlog', params: { n } } });
  return n;
}

/** Tells on what moved. */
function tellSample(turn: Turn, connector: number, session: string | null, sample: Sample): void {
  const note = noteOf(turn, connector);
  const { energyWh, currentMilliamps } = sample;
  const energyMoved = movedBy(note.energyWh, energyWh, note.isBounded ? 0 : ENERGY_STEP_WH);
  const currentMoved = currentsMoved(note.currentMilliamps, currentMilliamps);
  if (!energyMoved && !currentMoved) return;
  const told = {
    energyWh: energyMoved ? energyWh : note.energyWh,
    currentMilliamps: currentMoved ? currentMilliamps : note.currentMilliamps,
  };
  if (!patchNote(turn, connector, told)) return;
  const running = session ?? note.session;
  if (running !== null && running === note.session) {
    const data = { at: turn.at, energyWh, currentMilliamps };
    const options = { delivery: 'latest', key: 'metered', session: running, connector } as const;
    tell(turn, addressOf('session', running), 'session.metered', data, options);
  }
  // Right after a charger is back, what it sends may be hours old.
  if (!currentMoved || currentMilliamps === null || !contextOf(turn).managed || modeOfTurn(turn) !== 'online')
    return;
  const charger = chargerOf(turn);
  const measured = { charger, connector, currentMilliamps, at: turn.at };
  const options = { delivery: 'latest', key: `measured/${charger}/${connector}` } as const;
  tell(turn, 'budget/site', 'budget.measured', measured, options);
}

function movedBy(before: number | null, now: number | null, least: number): boolean {
  if (now === null) return false;
  return before === null || Math.abs(now - before) >= least;
}

function currentsMoved(before: readonly number[] | null, now: readonly number[] | null): boolean {
  if (now === null) return false;
  if (before?.length !== now.length) return true;
  return now.some((current, i) => movedBy(before[i] ?? null, current, CURRENT_STEP_MILLIAMPS));
}
