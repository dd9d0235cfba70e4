import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Bus, BusMessage, BusStatus } from './bus.ts';

/** Messages under way at once; those beyond are dropped and counted, and the outbox delivers them. */
const IN_FLIGHT_MAX = 65_536;

export interface InProcessBusOptions {
  clock: Pick<Clock, 'defer'>;
  log: Log;
}

/**
 * The bus without a server: for tests, the simulator, and machines where no nats-server can be had.
 * Deterministic: the messages of one `publish` arrive together in the next macrotask that the clock grants.
 * Like NATS it loses whatever is published, or still under way, when it goes away.
 */
export class InProcessBus implements Bus {
  readonly kind = 'in-process';
  readonly counts = { delivered: 0, dropped: 0 };
  readonly #clock: Pick<Clock, 'defer'>;
  readonly #log: Log;
  readonly #statusListeners: Array<(status: BusStatus, detail: string) => void> = [];
  #receive: (message: BusMessage) => void = () => {};
  #status: BusStatus = 'connected';
  #closed = false;
  #inFlight = 0;
  /** Counts up at each stop: a batch that set out before one is lost. */
  #life = 0;

  constructor(options: InProcessBusOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
  }

  get status(): BusStatus {
    return this.#status;
  }

  publish(messages: readonly BusMessage[]): void {
    const free = IN_FLIGHT_MAX - this.#inFlight;
    const batch = this.#status === 'connected' ? messages.slice(0, free) : [];
    this.counts.dropped += messages.length - batch.length;
    if (batch.length === 0) return;
    this.#inFlight += batch.length;
    const life = this.#life;
    this.#clock.defer(() => this.#deliver(batch, life));
  }

  onMessage(receive: (message: BusMessage) => void): void {
    this.#receive = receive;
  }

  onStatus(listen: (status: BusStatus, detail: string) => void): void {
    this.#statusListeners.push(listen);
  }

  /** Plays a server that goes away. */
  stop(detail = 'stopped'): void {
    if (this.#closed || this.#status === 'away') return;
    this.#life += 1;
    this.#setStatus('away', detail);
  }

  /** Plays its return. */
  start(detail = 'started'): void {
    if (this.#closed || this.#status === 'connected') return;
    this.#setStatus('connected', detail);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#life += 1;
    this.#status = 'away';
  }

  #deliver(batch: readonly BusMessage[], life: number): void {
    this.#inFlight -= batch.length;
    for (const message of batch) {
      // Asked anew for each: a receiver may stop or close the bus.
      if (life !== this.#life) {
        this.counts.dropped += 1;
        continue;
      }
      this.counts.delivered += 1;
      try {
        this.#receive(message);
      } catch (error) {
        this.#log.error({ err: error, outboxId: message.outboxId }, 'the receiver of a bus message threw');
      }
    }
  }

  #setStatus(status: BusStatus, detail: string): void {
    this.#status = status;
    for (const listen of this.#statusListeners) listen(status, detail);
  }
}
