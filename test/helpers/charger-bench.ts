import { chargerKind } from '../../actors/charger-actor.ts';
import type { ChargerConfig, ContentRow, Mode, QueueRow, TransactionRow } from '../../actors/tells.ts';
import { defaultGovernance } from '../../machines/shared/governance/rules.ts';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import type { Json } from '../../runtime/envelope.ts';
import { ActorBench, type BenchTurn } from './actor-bench.ts';

export const CP = 'cp1';

export const config: ChargerConfig = {
  connectors: 2,
  graceMs: 60_000,
  backendFallbackAfterMs: 30_000,
  answerBudgetMs: 5_000,
  silentAfterMs: 30_000,
  heartbeatIntervalS: 300,
  managed: false,
  offlineAuth: { localList: ['SITE-CARD'], cacheMaxAgeMs: 24 * 3_600_000, unknownTags: 'accept' },
  mirrorCloseAfterMs: null,
  governance: defaultGovernance,
};

/** What a turn answered the charger, as (message id, payload or error). */
export interface Answered {
  messageId: string;
  socketId: string;
  raw?: string;
  error?: { code: string; description: string };
}

/** A charger actor on the bench, with a charger's and a CPMS's part to play. */
export class ChargerBench extends ActorBench {
  #calls = 0;

  constructor(patch: Partial<ChargerConfig> = {}, rows?: Map<string, Json>) {
    super(chargerKind, `charger/${CP}`, rows);
    this.configure(patch);
  }

  configure(patch: Partial<ChargerConfig> = {}): BenchTurn {
    return this.deliver('charger.configured', { ...config, ...patch } as unknown as Json);
  }

  open(socketId = 's1'): BenchTurn {
    return this.deliver('south.opened', { socketId, subprotocol: 'ocpp1.6', remote: '10.0.0.9' });
  }

  close(socketId = 's1'): BenchTurn {
    return this.deliver('south.closed', { socketId, code: 1006, reason: '' });
  }

  backend(mode: Mode): BenchTurn {
    return this.deliver('charger.backendChanged', { mode });
  }

  /** Socket open, booted, statuses told, backend as given. */
  serve(mode: Mode = 'online', socketId = 's1'): void {
    this.backend('offline');
    this.open(socketId);
    this.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' }, { socketId });
    for (const connectorId of [1, 2]) this.status(connectorId, 'Available', socketId);
    if (mode !== 'offline') this.backend(mode);
  }

  call(
    action: string,
    payload: Record<string, unknown> | string,
    { socketId = 's1', messageId = `m${++this.#calls}` } = {},
  ): BenchTurn {
    const raw = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return this.deliver('south.called', { socketId, messageId, action, raw }, { transient: JSON.parse(raw) });
  }

  /** As `serve`, a charger of 2.0.1. */
  serve201(mode: Mode = 'online', socketId = 's1'): void {
    this.backend('offline');
    this.deliver('south.opened', { socketId, subprotocol: 'ocpp2.0.1', remote: '10.0.0.9' });
    const chargingStation = { vendorName: 'V', model: 'M' };
    this.call201('BootNotification', { chargingStation, reason: 'PowerUp' });
    for (const evseId of [1, 2]) {
      const status = {
        timestamp: '2026-01-01T00:00:00Z',
        connectorStatus: 'Available',
        evseId,
        connectorId: 1,
      };
      this.call201('StatusNotification', status);
    }
    if (mode !== 'offline') this.backend(mode);
  }

  call201(action: string, payload: Record<string, unknown>): BenchTurn {
    const raw = JSON.stringify(payload);
    const messageId = `m${++this.#calls}`;
    const data = { socketId: 's1', messageId, version: '2.0.1', action, raw };
    return this.deliver('south.called', data, { transient: JSON.parse(raw) });
  }

  status(connectorId: number, status: string, socketId = 's1'): BenchTurn {
    return this.call('StatusNotification', { connectorId, status, errorCode: 'NoError' }, { socketId });
  }

  command(action: string, payload: Record<string, unknown> | string, messageId = 'c1'): BenchTurn {
    const raw = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return this.deliver(
      'north.called',
      { socketId: 'n1', messageId, action, raw },
      { transient: JSON.parse(raw) },
    );
  }

  command201(action: string, payload: Record<string, unknown>, messageId = 'c1'): BenchTurn {
    const raw = JSON.stringify(payload);
    const data = { socketId: 'n1', messageId, version: '2.0.1', action, raw };
    return this.deliver('north.called', data, { transient: JSON.parse(raw) });
  }

  /** Takes what a turn told this very charger about its deferred commands. */
  wake(turn: BenchTurn): BenchTurn {
    if (tellsIn(turn, 'charger.deferredDue').length === 0) throw new Error('nothing was woken');
    return this.deliver('charger.deferredDue');
  }

  /** The CPMS's word on queue entry n. */
  delivered(n: number, answer: Record<string, unknown> | string, version?: OcppVersion): BenchTurn {
    const raw = typeof answer === 'string' ? answer : JSON.stringify(answer);
    this.rows.delete(`north/${CP}/${String(n).padStart(12, '0')}`);
    const ofVersion = version === undefined ? {} : { version };
    return this.deliver('charger.delivered', { n, outcome: 'answered', raw, ...ofVersion });
  }

  dead(n: number, error = 'InternalError: no'): BenchTurn {
    return this.deliver('charger.delivered', { n, outcome: 'deadLettered', error });
  }

  northAnswered(correlation: string, action: string, answer: Record<string, unknown>): BenchTurn {
    const raw = JSON.stringify(answer);
    return this.deliver('north.answered', { action, raw }, { correlation, transient: answer });
  }

  northFailed(correlation: string, action: string, kind: string): BenchTurn {
    const error = { code: 'NotSupported', description: 'cannot', details: {} };
    return this.deliver('north.failed', { action, kind, error }, { correlation });
  }

  southAnswered(correlation: string, action: string, answer: Record<string, unknown>): BenchTurn {
    const raw = JSON.stringify(answer);
    return this.deliver('south.answered', { action, raw }, { correlation, transient: answer });
  }

  southFailed(correlation: string, action: string, kind: string): BenchTurn {
    const error = { code: 'GenericError', description: 'no', details: {} };
    return this.deliver('south.failed', { action, kind, error }, { correlation });
  }

  table<T>(name: string): T[] {
    return [...this.rows]
      .filter(([key]) => key.startsWith(`${name}/`))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, value]) => value as T);
  }

  get queue(): QueueRow[] {
    return this.table(`north/${CP}`);
  }

  get transactions(): TransactionRow[] {
    return this.table(`transactions/${CP}`);
  }

  get contents(): ContentRow[] {
    return this.table('content');
  }
}

export function answersIn(turn: BenchTurn): Answered[] {
  return effectsIn(turn, 'south', 'answer').map(
    ({ messageId, socketId, raw, error }) => ({ messageId, socketId, raw, error }) as Answered,
  );
}

/** The only answer of a turn, parsed. */
export function answerIn(turn: BenchTurn): unknown {
  const answers = answersIn(turn);
  if (answers.length !== 1) throw new Error(`${answers.length} answers`);
  const { raw, error } = answers[0]!;
  return raw === undefined ? { error: error!.code } : JSON.parse(raw);
}

export function effectsIn(turn: BenchTurn, port: string, type: string): Array<Record<string, unknown>> {
  return turn.effects
    .filter((effect) => effect.port === port && effect.type === type)
    .map(({ data }) => data);
}

export function tellsIn(turn: BenchTurn, type: string): Array<{ to: string; data: Json }> {
  return turn.tells.filter((told) => told.type === type).map(({ to, data }) => ({ to, data }));
}

export function reasonsIn(turn: BenchTurn): string[] {
  return turn.journal.map(({ type, reason }) => `${type} ${reason?.code}`);
}
