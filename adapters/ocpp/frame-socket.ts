/**
 * One open WebSocket, as the gateways see it: whole text frames, nothing of the network beneath.
 * The same gateways run over `ws` and over the in-memory link of the simulator.
 */
export interface FrameSocket {
  /** False when the peer reads so slowly that the buffer bound is passed; the socket is then being terminated. */
  send(text: string): boolean;
  /** Starts the closing handshake; `onClose` follows. */
  close(code: number, reason: string): void;
  /** Cuts the connection at once; `onClose` follows with code 1006. */
  terminate(): void;
  /** Bytes accepted by `send` that the peer has not taken yet. */
  readonly bufferedBytes: number;
  onText(receive: (text: string) => void): void;
  /** Called exactly once. */
  onClose(listen: (code: number, reason: string) => void): void;
  ping(): void;
  onPong(listen: () => void): void;
  /** Stops and resumes reading, where the transport can: the peer then keeps what it has not sent. */
  pause?(): void;
  resume?(): void;
}
