/** A decision in the making: private to one run of the plan, and changed in place for the sake of its cost. */
import {
  bookedMilliamps,
  type ChargerEntry,
  type ConnectorEntry,
  type Ledger,
  lastCommandedMilliamps,
  leaseSurelyRuns,
  leases,
  pairs,
} from './ledger.ts';
import { launch } from './ledger-leases.ts';
import type { Order } from './site-budget.messages.ts';
import { keyOf, type SiteTargets } from './targets.ts';

export interface Decision {
  ledger: Ledger;
  orders: Order[];
}

export interface Seat {
  entry: ConnectorEntry;
  readonly charger: ChargerEntry;
}

export interface Draft {
  readonly ledger: Ledger;
  readonly targets: SiteTargets;
  /** By key; a connector without a charger has no seat. */
  readonly seats: Map<string, Seat>;
  readonly orders: Order[];
  lastOrder: number;
  /** Of all seats together, kept up to date. */
  bookedMilliamps: number;
}

export function draftOf({ ledger, orders }: Decision, targets: SiteTargets): Draft {
  const seats = new Map<string, Seat>(pairs(ledger).map((pair) => [keyOf(pair.entry), { ...pair }]));
  let booked = 0;
  for (const { entry, charger } of seats.values()) booked += bookedMilliamps(entry, charger, ledger.at);
  return {
    ledger,
    targets,
    seats,
    orders: [...orders],
    lastOrder: ledger.lastOrder,
    bookedMilliamps: booked,
  };
}

export function finish({ ledger, seats, orders, lastOrder }: Draft): Decision {
  const connectors = ledger.connectors.map((entry) => seats.get(keyOf(entry))?.entry ?? entry);
  return { ledger: { ...ledger, connectors, lastOrder }, orders };
}

export function put(draft: Draft, seat: Seat, entry: ConnectorEntry): void {
  const { at } = draft.ledger;
  const before = bookedMilliamps(seat.entry, seat.charger, at);
  draft.bookedMilliamps += bookedMilliamps(entry, seat.charger, at) - before;
  seat.entry = entry;
}

/** The fail-safe limit: never more than the charger has confirmed, and nothing where the CPMS allows less. */
export function afterLease({ targets }: Draft, { entry, charger }: Seat): number {
  const wanted = targets.fallbacks.get(entry.charger) ?? 0;
  const fallback = Math.min(wanted, charger.failSafe.confirmedMilliamps ?? 0);
  return entry.capMilliamps !== null && entry.capMilliamps < fallback ? 0 : fallback;
}

/** Puts a limit on its way: into the books, and as two orders, the decision first. */
export function send(
  draft: Draft,
  seat: Seat,
  limitMilliamps: number,
  limitedBy: { code: string; params: Record<string, number> },
  isRaise = false,
): void {
  const { at, leaseMs, limitMilliamps: siteLimitMilliamps } = draft.ledger;
  const { entry } = seat;
  const { charger, connector } = entry;
  const transactionId = entry.transactionId!;
  const order = draft.lastOrder + 1;
  const correlation = `limit-${order}`;
  const afterLeaseMilliamps = afterLease(draft, seat);
  const isCut = isLowerThanAll(seat, limitMilliamps, at);
  const previous = lastCommandedMilliamps(entry);
  const sent = { order, correlation, transactionId, limitMilliamps, afterLeaseMilliamps, sentAt: at };
  const launched = launch(entry, sent, leaseMs);
  put(draft, seat, isRaise ? { ...launched, lastRaiseAt: at, raiseWantedSinceAt: null } : launched);
  draft.lastOrder = order;
  const params = {
    ...limitedBy.params,
    siteLimitMilliamps,
    reservedMilliamps: draft.targets.reservedMilliamps,
    ...(previous === null ? {} : { previousMilliamps: previous }),
  };
  draft.orders.push(
    {
      type: 'recordDecision',
      params: { reason: { code: limitedBy.code, params }, charger, connector, limitMilliamps },
    },
    {
      type: 'sendLimit',
      params: {
        charger,
        connector,
        transactionId,
        limitMilliamps,
        leaseMs,
        fallbackMilliamps: afterLeaseMilliamps,
        correlation,
        isCut,
      },
    },
  );
}

/** Lower than anything that may be in force: only then may it go out before it is on disk. */
function isLowerThanAll({ entry, charger }: Seat, limitMilliamps: number, at: number): boolean {
  const mayAct = [...leases(entry), ...entry.inFlight].map((one) => one.limitMilliamps);
  if (!leaseSurelyRuns(entry, at)) mayAct.push(charger.failSafe.confirmedMilliamps ?? 0);
  return mayAct.every((milliamps) => limitMilliamps < milliamps);
}
