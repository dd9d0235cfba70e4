import { WebSocket } from 'ws';
import type { Prng } from '../../simulation/prng.ts';
import { CallLink, CallRefused, type Payload } from './call-link.ts';
import type { RosterCharger } from './roster.ts';

export interface StormChargerOptions {
  charger: RosterCharger;
  port: number;
  /** What it trusts, PEM. */
  certificate: string;
  random: Prng;
}

/** Chargers give up a dial after this long. */
const DIAL_TIMEOUT_MS = 10_000;
/** A refused or timed-out dial is tried again after 1 to 2 s. */
const BACK_OFF_MS = { min: 1_000, max: 2_000 };
const BOOT_AGAIN_MS = 1_000;
const ENERGY_STEP_WH = 92;

interface Sample {
  readingWh: number;
  takenAt: string;
}

/** A charger on plain `ws`: it boots, starts a transaction, and keeps each sample until it is answered. */
export class StormCharger {
  readonly id: string;
  readonly isSound: boolean;
  dials = 0;
  /** Its socket was opened, whatever came then. */
  wasLetIn = false;
  /** When its socket was last opened, by `performance.now()`. */
  openedAtMs = 0;
  /** When its BootNotification was last accepted, by `performance.now()`; null: not since the last cut. */
  bootedAtMs: number | null = null;
  hasTransaction = false;
  /** Answers of the kind CALLERROR: none is expected. */
  errors = 0;
  /** Meter readings of all samples ever made, in Wh. */
  readonly readingsWh: number[] = [];
  /** Why dials came to nothing, and how often. */
  readonly refusals = new Map<string, number>();
  readonly #options: StormChargerOptions;
  readonly #unanswered: Sample[] = [];
  #transactionId = 0;
  #calls = 0;
  #socket: WebSocket | null = null;
  #link: CallLink | null = null;
  #isPumping = false;
  #timer: NodeJS.Timeout | undefined;
  #isWanted = false;

  constructor(options: StormChargerOptions) {
    this.#options = options;
    this.id = options.charger.id;
    this.isSound = options.charger.isSound;
  }

  /** Samples that nobody has answered yet. */
  get waiting(): number {
    return this.#unanswered.length;
  }

  /** Dials until it is let in, and again whenever its socket goes, until it is cut. */
  dial(): void {
    this.#isWanted = true;
    this.dials += 1;
    const { charger, port, certificate } = this.#options;
    const credentials = Buffer.from(`${charger.id}:${charger.offers}`).toString('base64');
    const socket = new WebSocket(`wss://127.0.0.1:${port}/${charger.id}`, ['ocpp1.6'], {
      ca: certificate,
      headers: { authorization: `Basic ${credentials}` },
      handshakeTimeout: DIAL_TIMEOUT_MS,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    let cause: string | null = null;
    socket.on('unexpected-response', (_request, response) => {
      cause = String(response.statusCode);
      socket.terminate();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      cause ??= error.code ?? error.message;
    });
    socket.on('open', () => this.#opened(socket));
    socket.on('close', (code) => this.#gone(socket, cause ?? `closed ${code}`));
  }

  /** Its socket vanishes without a goodbye, and it does not dial by itself. */
  cut(): void {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    this.bootedAtMs = null;
    this.#link = null;
    this.#socket?.terminate();
    this.#socket = null;
  }

  /** Sent at once where it has booted, else kept until it has. */
  takeSamples(count: number): void {
    for (let taken = 0; taken < count; taken++) {
      const readingWh = this.readingsWh.length * ENERGY_STEP_WH;
      this.readingsWh.push(readingWh);
      this.#unanswered.push({ readingWh, takenAt: timestamp() });
    }
    if (this.#link !== null && this.hasTransaction) void this.#pump(this.#link);
  }

  #opened(socket: WebSocket): void {
    this.wasLetIn = true;
    this.openedAtMs = performance.now();
    const link = new CallLink(socket);
    this.#session(link).catch((error: unknown) => {
      if (error instanceof CallRefused) this.errors += 1;
    });
  }

  #gone(socket: WebSocket, cause: string): void {
    // One that was cut counts no more.
    if (this.#socket !== socket) return;
    this.refusals.set(cause, (this.refusals.get(cause) ?? 0) + 1);
    this.#socket = null;
    this.#link = null;
    if (!this.#isWanted) return;
    const { min, max } = BACK_OFF_MS;
    this.#timer = setTimeout(() => this.dial(), this.#options.random.integer(min, max));
  }

  async #session(link: CallLink): Promise<void> {
    for (;;) {
      const { status } = await this.#call(link, 'BootNotification', {
        chargePointVendor: 'Bench',
        chargePointModel: 'Storm',
      });
      if (status === 'Accepted') break;
      await new Promise((resolve) => setTimeout(resolve, BOOT_AGAIN_MS));
    }
    this.bootedAtMs = performance.now();
    await this.#status(link, this.hasTransaction ? 'Charging' : 'Available');
    if (!this.hasTransaction) {
      const start = { connectorId: 1, idTag: 'BENCH0001', meterStart: 0, timestamp: timestamp() };
      this.#transactionId = Number((await this.#call(link, 'StartTransaction', start)).transactionId);
      await this.#status(link, 'Charging');
      this.hasTransaction = true;
    }
    this.#link = link;
    await this.#pump(link);
  }

  async #pump(link: CallLink): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      for (let sample = this.#unanswered[0]; sample !== undefined; sample = this.#unanswered[0]) {
        // The id belongs to the message: a repeat carries it again.
        await link.call(`sample-${sample.readingWh}`, 'MeterValues', this.#payloadOf(sample));
        this.#unanswered.shift();
      }
    } catch (error) {
      // Gone sockets are no news: what is unanswered is sent again on the next one.
      if (error instanceof CallRefused) this.errors += 1;
    } finally {
      this.#isPumping = false;
    }
  }

  #status(link: CallLink, status: string): Promise<Payload> {
    const told = { connectorId: 1, errorCode: 'NoError', status, timestamp: timestamp() };
    return this.#call(link, 'StatusNotification', told);
  }

  #call(link: CallLink, action: string, payload: Payload): Promise<Payload> {
    this.#calls += 1;
    return link.call(`call-${this.#calls}`, action, payload);
  }

  #payloadOf({ readingWh, takenAt }: Sample): Payload {
    const sampledValue = [
      { value: String(readingWh), measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
    ];
    return {
      connectorId: 1,
      transactionId: this.#transactionId,
      meterValue: [{ timestamp: takenAt, sampledValue }],
    };
  }
}

function timestamp(): string {
  return new Date().toISOString();
}
