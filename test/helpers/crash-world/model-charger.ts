import type { FrameSocket } from '../../../adapters/ocpp/frame-socket.ts';
import type { VirtualClock } from '../../../simulation/virtual-clock.ts';
import { type Message, type ModelTransaction, type ModelWords, words16 } from './model-words.ts';

/** A message of the charger, built when it is first sent: by then the transaction id is known. */
interface Outgoing {
  kind: 'boot' | 'status' | 'transaction';
  make: () => Message;
  built?: Message;
  /** Message ids under which it was sent. */
  ids: string[];
  onAnswer?: (answer: Record<string, unknown>) => void;
}

export interface AnsweredMessage extends Message {
  answer: Record<string, unknown>;
  atMs: number;
}

interface LimitPeriod {
  fromMs: number;
  limitMilliamps: number;
}

const RATING_MILLIAMPS = 32_000;
const CALL_TIMEOUT_MS = 30_000;

/**
 * A charger reduced to what the invariants need: an ordered queue with one CALL in flight, repeated after a lost
 * link under the same or a new id, and charging profiles that it obeys to the letter and at once.
 */
export class ModelCharger {
  readonly id: string;
  readonly answered: AnsweredMessage[] = [];
  /** Actions of the CALLs that it got, in order. */
  readonly commanded: string[] = [];
  readonly #clock: VirtualClock;
  readonly #repeatUnderNewId: boolean;
  readonly #words: ModelWords;
  #socket: FrameSocket | undefined;
  #queue: Outgoing[] = [];
  #inFlight: { id: string; message: Outgoing } | undefined;
  #count = 0;
  #status = 'Available';
  #transaction: ModelTransaction | undefined;
  #charging = false;
  #defaultMilliamps = RATING_MILLIAMPS;
  #lease: LimitPeriod[] | undefined;
  /** Limits in the order in which they were accepted, for the checks. */
  readonly limitsTaken: Array<{ atMs: number; milliamps: number }> = [];

  constructor(id: string, clock: VirtualClock, repeatUnderNewId: boolean, words = words16) {
    this.id = id;
    this.#clock = clock;
    this.#repeatUnderNewId = repeatUnderNewId;
    this.#words = words;
  }

  get subprotocol(): ModelWords['subprotocol'] {
    return this.#words.subprotocol;
  }

  get isConnected(): boolean {
    return this.#socket !== undefined;
  }

  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#inFlight === undefined;
  }

  /** What it may draw now: the running lease, else its default; nothing without a transaction. */
  drawMilliamps(): number {
    if (!this.#charging) return 0;
    if (!this.#lease) return this.#defaultMilliamps;
    const now = this.#clock.wallMs();
    let limit = this.#defaultMilliamps;
    for (const period of this.#lease) if (now >= period.fromMs) limit = period.limitMilliamps;
    return limit;
  }

  connect(socket: FrameSocket): void {
    this.#socket = socket;
    socket.onText((text) => this.#received(JSON.parse(text) as unknown[]));
    socket.onClose(() => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      if (this.#inFlight) this.#queue.unshift(this.#inFlight.message);
      this.#inFlight = undefined;
    });
    this.#queue = this.#queue.filter(({ kind }) => kind === 'transaction');
    this.#queue.unshift(
      this.#outgoing('boot', () => this.#words.boot()),
      this.#outgoing('status', () => this.#statusNow()),
    );
    this.#pump();
  }

  /** Cable in, card held, session begun. */
  start(idTag: string): void {
    this.status('Preparing');
    const id = this.#words.nameTransaction(this.id, this.#count);
    const transaction: ModelTransaction = { id, idTag, events: 0 };
    this.#transaction = transaction;
    this.#charging = true;
    for (const message of this.#words.start(transaction, 1_000 + this.#count, this.#now()))
      this.#push(
        'transaction',
        () => message,
        ({ transactionId }) => {
          transaction.id ??= transactionId as number;
        },
      );
    this.status('Charging');
  }

  meter(energyWh: number): void {
    const reading = { energyWh, amps: this.drawMilliamps() / 1_000, timestamp: this.#now() };
    const transaction = this.#transaction!;
    this.#push('transaction', () => this.#words.meter(transaction, reading));
  }

  stop(energyWh: number): void {
    const timestamp = this.#now();
    const transaction = this.#transaction!;
    this.#charging = false;
    this.#push(
      'transaction',
      () => this.#words.stop(transaction, energyWh, timestamp),
      () => {
        this.#lease = undefined;
      },
    );
    this.status('Available');
  }

  status(status: string): void {
    this.#status = status;
    const timestamp = this.#now();
    this.#push('status', () => this.#words.status(status, timestamp));
  }

  #now(): string {
    return new Date(this.#clock.wallMs()).toISOString();
  }

  #statusNow(): Message {
    return this.#words.status(this.#status, this.#now());
  }

  #push(kind: Outgoing['kind'], make: () => Message, onAnswer?: Outgoing['onAnswer']): void {
    this.#queue.push(this.#outgoing(kind, make, onAnswer));
    this.#pump();
  }

  #outgoing(kind: Outgoing['kind'], make: () => Message, onAnswer?: Outgoing['onAnswer']): Outgoing {
    return { kind, make, ids: [], ...(onAnswer ? { onAnswer } : {}) };
  }

  #pump(): void {
    const next = this.#queue[0];
    if (!this.#socket || this.#inFlight || !next) return;
    this.#queue.shift();
    next.built ??= next.make();
    const id = next.ids.length > 0 && !this.#repeatUnderNewId ? next.ids[0]! : `${this.id}-${++this.#count}`;
    next.ids.push(id);
    this.#inFlight = { id, message: next };
    const socket = this.#socket;
    socket.send(JSON.stringify([2, id, next.built.action, next.built.payload]));
    // A silent controller is left and dialled anew, as real chargers do.
    this.#clock.setTimer(CALL_TIMEOUT_MS, () => {
      if (this.#inFlight?.id === id && this.#socket === socket) socket.terminate();
    });
  }

  #received(frame: unknown[]): void {
    if (frame[0] === 2)
      this.#called(frame[1] as string, frame[2] as string, frame[3] as Record<string, unknown>);
    else if (this.#inFlight && frame[1] === this.#inFlight.id) {
      const { message } = this.#inFlight;
      this.#inFlight = undefined;
      if (frame[0] === 3) {
        const answer = frame[2] as Record<string, unknown>;
        message.onAnswer?.(answer);
        this.answered.push({ ...message.built!, answer, atMs: this.#clock.monotonicMs() });
      }
      this.#pump();
    }
  }

  #called(id: string, action: string, payload: Record<string, unknown>): void {
    this.commanded.push(action);
    const answer = action === 'SetChargingProfile' ? this.#setProfile(payload) : { status: 'Accepted' };
    this.#socket?.send(JSON.stringify([3, id, answer]));
    if (action !== 'TriggerMessage') return;
    const asked = payload.requestedMessage as string;
    if (asked === 'StatusNotification') this.#push('status', () => this.#statusNow());
    if (asked === 'BootNotification') this.#push('boot', () => this.#words.boot());
  }

  #setProfile(payload: Record<string, unknown>): Record<string, unknown> {
    const { purpose, transactionId, startSchedule, periods } = this.#words.profileIn(payload);
    if (purpose === 'TxDefaultProfile') {
      this.#defaultMilliamps = Math.round(periods[0]!.limit * 1_000);
      return { status: 'Accepted' };
    }
    if (!this.#charging || transactionId !== this.#transaction?.id) return { status: 'Rejected' };
    const startMs = Date.parse(startSchedule!);
    this.#lease = periods.map(({ startPeriod, limit }) => ({
      fromMs: startMs + startPeriod * 1_000,
      limitMilliamps: Math.round(limit * 1_000),
    }));
    this.limitsTaken.push({ atMs: this.#clock.monotonicMs(), milliamps: this.#lease[0]!.limitMilliamps });
    return { status: 'Accepted' };
  }
}
