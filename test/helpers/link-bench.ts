import { backendLinkKind } from '../../actors/backend-link-actor.ts';
import type { CallErrorData, CallFailed } from '../../actors/ports.ts';
import { type LinkConfig, type QueueRow, queueKey, type TransactionRow } from '../../actors/tells.ts';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import type { Json } from '../../runtime/envelope.ts';
import { ActorBench, type BenchTurn } from './actor-bench.ts';

export const linkConfig: LinkConfig = {
  backend: 'main',
  fallbackAfterMs: 60_000,
  backoffMinMs: 1_000,
  backoffMaxMs: 60_000,
  callTimeoutMs: 30_000,
  attemptsMax: 3,
  attemptIntervalMs: 2_000,
};

export interface SentCall {
  n: number;
  messageId: string;
  exactId: boolean;
  replay?: boolean;
  action: string;
  raw: string;
  correlation: string;
}

/** A backend link on the bench, with the charger's queue filled by hand. */
export class LinkBench {
  readonly bench = new ActorBench(backendLinkKind, 'link/cp1');
  #sockets = 0;

  configure(): BenchTurn {
    return this.bench.deliver('link.configured', { ...linkConfig });
  }

  /** A link that is up; answers the turn in which the socket opened. */
  open(): BenchTurn {
    return this.openAs('1.6');
  }

  openAs(version: OcppVersion): BenchTurn {
    this.#sockets += 1;
    return this.bench.deliver('north.opened', { socketId: this.socketId, subprotocol: `ocpp${version}` });
  }

  close(): BenchTurn {
    return this.bench.deliver('north.closed', { socketId: this.socketId, code: 1006, reason: '' });
  }

  get socketId(): string {
    return `s${this.#sockets}`;
  }

  get mode(): string {
    return (this.bench.value as { mode: string }).mode;
  }

  get socket(): unknown {
    return (this.bench.value as { socket: unknown }).socket;
  }

  queue(n: number, more: Partial<QueueRow> = {}): QueueRow {
    const row: QueueRow = {
      n,
      lane: 'history',
      action: 'MeterValues',
      raw: `{"connectorId":1,"n":${n}}`,
      callId: `call-${n}`,
      kind: 'meter',
      connector: 1,
      session: null,
      transactionId: null,
      acceptedAt: this.bench.nowMs,
      attempts: 0,
      notBefore: 0,
      ...more,
    };
    this.bench.rows.set(`north/cp1/${queueKey(n)}`, row as unknown as Json);
    return row;
  }

  transaction(session: string, more: Partial<TransactionRow> = {}): void {
    const row: TransactionRow = {
      session,
      connector: 1,
      idTag: 'TAG',
      transactionId: 1_073_741_824,
      cpmsTransactionId: null,
      startN: 1,
      state: 'open',
      startedAt: 0,
      meterStartWh: 0,
      stoppedAt: null,
      meterStopWh: null,
      startDead: false,
      ...more,
    };
    this.bench.rows.set(`transactions/cp1/${session}`, row as unknown as Json);
  }

  transactionRow(session: string): TransactionRow {
    return this.bench.rows.get(`transactions/cp1/${session}`) as unknown as TransactionRow;
  }

  appended(n: number): BenchTurn {
    return this.bench.deliver('link.queueAppended', { n });
  }

  answer(n: number, raw = '{}'): BenchTurn {
    return this.bench.deliver(
      'north.answered',
      { action: 'x', raw },
      { correlation: `${n}/${this.socketId}`, transient: JSON.parse(raw) },
    );
  }

  fail(n: number, kind: CallFailed['kind'], error: Partial<CallErrorData> = {}, socketId = this.socketId) {
    return this.#fail(n, kind, error, socketId);
  }

  #fail(call: number | 'probe', kind: CallFailed['kind'], error: Partial<CallErrorData>, socketId: string) {
    const data = {
      action: 'x',
      kind,
      error: { code: 'InternalError', description: '', details: {}, ...error },
    };
    return this.bench.deliver('north.failed', data as unknown as Json, {
      correlation: `${call}/${socketId}`,
    });
  }

  answerProbe(): BenchTurn {
    const raw = '{"currentTime":"2026-01-01T00:00:00Z"}';
    const more = { correlation: `probe/${this.socketId}`, transient: JSON.parse(raw) };
    return this.bench.deliver('north.answered', { action: 'Heartbeat', raw }, more);
  }

  failProbe(kind: CallFailed['kind'], error: Partial<CallErrorData> = {}): BenchTurn {
    return this.#fail('probe', kind, error, this.socketId);
  }

  numbersIn(table: string): number[] {
    return [...this.bench.rows.keys()]
      .filter((key) => key.startsWith(`${table}/`))
      .map((key) => Number(key.slice(table.length + 1)))
      .sort((a, b) => a - b);
  }
}

/** The CALLs that a turn sends upstream. */
export function callsOf(turn: BenchTurn): SentCall[] {
  return turn.effects
    .filter(({ port, type }) => port === 'north' && type === 'call')
    .map(({ data }) => {
      const call = data as unknown as Omit<SentCall, 'n'>;
      return { ...call, n: Number(call.correlation.split('/')[0]) };
    });
}

export function northTypes(turn: BenchTurn): string[] {
  return turn.effects.map(({ type }) => type);
}

export function tellsTo(turn: BenchTurn, type: string): Json[] {
  return turn.tells.filter((tell) => tell.type === type).map(({ data }) => data);
}
