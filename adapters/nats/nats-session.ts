import {
  connect,
  errors,
  headers,
  type Msg,
  type NatsConnection,
  type NodeConnectionOptions,
} from '@nats-io/transport-node';
import type { BusMessage } from '../../runtime/bus/bus.ts';
import type { Clock, TimerHandle } from '../../runtime/clock.ts';
import { hostAndPort, type NatsEndpoint } from './nats-endpoint.ts';
import { probeServer } from './probe-server.ts';
import { SubjectTable } from './subject-table.ts';
import { siteSubjects } from './subjects.ts';

const PROBE_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;
const PING_INTERVAL_MS = 500;
/** With the interval: a server that stopped answering is taken as away after at most 1.5 s. */
const PING_TIMEOUT_MS = 1_000;
/** Bytes published since the last answered ping; beyond them messages are dropped, so that a stalled socket stays bounded. */
const UNCONFIRMED_BYTES_MAX = 16 * 1024 * 1024;
const OUTBOX_ID_HEADER = 'Nats-Msg-Id';
const OUTBOX_ID_LENGTH_MAX = 256;

export interface NatsSessionOptions {
  endpoint: NatsEndpoint;
  siteId: string;
  clock: Clock;
  onMessage(message: BusMessage): void;
  /** A message on our subjects that this bus did not write. */
  onMalformed(subject: string): void;
}

/**
 * One connection to one server, from greeting to loss. It never reconnects: the client's own reconnecting would
 * buffer what is published meanwhile and then lose it, and would cling to the port of a server that has moved.
 */
export class NatsSession {
  readonly serverVersion: string | undefined;
  /** Resolves with the reason when the session is over by anything but its own `close()`. */
  readonly lost: Promise<string>;
  readonly #connection: NatsConnection;
  readonly #options: NatsSessionOptions;
  readonly #subjects: SubjectTable;
  #resolveLost: (detail: string) => void = () => {};
  #timer: TimerHandle | undefined;
  #publishedBytes = 0;
  #confirmedBytes = 0;
  #over = false;

  private constructor(connection: NatsConnection, options: NatsSessionOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#subjects = new SubjectTable(options.siteId);
    this.serverVersion = connection.info?.version;
    this.lost = new Promise((resolve) => {
      this.#resolveLost = resolve;
    });
  }

  /** Resolves when the server has confirmed the subscription; rejects (nothing left open) when that fails. */
  static async open(options: NatsSessionOptions): Promise<NatsSession> {
    await probeServer(options.endpoint, PROBE_TIMEOUT_MS, options.clock);
    const session = new NatsSession(await connect(connectionOptions(options.endpoint)), options);
    session.#watch();
    const problem = await Promise.race([session.lost, session.#subscribe()]);
    if (problem === undefined) return session;
    await session.close();
    throw new Error(problem);
  }

  /** False when the message was dropped. */
  publish(message: BusMessage): boolean {
    if (this.#over || this.#publishedBytes - this.#confirmedBytes > UNCONFIRMED_BYTES_MAX) return false;
    const header = headers();
    try {
      header.set(OUTBOX_ID_HEADER, message.outboxId);
      this.#connection.publish(this.#subjects.subjectOf(message.to), message.body, { headers: header });
    } catch {
      // Larger than the server takes, or the connection closed this instant.
      return false;
    }
    this.#publishedBytes += message.body.length;
    return true;
  }

  async close(): Promise<void> {
    this.#end();
    await this.#connection.close().catch(() => {});
  }

  /** Resolves when the server has answered a ping sent after the subscription. */
  async #subscribe(): Promise<undefined> {
    this.#connection.subscribe(siteSubjects(this.#options.siteId), {
      callback: (error, message) => {
        if (!error) this.#take(message);
      },
    });
    await new Promise<void>((resolve) => this.#ping(resolve));
    return undefined;
  }

  #watch(): void {
    this.#connection.closed().then((error) => {
      this.#lose(
        error instanceof Error ? `connection lost: ${error.message}` : 'connection closed by the server',
      );
    });
    // A right that was withdrawn shows only as a status event; without it the bus would seem healthy and lose all.
    const watchErrors = async () => {
      for await (const status of this.#connection.status()) {
        if (status.type === 'error' && status.error instanceof errors.PermissionViolationError) {
          this.#lose(`refused by the server: ${status.error.message}`);
        }
      }
    };
    watchErrors().catch((error: unknown) => this.#lose(`status watch failed: ${String(error)}`));
  }

  #take(message: Msg): void {
    const outboxId = message.headers?.get(OUTBOX_ID_HEADER) ?? '';
    const to = this.#subjects.addressOf(message.subject);
    if (to === undefined || outboxId === '' || outboxId.length > OUTBOX_ID_LENGTH_MAX) {
      this.#options.onMalformed(message.subject);
      return;
    }
    this.#options.onMessage({
      outboxId,
      to,
      // For whoever watches: decoded only when asked for.
      get body() {
        return message.string();
      },
    });
  }

  #ping(onAnswer: () => void = () => {}): void {
    const { clock } = this.#options;
    const publishedBytes = this.#publishedBytes;
    let answered = false;
    this.#timer = clock.setTimer(PING_TIMEOUT_MS, () => {
      // If this process itself was held up, the answer may lie unread in the socket: read first, then judge.
      clock.defer(() => {
        if (!answered) this.#lose(`no answer to a ping within ${PING_TIMEOUT_MS} ms`);
      });
    });
    this.#connection.flush().then(
      () => {
        answered = true;
        if (this.#over) return;
        onAnswer();
        this.#confirmedBytes = publishedBytes;
        if (this.#timer) clock.clearTimer(this.#timer);
        this.#timer = clock.setTimer(PING_INTERVAL_MS, () => this.#ping());
      },
      (error: unknown) =>
        this.#lose(`ping failed: ${error instanceof Error ? error.message : String(error)}`),
    );
  }

  #lose(detail: string): void {
    if (this.#over) return;
    this.#end();
    this.#connection.close().catch(() => {});
    this.#resolveLost(detail);
  }

  #end(): void {
    this.#over = true;
    if (this.#timer) this.#options.clock.clearTimer(this.#timer);
  }
}

function connectionOptions(endpoint: NatsEndpoint): NodeConnectionOptions {
  const options: NodeConnectionOptions = {
    servers: hostAndPort(endpoint),
    name: 'holdfast',
    reconnect: false,
    ignoreClusterUpdates: true,
    noAsyncTraces: true,
    timeout: CONNECT_TIMEOUT_MS,
    // Our own ping is quicker; the client's would only double it.
    pingInterval: 3_600_000,
  };
  if (endpoint.user !== undefined) options.user = endpoint.user;
  if (endpoint.password !== undefined) options.pass = endpoint.password;
  if (endpoint.tls) options.tls = {};
  return options;
}
