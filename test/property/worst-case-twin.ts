/**
 * A second, deliberately simple reckoning of what every connector may draw at worst, from the definition W
 * alone: it sees only what was sent, what was answered and which links were alive, and shares no code with the budget.
 */
const SETTLE_MS = 5_000;
const GRACE_MS = 5_000;
/** The port gives up on an answer long before this. */
const ANSWER_MS = 45_000;

export interface TwinSend {
  correlation: string;
  limit: number;
  after: number;
  transactionId: number | string;
  sentAt: number;
  ackedAt: number | null;
  lostAt: number | null;
}

interface FailSafeSend {
  correlation: string;
  limit: number;
  ackedAt: number | null;
}

interface Past {
  limit: number;
  untilAt: number;
}

export class TwinConnector {
  sends: TwinSend[] = [];
  past: Past[] = [];
  transactionId: number | string | null = null;
}

export class TwinCharger {
  link = 'unheard';
  failSafes: FailSafeSend[] = [];
  past: Past[] = [];
  readonly connectors: TwinConnector[];
  readonly rating: number;

  constructor(rating: number, connectors: number) {
    this.rating = rating;
    this.connectors = Array.from({ length: connectors }, () => new TwinConnector());
  }

  get alive(): boolean {
    return this.link === 'online';
  }

  fallback(at: number): number {
    const acked = this.failSafes.findLastIndex((send) => send.ackedAt !== null);
    const now = acked < 0 ? [this.rating] : this.failSafes.slice(acked).map((send) => send.limit);
    return Math.max(...now, ...this.past.filter((past) => at < past.untilAt).map((past) => past.limit));
  }

  ackFailSafe(correlation: string, at: number): void {
    const before = this.fallback(at);
    const send = this.failSafes.find((one) => one.correlation === correlation);
    if (!send) return;
    send.ackedAt = at;
    this.past.push({ limit: before, untilAt: at + SETTLE_MS });
  }
}

export class WorstCaseTwin {
  readonly chargers = new Map<string, TwinCharger>();
  readonly leaseMs: number;

  constructor(leaseMs: number) {
    this.leaseMs = leaseMs;
  }

  #leaseEnd(send: TwinSend): number {
    return (send.ackedAt ?? send.lostAt ?? send.sentAt + ANSWER_MS) + this.leaseMs;
  }

  /** From the last acknowledged on; what may have run out is left out. */
  #running(connector: TwinConnector, at: number): TwinSend[] {
    const acked = connector.sends.findLastIndex((send) => send.ackedAt !== null);
    return connector.sends.slice(Math.max(0, acked)).filter((send) => at < this.#leaseEnd(send) + GRACE_MS);
  }

  worst(charger: TwinCharger, connector: TwinConnector, at: number): number {
    const running = this.#running(connector, at);
    const fallback = Math.max(charger.fallback(at), ...running.map((send) => send.after));
    const confirmed = running.find((send) => send.ackedAt !== null);
    const past = connector.past.filter((one) => at < one.untilAt);
    const limits = Math.max(0, ...running.map((send) => send.limit), ...past.map((one) => one.limit));
    const isSure = confirmed !== undefined && at < confirmed.sentAt + this.leaseMs - GRACE_MS;
    return charger.alive && isSure ? limits : Math.max(limits, fallback);
  }

  /** A reading taken since the charger confirmed a limit, and no higher than that: the car has followed. */
  measure(connector: TwinConnector, milliamps: number, at: number): void {
    const confirmed = this.#running(connector, at).find((send) => send.ackedAt !== null);
    if (confirmed && at > confirmed.ackedAt! && milliamps <= confirmed.limit) connector.past = [];
  }

  total(at: number): number {
    return this.#sum((charger, connector) => this.worst(charger, connector, at));
  }

  /** With what every charger falls back to in any case: that this fits is the contract which ends a window of P3. */
  totalWithFallbacks(at: number): number {
    return this.#sum((charger, connector) =>
      Math.max(this.worst(charger, connector, at), charger.fallback(at), ...this.#afters(connector, at)),
    );
  }

  #afters(connector: TwinConnector, at: number): number[] {
    return this.#running(connector, at).map((send) => send.after);
  }

  #sum(of: (charger: TwinCharger, connector: TwinConnector) => number): number {
    let sum = 0;
    for (const charger of this.chargers.values()) {
      for (const connector of charger.connectors) sum += of(charger, connector);
    }
    return sum;
  }

  ack(charger: TwinCharger, connector: TwinConnector, correlation: string, at: number): void {
    const index = connector.sends.findIndex((send) => send.correlation === correlation);
    const send = connector.sends[index];
    if (!send) return;
    const older = this.#running(connector, at).filter((one) => connector.sends.indexOf(one) < index);
    const hadConfirmed = older.some((one) => one.ackedAt !== null);
    const before = Math.max(0, ...older.map((one) => one.limit), hadConfirmed ? 0 : charger.fallback(at));
    send.ackedAt = at;
    if (before > send.limit) connector.past.push({ limit: before, untilAt: at + SETTLE_MS });
  }

  /** Everything under way to that charger is lost with its link. */
  lose(charger: TwinCharger, at: number): void {
    for (const connector of charger.connectors) {
      for (const send of connector.sends) if (send.ackedAt === null) send.lostAt ??= at;
    }
  }

  /** The charger itself says which transaction runs: limits of any other no longer act. */
  transactionSeen(connector: TwinConnector, at: number): void {
    const over = connector.sends.filter((send) => send.transactionId !== connector.transactionId);
    if (over.length === 0) return;
    const limit = Math.max(...this.#running(connector, at).map((send) => send.limit), 0);
    connector.past.push({ limit, untilAt: at + SETTLE_MS });
    connector.sends = connector.sends.filter((send) => send.transactionId === connector.transactionId);
  }
}
