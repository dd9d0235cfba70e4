import type { WebSocket } from 'ws';
import type { FrameSocket } from './frame-socket.ts';

/** Bytes a peer may leave unread before it is cut: `ws` itself would buffer without end. */
export const BUFFERED_BYTES_MAX = 1024 * 1024;
/** Options of `ws` for either side of a link; the frame size is each side's own. */
export const WS_BOUNDS = {
  /** Compression costs memory, and a small frame can inflate to a huge one. */
  perMessageDeflate: false,
  /** Tiny fragments pin far more memory than they carry, so a message may come in this many at most. */
  maxFragments: 64,
  /** A peer that does not finish the closing handshake by then is cut. */
  closeTimeout: 5_000,
};

const UNSUPPORTED_DATA = 1003;

/** {@link FrameSocket} over a `ws` socket that is already open. Frame size and fragments are bounded by its options. */
export class WsFrameSocket implements FrameSocket {
  readonly #socket: WebSocket;
  readonly #bufferedBytesMax: number;
  #receive: ((text: string) => void) | undefined;
  #onClose: ((code: number, reason: string) => void) | undefined;

  constructor(socket: WebSocket, bufferedBytesMax: number = BUFFERED_BYTES_MAX) {
    this.#socket = socket;
    this.#bufferedBytesMax = bufferedBytesMax;
    socket.on('message', (data, isBinary) => {
      // OCPP-J knows text frames only (OCPP-J 1.6, 4.1).
      if (isBinary) this.close(UNSUPPORTED_DATA, 'text frames only');
      else this.#receive?.(data.toString());
    });
    socket.on('close', (code, reason) => {
      this.#onClose?.(code, reason.toString());
      this.#receive = undefined;
      this.#onClose = undefined;
    });
    // A protocol error is always followed by 'close', which carries the code; unheard it would end the process.
    socket.on('error', () => undefined);
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(text: string): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return false;
    if (this.#socket.bufferedAmount > this.#bufferedBytesMax) {
      this.#socket.terminate();
      return false;
    }
    this.#socket.send(text);
    return true;
  }

  close(code: number, reason: string): void {
    this.#socket.resume();
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  onText(receive: (text: string) => void): void {
    this.#receive = receive;
  }

  onClose(listen: (code: number, reason: string) => void): void {
    this.#onClose = listen;
  }

  ping(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  onPong(listen: () => void): void {
    this.#socket.on('pong', listen);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }
}
