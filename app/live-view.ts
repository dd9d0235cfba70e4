import { manifest } from '../actors/manifest.ts';
import type { Mode, QueueRow, TransactionRow } from '../actors/tells.ts';
import type { RefusedConnection } from '../adapters/ocpp-south/refusals.ts';
import { chargerOf, lastCommandedMilliamps, worstCaseMilliamps } from '../machines/site-budget/ledger.ts';
import type { SiteBudgetContext } from '../machines/site-budget/site-budget.messages.ts';
import type { Address } from '../runtime/address.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Store } from '../runtime/persistence/store.ts';
import type { Core } from './core.ts';
import { DecisionLog } from './decision-log.ts';
import { governedOf } from './governed-status.ts';
import { modeOfState } from './mode-of-state.ts';
import type { OpenBus } from './open-bus.ts';
import { queueEntries } from './queue-entries.ts';
import { refusedStatus } from './refused-status.ts';
import type { SiteConfig } from './site-file/site-config.ts';
import type {
  ActorStatus,
  AlarmStatus,
  ChargerStatus,
  ConnectorStatus,
  DecisionStatus,
  HealthStatus,
  LoadStatus,
  QueueListing,
  QueueStatus,
  RefusedStatus,
  ReplayStatus,
  SecurityStatus,
  SessionStatus,
  SiteStatus,
  SiteView,
} from './site-view.ts';
import { version } from './version.ts';

interface LiveViewOptions {
  config: SiteConfig;
  core: Core;
  store: Store;
  bus: OpenBus;
  clock: Clock;
  demoPhase: () => string | null;
  /** Newest first; asked only once the listener for chargers is there. */
  refused: () => RefusedConnection[];
}

const SESSIONS_MAX = 500;
const ACTORS_MAX = 1_000;
const HELD_REASON = 'the site budget is set aside: no more than the fail-safe limit';
const HOUR_MS = 3_600_000;
const WORST_FIRST: Mode[] = ['fallback', 'offline', 'resync', 'online'];

/** The read model over the running actors: nothing is kept here but the newest decisions. */
export class LiveView implements SiteView {
  readonly #o: LiveViewOptions;
  readonly #decisions: DecisionLog;
  readonly #startedAtMs: number;
  readonly #statsAtStart: { commits: number; bytes: number };

  constructor(options: LiveViewOptions) {
    this.#o = options;
    this.#startedAtMs = options.clock.monotonicMs();
    this.#statsAtStart = { ...options.store.stats };
    this.#decisions = new DecisionLog();
    options.core.host.observe((record) => this.#decisions.note(record));
  }

  site(): SiteStatus {
    const modes = this.queues().map((queue) => queue.mode);
    return {
      id: this.#o.config.site.id,
      timezone: this.#o.config.site.timezone,
      at: rfc3339(this.#o.clock.wallMs()),
      backendMode: WORST_FIRST.find((mode) => modes.includes(mode)) ?? null,
      load: this.#load(),
      demoPhase: this.#o.demoPhase(),
      alarms: this.#alarms(),
    };
  }

  chargers(): ChargerStatus[] {
    const { host, south } = this.#o.core;
    return host.addresses('charger').map((address) => {
      const id = address.slice('charger/'.length);
      const connection = south.connected(id);
      return {
        id,
        mode: this.#mode(address),
        protocol: connection ? connection.subprotocol : null,
        lastFrameAt: connection ? rfc3339(connection.lastFrameAtMs) : null,
        quarantined: host.isQuarantined(address),
        security: this.#security(id, connection?.isSecure ?? null),
        ...governedOf(host, id),
        quirks: south.quirks(id),
        connectors: this.#connectors(id),
      };
    });
  }

  sessions(): SessionStatus[] {
    const { host } = this.#o.core;
    const rows: TransactionRow[] = [];
    for (const address of host.addresses('charger')) {
      const charger = address.slice('charger/'.length);
      for (const { value } of host.rows(`transactions/${charger}`)) {
        rows.push({ ...(value as unknown as TransactionRow), charger } as TransactionRow & {
          charger: string;
        });
      }
    }
    rows.sort((a, b) => Number(b.state === 'open') - Number(a.state === 'open') || b.startedAt - a.startedAt);
    return rows
      .slice(0, SESSIONS_MAX)
      .map((row) => this.#session(row as TransactionRow & { charger: string }));
  }

  queues(): QueueStatus[] {
    const { host } = this.#o.core;
    return host.addresses('link').map((address) => {
      const charger = address.slice('link/'.length);
      const rows = host.rows(`north/${charger}`).map(({ value }) => value as unknown as QueueRow);
      const oldest = rows.reduce<number | null>(
        (min, row) => Math.min(min ?? row.acceptedAt, row.acceptedAt),
        null,
      );
      return {
        charger,
        backend: this.#o.config.backend.id,
        mode: this.#mode(address),
        queued: rows.length,
        oldestAt: oldest === null ? null : rfc3339(oldest),
        oldestAgeS:
          oldest === null ? null : Math.max(0, Math.round((this.#o.clock.wallMs() - oldest) / 1_000)),
        parked: host.rows(`parked/${charger}`).length,
        deadLetters: host.rows(`dead/${charger}`).length,
      };
    });
  }

  replay(): ReplayStatus {
    const { backend } = this.#o.config;
    return { backend: backend.id, ...backend.replay, waiting: this.#o.core.north.replaysWaiting };
  }

  queue(charger: string, page: { after: number; limit: number }): QueueListing | undefined {
    const { core, clock, config } = this.#o;
    if (!core.host.peek(`link/${charger}`)) return undefined;
    const mode = this.#mode(`link/${charger}`);
    const entries = queueEntries(core.host, charger, { ...page, mode, nowMs: clock.wallMs() });
    return { charger, backend: config.backend.id, mode, ...entries };
  }

  health(): HealthStatus {
    const { core, bus, store, clock } = this.#o;
    const alarms = this.#alarms();
    const isFailing = alarms.some((alarm) => alarm.code === 'store.failing');
    const hours = Math.max(1, clock.monotonicMs() - this.#startedAtMs) / HOUR_MS;
    const quarantined = this.actors({ quarantinedOnly: true });
    return {
      status: isFailing ? 'failed' : alarms.length > 0 ? 'degraded' : 'ok',
      ready: !isFailing,
      version,
      uptimeS: Math.round((clock.monotonicMs() - this.#startedAtMs) / 1_000),
      bus: { kind: bus.bus.kind, status: bus.bus.status, detail: bus.detail() },
      store: {
        status: isFailing ? 'failed' : 'ok',
        commitsPerHour: Math.round((store.stats.commits - this.#statsAtStart.commits) / hours),
        bytesPerHour: Math.round((store.stats.bytes - this.#statsAtStart.bytes) / hours),
      },
      clock: { trust: clock.trust },
      actors: {
        running: this.#addresses().length,
        quarantined: quarantined.length,
        parkedEnvelopes: core.host.rows('parked').length,
      },
      quarantined,
      alarms,
    };
  }

  refused(): RefusedStatus[] {
    return this.#o.refused().map(refusedStatus);
  }

  actors({ quarantinedOnly }: { quarantinedOnly: boolean }): ActorStatus[] {
    const aside = this.#o.core.host.quarantines().map(({ address, sinceMs, untilMs, why }) => ({
      address,
      quarantine: { since: rfc3339(sinceMs), until: rfc3339(untilMs), why },
    }));
    if (quarantinedOnly) return aside;
    const known = new Set<string>(aside.map(({ address }) => address));
    const others = this.#addresses().filter((address) => !known.has(address));
    return [...aside, ...others.map((address) => ({ address, quarantine: null }))].slice(0, ACTORS_MAX);
  }

  decisions(limit: number): DecisionStatus[] {
    return this.#decisions.newest(limit);
  }

  #security(charger: string, encrypted: boolean | null): SecurityStatus {
    const { chargers, ocpp } = this.#o.config;
    // Only profile 0 lets in a charger that the site file does not name.
    const profile = chargers.known.find(({ id }) => id === charger)?.securityProfile ?? 0;
    return { profile, weakerThanSite: profile < ocpp.securityProfile, encrypted };
  }

  #addresses(): Address[] {
    return manifest.flatMap(({ kind }) => this.#o.core.host.addresses(kind.kind));
  }

  #alarms(): AlarmStatus[] {
    return this.#o.core.host.alarms
      .standing()
      .map(({ code, text, sinceMs }) => ({ code, text, since: rfc3339(sinceMs) }));
  }

  #mode(address: Address): Mode {
    const state = this.#o.core.host.peek(address);
    return (state && modeOfState(state.value)) ?? 'offline';
  }

  #budget(): SiteBudgetContext | undefined {
    return this.#o.core.host.peek('budget/site')?.context as SiteBudgetContext | undefined;
  }

  #load(): LoadStatus | null {
    const { electrical } = this.#o.config;
    const budget = this.#budget();
    if (!electrical || !budget) return null;
    const { ledger } = budget;
    const now = this.#o.clock.wallMs();
    let worst = 0;
    let measured: number | null = null;
    for (const entry of ledger.connectors) {
      const charger = chargerOf(ledger, entry.charger);
      if (charger) worst += worstCaseMilliamps(entry, charger, now);
      if (entry.measured) measured = (measured ?? 0) + entry.measured.milliamps;
    }
    return {
      mode: this.#mode('budget/site'),
      fuseA: electrical.fuseMilliamps / 1_000,
      reserveA: electrical.reserveMilliamps / 1_000,
      limitA: ledger.limitMilliamps / 1_000,
      measuredA: measured === null ? null : measured / 1_000,
      worstCaseA: worst / 1_000,
    };
  }

  #connectors(charger: string): ConnectorStatus[] {
    const { host, safeStates } = this.#o.core;
    const heldAt = safeStates.heldAtMilliamps(charger);
    const prefix = `connector/${charger}/`;
    const addresses = host.addresses('connector').filter((address) => address.startsWith(prefix));
    const entries = this.#budget()?.ledger.connectors ?? [];
    return addresses.map((address) => {
      const connector = Number(address.slice(prefix.length));
      const { context } = host.peek(address)!;
      const entry = entries.find((one) => one.charger === charger && one.connector === connector);
      const told = entry ? lastCommandedMilliamps(entry) : null;
      const isHeld = told !== null && heldAt !== null && told > heldAt;
      const limit = isHeld ? heldAt : told;
      const mode = this.#mode(address);
      return {
        connector,
        state: (context.status as string) || 'Unknown',
        mode,
        session: (context.session as string | null) ?? null,
        limitA: limit === null ? null : limit / 1_000,
        limitReason: isHeld ? HELD_REASON : this.#decisions.limitReason(charger, connector),
        currentA: entry?.measured ? entry.measured.milliamps / 1_000 : null,
        powerW: null,
        measuredAt: entry?.measured ? rfc3339(entry.measured.at) : null,
      };
    });
  }

  #session(row: TransactionRow & { charger: string }): SessionStatus {
    const state = this.#o.core.host.peek(`session/${row.session}`);
    const soFarWh = typeof state?.context.energyWh === 'number' ? state.context.energyWh : null;
    const energyWh = row.meterStopWh === null ? soFarWh : row.meterStopWh - row.meterStartWh;
    return {
      id: row.session,
      charger: row.charger,
      connector: row.connector,
      transactionId: row.transactionId,
      state: row.state,
      authority: (state && modeOfState(state.value)) ?? 'online',
      authorisedBy: String(state?.context.authorisedBy ?? 'ended'),
      startedAt: rfc3339(row.startedAt),
      stoppedAt: row.stoppedAt === null ? null : rfc3339(row.stoppedAt),
      energyWh,
      stopReason: (state?.context.stopReason as string | undefined) ?? null,
    };
  }
}

function rfc3339(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
