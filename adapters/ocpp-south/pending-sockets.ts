import type { Socket } from 'node:net';
import type { Clock, TimerHandle } from '../../runtime/clock.ts';
import { sourceOf } from './source.ts';

export interface PendingSocketsOptions {
  clock: Clock;
  /** Connections of one source that may be on their way in at once; further ones wait for their turn. */
  perSourceMax: number;
  /** Connections that may wait, in all, and half as many from one source; a further one is dropped. */
  waitingMax: number;
  /** Who waited this long for a turn is dropped. */
  waitMs: number;
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

interface Waiting extends Pending {
  begin(): void;
}

/** One source's connections: while fewer than may be are on their way in, nobody waits. */
interface Place {
  pending: number;
  /** In the order of their coming. */
  readonly line: Set<Waiting>;
}

/**
 * Connections that have not proved who they are: few per source at work, and not for long. A whole site behind one
 * router comes back at once: those beyond the few wait in line, unread, instead of being dropped to come again, or
 * all shaking hands at once until everybody's time is over.
 */
export class PendingSockets {
  readonly #options: PendingSocketsOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #places = new Map<string, Place>();
  #waiting = 0;

  constructor(options: PendingSocketsOptions) {
    this.#options = options;
  }

  /** A new TCP connection, unread so far; `begin` is called when it is its turn, now or later or never. */
  take(socket: Socket, begin: () => void): void {
    const remote = socket.remoteAddress;
    // Gone before we looked.
    if (remote === undefined) {
      socket.destroy();
      return;
    }
    const source = sourceOf(remote);
    const place = this.#places.get(source) ?? { pending: 0, line: new Set() };
    const { perSourceMax, waitingMax } = this.#options;
    if (place.pending < perSourceMax) {
      this.#places.set(source, place);
      this.#begin(place, { socket, source, remote }, begin);
    } else if (this.#waiting < waitingMax && place.line.size < waitingMax / 2) {
      this.#wait(place, { socket, source, remote }, begin);
    } else {
      socket.destroy();
      this.#options.onRefused(remote, 'tooManyPending');
    }
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
    // Those in line first, or they would move up.
    for (const place of [...this.#places.values()]) {
      for (const waiting of [...place.line]) {
        this.#leaveLine(place, waiting);
        waiting.socket.destroy();
      }
    }
    for (const { socket } of [...this.#pending.values()]) socket.destroy();
  }

  #begin(place: Place, { socket, source, remote }: Omit<Pending, 'timer'>, begin: () => void): void {
    place.pending += 1;
    const key = keyOf(socket);
    this.#pending.set(key, { socket, source, remote, timer: this.#arm(key) });
    socket.once('close', () => this.#settle(key));
    begin();
  }

  #wait(place: Place, one: Omit<Pending, 'timer'>, begin: () => void): void {
    const { clock, waitMs, onRefused } = this.#options;
    const timer = clock.setTimer(waitMs, () => {
      if (!this.#leaveLine(place, waiting)) return;
      one.socket.destroy();
      onRefused(one.remote, 'tooManyPending');
    });
    const waiting: Waiting = { ...one, begin, timer };
    place.line.add(waiting);
    this.#waiting += 1;
    one.socket.once('close', () => this.#leaveLine(place, waiting));
  }

  /** False: it was not in line any more. */
  #leaveLine(place: Place, waiting: Waiting): boolean {
    if (!place.line.delete(waiting)) return false;
    this.#waiting -= 1;
    this.#options.clock.clearTimer(waiting.timer);
    return true;
  }

  #settle(key: string): void {
    const pending = this.#pending.get(key);
    if (pending === undefined) return;
    this.#pending.delete(key);
    this.#options.clock.clearTimer(pending.timer);
    const place = this.#places.get(pending.source);
    if (place === undefined) return;
    place.pending -= 1;
    this.#moveUp(place);
    if (place.pending === 0) this.#places.delete(pending.source);
  }

  #moveUp(place: Place): void {
    for (const next of place.line) {
      if (place.pending >= this.#options.perSourceMax) return;
      this.#leaveLine(place, next);
      if (!next.socket.destroyed) this.#begin(place, next, next.begin);
    }
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
