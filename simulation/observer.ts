import type { CpmsCall, Outage } from './cpms-options.ts';
import { groupBy } from './group-by.ts';
import { type KeyForm, messageOf } from './message-key.ts';
import { type Arrivals, judgeArrivals } from './observed-arrivals.ts';
import { isPayload } from './ocpp-j.ts';
import type { AnsweredMessage, MessageKind } from './transaction-message.ts';

/** What the chargers may forget, because they were answered. */
export interface ChargerTrace {
  identity: string;
  answered: readonly AnsweredMessage[];
  /** Its CPMS speaks another version: what that has no message for is not counted. */
  isTranslated?: boolean;
}

/** Counts of transaction messages and sessions, seen from outside alone. */
export interface DeliveryReport {
  /** Messages for which a charger got a CALLRESULT. */
  accepted: number;
  /** Of these, the ones that the CPMS took in and answered with a CALLRESULT. */
  delivered: number;
  /** Of these, the ones that the CPMS answered with a CALLERROR only. */
  refused: number;
  /** Accepted, but neither delivered nor refused. */
  lost: number;
  /** Arrivals beyond the first that were not permitted repeats, and not retries after a CALLERROR. */
  duplicates: number;
  /** Repeats of the one message in doubt at an interruption: same id, same bytes, nothing in between. */
  permittedRepeats: number;
  orderViolations: { charger: number; transaction: number };
  /** Stop and MeterValues that named another transaction than the CPMS gave to the start they belong to. */
  misattributed: number;
  sessions: {
    started: number;
    stopped: number;
    /** The charger was answered while the CPMS was away. */
    startedInOutage: number;
    stoppedInOutage: number;
    /** Of these two together, how many the CPMS holds now. */
    outageDeliveredAfterwards: number;
  };
}

/** Compares what the chargers were answered with what the CPMS holds. */
export function observeDelivery(
  chargers: readonly ChargerTrace[],
  calls: readonly CpmsCall[],
  outages: readonly Outage[],
): DeliveryReport {
  const report = emptyReport();
  const callsOf = groupBy(calls, (call) => call.identity);
  for (const charger of chargers)
    observeCharger(charger, callsOf.get(charger.identity) ?? [], outages, report);
  return report;
}

function observeCharger(
  charger: ChargerTrace,
  calls: readonly CpmsCall[],
  outages: readonly Outage[],
  report: DeliveryReport,
): void {
  const form: KeyForm = charger.isTranslated ? 'shared' : 'whole';
  const arrivals = judgeArrivals(calls, form);
  report.duplicates += arrivals.duplicates;
  report.permittedRepeats += arrivals.permittedRepeats;
  const seen = new Set<string>();
  const all: AcceptedMessage[] = [];
  for (const message of charger.answered) {
    const known = messageOf(message.action, message.payload, form);
    if (known === null || seen.has(known.key)) continue;
    seen.add(known.key);
    all.push({ ...known, message });
  }
  const sessions = new Set(
    all.flatMap(({ kind, message }) => (kind === 'start' ? [message.transaction] : [])),
  );
  const ofSession = all.filter(({ message }) => sessions.has(message.transaction));
  // To 1.6 a cable without a card is no transaction.
  const accepted = charger.isTranslated ? ofSession : all;
  for (const entry of accepted) countAccepted(entry, arrivals, report);
  for (const entry of ofSession) countSession(entry, arrivals, outages, report);
  report.misattributed += countMisattributed(ofSession, arrivals);
  report.orderViolations.charger += countInversions(accepted, arrivals);
  for (const group of groupBy(accepted, ({ message }) => message.transaction).values()) {
    report.orderViolations.transaction += countInversions(group, arrivals);
  }
}

interface AcceptedMessage {
  kind: MessageKind;
  key: string;
  message: AnsweredMessage;
}

function countAccepted({ key }: AcceptedMessage, arrivals: Arrivals, report: DeliveryReport): void {
  const isDelivered = arrivals.delivered.has(key);
  const isRefused = !isDelivered && arrivals.refused.has(key);
  report.accepted += 1;
  if (isDelivered) report.delivered += 1;
  else if (isRefused) report.refused += 1;
  else report.lost += 1;
}

function countSession(
  { kind, key, message }: AcceptedMessage,
  arrivals: Arrivals,
  outages: readonly Outage[],
  report: DeliveryReport,
): void {
  if (kind !== 'start' && kind !== 'stop') return;
  const inOutage = outages.some(
    ({ fromMs, toMs }) => message.answeredAtMs >= fromMs && message.answeredAtMs < (toMs ?? Infinity),
  );
  const { sessions } = report;
  if (kind === 'start') {
    sessions.started += 1;
    if (inOutage) sessions.startedInOutage += 1;
  } else {
    sessions.stopped += 1;
    if (inOutage) sessions.stoppedInOutage += 1;
  }
  if (inOutage && arrivals.delivered.has(key)) sessions.outageDeliveredAfterwards += 1;
}

/** How many messages arrived (first time) after one that the charger had said later. */
function countInversions(accepted: readonly AcceptedMessage[], arrivals: Arrivals): number {
  let latest = -1;
  let inversions = 0;
  for (const { key } of accepted) {
    const position = arrivals.delivered.get(key)?.position;
    if (position === undefined) continue;
    if (position < latest) inversions += 1;
    latest = Math.max(latest, position);
  }
  return inversions;
}

function countMisattributed(ofSession: readonly AcceptedMessage[], arrivals: Arrivals): number {
  const idOf = new Map<string, unknown>();
  for (const { kind, key, message } of ofSession) {
    const start = kind === 'start' ? arrivals.delivered.get(key) : undefined;
    if (start) idOf.set(message.transaction, transactionIdIn(start.call));
  }
  return ofSession.filter(({ kind, key, message }) => {
    const arrived = kind === 'start' ? undefined : arrivals.delivered.get(key);
    return arrived !== undefined && transactionIdIn(arrived.call) !== idOf.get(message.transaction);
  }).length;
}

/** As the CPMS calls the transaction: in 1.6 it names it in its answer to the start. */
function transactionIdIn({ action, payload, answer }: CpmsCall): unknown {
  if (action === 'StartTransaction') return answer?.transactionId;
  return isPayload(payload.transactionInfo) ? payload.transactionInfo.transactionId : payload.transactionId;
}

function emptyReport(): DeliveryReport {
  return {
    accepted: 0,
    delivered: 0,
    refused: 0,
    lost: 0,
    duplicates: 0,
    permittedRepeats: 0,
    orderViolations: { charger: 0, transaction: 0 },
    misattributed: 0,
    sessions: {
      started: 0,
      stopped: 0,
      startedInOutage: 0,
      stoppedInOutage: 0,
      outageDeliveredAfterwards: 0,
    },
  };
}
