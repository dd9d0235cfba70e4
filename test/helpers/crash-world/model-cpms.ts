import type { FrameSocket } from '../../../adapters/ocpp/frame-socket.ts';
import type { Dialer } from '../../../adapters/ocpp-north/dialer.ts';
import type { OcppVersion } from '../../../machines/shared/ocpp-version.ts';
import { createMemoryLink } from '../../../simulation/memory-link.ts';
import type { VirtualClock } from '../../../simulation/virtual-clock.ts';
import { type Life, mortalSocket } from './life.ts';

export interface ReceivedCall {
  connection: number;
  id: string;
  action: string;
  payload: Record<string, unknown>;
  text: string;
  answer: Record<string, unknown>;
}

const ANSWER_DELAY_MS = 20;

/** The cloud, reduced to a recorder that accepts everything; it can go away. */
export class ModelCpms {
  readonly received = new Map<string, ReceivedCall[]>();
  isAway = false;
  /** What its commands were answered with, by message id. */
  readonly answers = new Map<string, unknown>();
  readonly version: OcppVersion;
  readonly #clock: VirtualClock;
  readonly #sockets = new Set<FrameSocket>();
  readonly #stations = new Map<string, FrameSocket>();
  #connections = 0;
  #transactionIds = new Map<string, number>();

  constructor(clock: VirtualClock, version: OcppVersion = '1.6') {
    this.#clock = clock;
    this.version = version;
  }

  goAway(): void {
    this.isAway = true;
    for (const socket of this.#sockets) socket.terminate();
  }

  /** Sends a command to a charger; nothing while it has no connection. */
  command(identity: string, id: string, action: string, payload: Record<string, unknown>): void {
    this.#stations.get(identity)?.send(JSON.stringify([2, id, action, payload]));
  }

  /** A dialer for one life of the product. */
  dialer(life: Life): Dialer {
    return {
      dial: (_backend, identity, done) => {
        this.#clock.setTimer(5, () => {
          if (life.isOver) return;
          if (this.isAway) {
            done({ kind: 'failed', cause: 'tcp', detail: 'connection refused' });
            return;
          }
          const [ours, theirs] = createMemoryLink({ clock: this.#clock }).ends;
          this.#serve(identity, ours);
          done({ kind: 'opened', socket: mortalSocket(theirs, life), subprotocol: `ocpp${this.version}` });
        });
        return { abort: () => {} };
      },
    };
  }

  #serve(identity: string, socket: FrameSocket): void {
    this.#connections += 1;
    const connection = this.#connections;
    this.#sockets.add(socket);
    this.#stations.set(identity, socket);
    socket.onClose(() => this.#sockets.delete(socket));
    socket.onText((text) => {
      const frame = JSON.parse(text) as [number, string, string, Record<string, unknown>];
      if (frame[0] !== 2) {
        this.answers.set(frame[1], frame[2]);
        return;
      }
      const [, id, action, payload] = frame;
      const calls = this.received.get(identity) ?? [];
      const answer = this.#answer(identity, id, action, payload);
      this.received.set(identity, [...calls, { connection, id, action, payload, text, answer }]);
      this.#clock.setTimer(ANSWER_DELAY_MS, () => socket.send(JSON.stringify([3, id, answer])));
    });
  }

  #answer(
    identity: string,
    id: string,
    action: string,
    payload: Record<string, unknown>,
  ): Record<string, unknown> {
    const currentTime = new Date(this.#clock.wallMs()).toISOString();
    if (action === 'BootNotification') return { status: 'Accepted', currentTime, interval: 300 };
    if (action === 'Heartbeat') return { currentTime };
    if (this.version === '2.0.1') return 'idToken' in payload ? { idTokenInfo: { status: 'Accepted' } } : {};
    if (action === 'Authorize') return { idTagInfo: { status: 'Accepted' } };
    if (action === 'StopTransaction') return { idTagInfo: { status: 'Accepted' } };
    if (action !== 'StartTransaction') return {};
    // The same Start under the same id is the same transaction, as with a careful CPMS.
    const key = `${identity} ${id}`;
    const transactionId = this.#transactionIds.get(key) ?? this.#transactionIds.size + 1;
    this.#transactionIds.set(key, transactionId);
    return { idTagInfo: { status: 'Accepted' }, transactionId };
  }
}
