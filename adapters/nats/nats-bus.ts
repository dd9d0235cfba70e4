import type { Bus, BusMessage, BusStatus } from '../../runtime/bus/bus.ts';
import type { Clock, TimerHandle } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import type { NatsEndpoint } from './nats-endpoint.ts';
import { NatsSession } from './nats-session.ts';

/** Waits between dials double from the first to the last value, each shortened by up to half at random. */
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 500;
/** A session that lived this long starts the waits anew. */
const STEADY_AFTER_MS = 5_000;

export interface NatsBusOptions {
  /** Asked before each dial, as a restarted server may have moved; undefined while there is none. */
  endpoint: () => NatsEndpoint | undefined;
  /** Subjects are those of this site, `holdfast.<site>.…`. */
  siteId: string;
  clock: Clock;
  random: Random;
  log: Log;
}

export interface NatsBus extends Bus {
  readonly kind: 'nats';
  /** Why the status is what it is, for people. */
  readonly statusDetail: string;
  /** As the server told it last; undefined until the first connection. */
  readonly serverVersion: string | undefined;
  /** Published while away or too large; received on our subjects but not written by this bus. */
  readonly counts: { readonly dropped: number; readonly malformed: number };
}

/**
 * The bus over core NATS. Returns at once, in status `away`; connects, and reconnects for ever, by itself.
 * A server that dies is noticed at once, one that merely stops answering within 1.5 s.
 */
export function connectNatsBus(options: NatsBusOptions): NatsBus {
  return new ReconnectingNatsBus(options);
}

class ReconnectingNatsBus implements NatsBus {
  readonly kind = 'nats';
  readonly counts = { dropped: 0, malformed: 0 };
  readonly #options: NatsBusOptions;
  readonly #statusListeners: Array<(status: BusStatus, detail: string) => void> = [];
  #receive: (message: BusMessage) => void = () => {};
  #status: BusStatus = 'away';
  #statusDetail = 'not connected yet';
  #serverVersion: string | undefined;
  #session: NatsSession | undefined;
  #connectedAtMs = 0;
  #failures = 0;
  #retry: TimerHandle | undefined;
  #dialing: Promise<void>;
  #closed = false;

  constructor(options: NatsBusOptions) {
    this.#options = options;
    this.#dialing = this.#dial();
  }

  get status(): BusStatus {
    return this.#status;
  }

  get statusDetail(): string {
    return this.#statusDetail;
  }

  get serverVersion(): string | undefined {
    return this.#serverVersion;
  }

  publish(messages: readonly BusMessage[]): void {
    for (const message of messages) {
      if (!this.#session?.publish(message)) this.counts.dropped += 1;
    }
  }

  onMessage(receive: (message: BusMessage) => void): void {
    this.#receive = receive;
  }

  onStatus(listen: (status: BusStatus, detail: string) => void): void {
    this.#statusListeners.push(listen);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#status = 'away';
    this.#statusDetail = 'closed';
    if (this.#retry) this.#options.clock.clearTimer(this.#retry);
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
    await this.#dialing;
  }

  async #dial(): Promise<void> {
    // Yield first: the constructor's caller still has its listeners to attach.
    await Promise.resolve();
    const endpoint = this.#options.endpoint();
    if (endpoint === undefined) return this.#failed('no server is running');
    try {
      const session = await NatsSession.open({
        endpoint,
        siteId: this.#options.siteId,
        clock: this.#options.clock,
        onMessage: (message) => this.#take(message),
        onMalformed: () => {
          this.counts.malformed += 1;
        },
      });
      if (this.#closed) return session.close();
      this.#session = session;
      this.#serverVersion = session.serverVersion;
      this.#connectedAtMs = this.#options.clock.monotonicMs();
      this.#setStatus(
        'connected',
        `connected to nats-server ${session.serverVersion ?? 'of unknown version'}`,
      );
      session.lost.then((detail) => this.#lost(detail));
    } catch (error) {
      this.#failed(error instanceof Error ? error.message : String(error));
    }
  }

  #failed(detail: string): void {
    if (this.#closed) return;
    if (detail !== this.#statusDetail) this.#options.log.debug({ detail }, 'bus: dial failed');
    this.#statusDetail = detail;
    this.#retryLater();
  }

  #lost(detail: string): void {
    this.#session = undefined;
    if (this.#closed) return;
    if (this.#options.clock.monotonicMs() - this.#connectedAtMs >= STEADY_AFTER_MS) this.#failures = 0;
    this.#setStatus('away', detail);
    this.#retryLater();
  }

  #retryLater(): void {
    const fullMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(this.#failures, 10));
    const delayMs = Math.round(fullMs * (0.5 + this.#options.random.next() / 2));
    this.#failures += 1;
    this.#retry = this.#options.clock.setTimer(delayMs, () => {
      this.#dialing = this.#dial();
    });
  }

  #take(message: BusMessage): void {
    // A throw here would end the client's reader, and with it the connection.
    try {
      this.#receive(message);
    } catch (error) {
      this.#options.log.error(
        { err: error, outboxId: message.outboxId },
        'the receiver of a bus message threw',
      );
    }
  }

  #setStatus(status: BusStatus, detail: string): void {
    this.#status = status;
    this.#statusDetail = detail;
    if (status === 'away') this.#options.log.warn({ detail }, 'bus: away');
    else this.#options.log.info({ detail }, 'bus: connected');
    for (const listen of this.#statusListeners) {
      try {
        listen(status, detail);
      } catch (error) {
        this.#options.log.error({ err: error }, 'a listener of the bus status threw');
      }
    }
  }
}
