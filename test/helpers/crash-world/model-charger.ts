import type { FrameSocket } from '../../../adapters/ocpp/frame-socket.ts';
import type { VirtualClock } from '../../../simulation/virtual-clock.ts';

/** A message of the charger, built when it is first sent: by then the transaction id is known. */
interface Outgoing {
  action: string;
  payload: () => Record<string, unknown>;
  built?: Record<string, unknown>;
  /** Message ids under which it was sent. */
  ids: string[];
  onAnswer?: (answer: Record<string, unknown>) => void;
}

export interface AnsweredMessage {
  action: string;
  payload: Record<string, unknown>;
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
  #socket: FrameSocket | undefined;
  #queue: Outgoing[] = [];
  #inFlight: { id: string; message: Outgoing } | undefined;
  #count = 0;
  #status = 'Available';
  #transactionId: number | undefined;
  #charging = false;
  #defaultMilliamps = RATING_MILLIAMPS;
  #lease: LimitPeriod[] | undefined;
  /** Limits in the order in which they were accepted, for the checks. */
  readonly limitsTaken: Array<{ atMs: number; milliamps: number }> = [];

  constructor(id: string, clock: VirtualClock, repeatUnderNewId: boolean) {
    this.id = id;
    this.#clock = clock;
    this.#repeatUnderNewId = repeatUnderNewId;
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
    this.#queue = this.#queue.filter(
      (message) => message.action !== 'BootNotification' && message.action !== 'StatusNotification',
    );
    this.#push('BootNotification', () => ({ chargePointVendor: 'Model', chargePointModel: 'M1' }), true);
    this.#push('StatusNotification', () => this.#statusPayload(), true);
    this.#pump();
  }

  /** Cable in, card held, session begun. */
  start(idTag: string): void {
    this.status('Preparing');
    const payload = {
      connectorId: 1,
      idTag,
      meterStart: 1_000 + this.#count,
      timestamp: this.#now(),
    };
    this.#charging = true;
    this.#push(
      'StartTransaction',
      () => payload,
      false,
      (answer) => {
        this.#transactionId = answer.transactionId as number;
      },
    );
    this.status('Charging');
  }

  meter(energyWh: number): void {
    const timestamp = this.#now();
    const value = (measurand: string, text: string, unit: string, phase?: string) => ({
      measurand,
      value: text,
      unit,
      context: 'Sample.Periodic',
      ...(phase ? { phase } : {}),
    });
    const amps = (this.drawMilliamps() / 1_000).toFixed(1);
    const sampledValue = [
      value('Energy.Active.Import.Register', String(energyWh), 'Wh'),
      ...['L1', 'L2', 'L3'].map((phase) => value('Current.Import', amps, 'A', phase)),
    ];
    this.#push('MeterValues', () => ({
      connectorId: 1,
      transactionId: this.#transactionId,
      meterValue: [{ timestamp, sampledValue }],
    }));
  }

  stop(meterStop: number): void {
    const timestamp = this.#now();
    this.#charging = false;
    this.#push(
      'StopTransaction',
      () => ({ transactionId: this.#transactionId, meterStop, timestamp, reason: 'Local' }),
      false,
      () => {
        this.#lease = undefined;
      },
    );
    this.status('Available');
  }

  status(status: string): void {
    this.#status = status;
    const timestamp = this.#now();
    this.#push('StatusNotification', () => ({ ...this.#statusPayload(), status, timestamp }));
  }

  #now(): string {
    return new Date(this.#clock.wallMs()).toISOString();
  }

  #statusPayload(): Record<string, unknown> {
    return { connectorId: 1, errorCode: 'NoError', status: this.#status, timestamp: this.#now() };
  }

  #push(
    action: string,
    payload: () => Record<string, unknown>,
    first = false,
    onAnswer?: (answer: Record<string, unknown>) => void,
  ): void {
    const message: Outgoing = { action, payload, ids: [], ...(onAnswer ? { onAnswer } : {}) };
    if (first && action === 'BootNotification') this.#queue.unshift(message);
    else if (first) this.#queue.splice(1, 0, message);
    else this.#queue.push(message);
    this.#pump();
  }

  #pump(): void {
    const next = this.#queue[0];
    if (!this.#socket || this.#inFlight || !next) return;
    this.#queue.shift();
    next.built ??= next.payload();
    const id = next.ids.length > 0 && !this.#repeatUnderNewId ? next.ids[0]! : `${this.id}-${++this.#count}`;
    next.ids.push(id);
    this.#inFlight = { id, message: next };
    const socket = this.#socket;
    socket.send(JSON.stringify([2, id, next.action, next.built]));
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
        this.answered.push({
          action: message.action,
          payload: message.built!,
          answer,
          atMs: this.#clock.monotonicMs(),
        });
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
    if (asked === 'StatusNotification') this.#push(asked, () => this.#statusPayload());
    if (asked === 'BootNotification')
      this.#push(asked, () => ({ chargePointVendor: 'Model', chargePointModel: 'M1' }));
  }

  #setProfile(payload: Record<string, unknown>): Record<string, unknown> {
    const profile = payload.csChargingProfiles as {
      chargingProfilePurpose: string;
      transactionId?: number;
      chargingSchedule: {
        startSchedule?: string;
        chargingSchedulePeriod: Array<{ startPeriod: number; limit: number }>;
      };
    };
    const periods = profile.chargingSchedule.chargingSchedulePeriod;
    if (profile.chargingProfilePurpose === 'TxDefaultProfile') {
      this.#defaultMilliamps = Math.round(periods[0]!.limit * 1_000);
      return { status: 'Accepted' };
    }
    if (!this.#charging || profile.transactionId !== this.#transactionId) return { status: 'Rejected' };
    const startMs = Date.parse(profile.chargingSchedule.startSchedule!);
    this.#lease = periods.map(({ startPeriod, limit }) => ({
      fromMs: startMs + startPeriod * 1_000,
      limitMilliamps: Math.round(limit * 1_000),
    }));
    this.limitsTaken.push({ atMs: this.#clock.monotonicMs(), milliamps: this.#lease[0]!.limitMilliamps });
    return { status: 'Accepted' };
  }
}
