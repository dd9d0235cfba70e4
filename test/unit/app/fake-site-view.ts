import type {
  ChargerStatus,
  HealthStatus,
  QueueStatus,
  SiteStatus,
  SiteView,
} from '../../../app/site-view.ts';

export const AT = '2026-03-02T13:03:22.000Z';

export interface FakeSite {
  site?: Partial<SiteStatus>;
  health?: Partial<HealthStatus>;
  chargers?: number;
  decisions?: number;
  charger?: Partial<ChargerStatus>;
  queue?: Partial<QueueStatus>;
}

/** A site of `chargers` chargers (3 unless told), each charging with 15.5 A, seen 5 s ago. */
export function fakeSiteView(fake: FakeSite = {}): SiteView {
  const numbers = Array.from({ length: fake.chargers ?? 3 }, (_, index) => index + 1);
  const idOf = (n: number) => `cp-${String(n).padStart(2, '0')}`;
  return {
    site: () => ({
      id: 'hq-garage',
      timezone: 'Europe/Berlin',
      at: AT,
      backendMode: 'fallback',
      load: { mode: 'online', fuseA: 63, reserveA: 2, limitA: 61, measuredA: 46.5, worstCaseA: 58 },
      demoPhase: 'the backend is away',
      alarms: [],
      ...fake.site,
    }),
    health: () => ({
      status: 'ok',
      ready: true,
      version: '0.1.0',
      uptimeS: 60,
      bus: { kind: 'nats', status: 'connected', detail: '' },
      store: { status: 'ok', commitsPerHour: 1234, bytesPerHour: 2_150_000 },
      clock: { trust: 'trusted' },
      actors: { running: 12, quarantined: 0, parkedEnvelopes: 0 },
      quarantined: [],
      alarms: [],
      ...fake.health,
    }),
    chargers: () =>
      numbers.map((n) => ({
        id: idOf(n),
        mode: 'online',
        protocol: 'ocpp1.6',
        lastFrameAt: '2026-03-02T13:03:17.000Z',
        quarantined: false,
        security: { profile: 1, weakerThanSite: false, encrypted: false },
        outage: { policy: 'hold', closedOut: false },
        deferred: [],
        settings: [],
        quirks: { packs: ['default'], repairs: [], repaired: {} },
        connectors: [
          {
            connector: 1,
            state: 'Charging',
            mode: 'online',
            session: `session-${n}`,
            limitA: 16,
            limitReason: 'equal share of 61 A',
            currentA: 15.5,
            powerW: 10_695,
            measuredAt: AT,
          },
        ],
        ...fake.charger,
      })),
    sessions: () =>
      numbers.map((n) => ({
        id: `session-${n}`,
        charger: idOf(n),
        connector: 1,
        transactionId: n,
        state: 'running',
        authority: 'fallback',
        authorisedBy: 'localList',
        startedAt: AT,
        stoppedAt: null,
        energyWh: 1_250,
        stopReason: null,
      })),
    queues: () =>
      numbers.map((n) => ({
        charger: idOf(n),
        backend: 'cpms',
        mode: n === 2 ? 'fallback' : 'online',
        queued: n === 2 ? 7 : 0,
        oldestAt: null,
        oldestAgeS: n === 2 ? 200 : null,
        parked: 0,
        deadLetters: 0,
        ...fake.queue,
      })),
    queue: () => undefined,
    replay: () => ({ backend: 'cpms', perSecond: 100, burst: 200, waiting: 0 }),
    actors: () => [],
    refused: () => [],
    decisions: (limit) =>
      Array.from({ length: Math.min(limit, fake.decisions ?? 40) }, (_, index) => ({
        seq: 1_000 - index,
        at: AT,
        type: 'session.started',
        text: `decision ${index}`,
        reason: { code: 'auth.localList' },
        charger: index === 1 ? null : 'cp-01',
        connector: 1,
        session: null,
      })),
  };
}
