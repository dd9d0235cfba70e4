import type { Socket } from 'node:net';
import type { Clock, TimerHandle } from '../../runtime/clock.ts';
import { sourceOf } from './source.ts';

export interface PendingSocketsOptions {
  clock: Clock;
  /** Connections of one source that may be on their way in at once; a further one is dropped. */
  perSourceMax: number;
  /** Each stage (TLS handshake, request head and login) has this long; then the connection is dropped. */
  stageMs: number;
  onRefused(remote: string, cause: 'tooManyPending' | 'tooSlow'): void;
}

interface Pending {
  socket: Socket;
  source: string;
  remote: string;
  timer: TimerHandle;
}

/** Connections that have not proved who they are: few per source, and not for long. */
export class PendingSockets {
  readonly #options: PendingSocketsOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #perSource = new Map<string, number>();

  constructor(options: PendingSocketsOptions) {
    this.#options = options;
  }

  /** A new TCP connection. */
  take(socket: Socket): void {
    const remote = socket.remoteAddress;
    // Gone before we looked.
    if (remote === undefined) {
      socket.destroy();
      return;
    }
    const source = sourceOf(remote);
    const count = this.#perSource.get(source) ?? 0;
    if (count >= this.#options.perSourceMax) {
      socket.destroy();
      this.#options.onRefused(remote, 'tooManyPending');
      return;
    }
    this.#perSource.set(source, count + 1);
    const key = keyOf(socket);
    this.#pending.set(key, { socket, source, remote, timer: this.#arm(key) });
    socket.once('close', () => this.#settle(key));
  }

  /** The TLS handshake is done: the next stage has its own time. */
  nextStage(socket: Socket): void {
    const key = keyOf(socket);
    const pending = this.#pending.get(key);
    if (pending === undefined) return;
    this.#options.clock.clearTimer(pending.timer);
    pending.timer = this.#arm(key);
  }

  /** The peer proved who it is. */
  settle(socket: Socket): void {
    this.#settle(keyOf(socket));
  }

  destroyAll(): void {
    for (const { socket } of [...this.#pending.values()]) socket.destroy();
  }

  #settle(key: string): void {
    const pending = this.#pending.get(key);
    if (pending === undefined) return;
    this.#pending.delete(key);
    this.#options.clock.clearTimer(pending.timer);
    const count = this.#perSource.get(pending.source) ?? 0;
    if (count <= 1) this.#perSource.delete(pending.source);
    else this.#perSource.set(pending.source, count - 1);
  }

  #arm(key: string): TimerHandle {
    return this.#options.clock.setTimer(this.#options.stageMs, () => {
      const pending = this.#pending.get(key);
      if (pending === undefined) return;
      pending.socket.destroy();
      this.#options.onRefused(pending.remote, 'tooSlow');
    });
  }
}

/** The same for a TCP connection and for the TLS layer on it, which do not know each other. */
function keyOf({ remoteAddress, remotePort, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`;
}
