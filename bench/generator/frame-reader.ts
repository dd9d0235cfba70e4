const EMPTY = Buffer.alloc(0);

export interface FrameListener {
  /** `bytes` is valid only during the call. */
  onText(bytes: Buffer): void;
  onPing(bytes: Buffer): void;
  onClose(): void;
}

/** Cuts a server's byte stream into WebSocket frames: unmasked and unfragmented, as small answers are. */
export class FrameReader {
  readonly #listener: FrameListener;
  #rest: Buffer = EMPTY;

  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      const end = this.#takeFrame(bytes, at);
      if (end < 0) break;
      at = end;
    }
    // A copy: the chunk belongs to the socket's buffer.
    this.#rest = at === bytes.length ? EMPTY : Buffer.from(bytes.subarray(at));
  }

  /** Returns where the frame ends, or -1 when it is not complete. */
  #takeFrame(bytes: Buffer, at: number): number {
    if (bytes.length - at < 2) return -1;
    let start = at + 2;
    let length = bytes[at + 1]!;
    if (length === 126) {
      if (bytes.length - at < 4) return -1;
      length = bytes.readUInt16BE(at + 2);
      start += 2;
    } else if (length === 127) {
      if (bytes.length - at < 10) return -1;
      length = Number(bytes.readBigUInt64BE(at + 2));
      start += 8;
    }
    const end = start + length;
    if (bytes.length < end) return -1;
    const opcode = bytes[at]! & 0x0f;
    if (opcode === 1) this.#listener.onText(bytes.subarray(start, end));
    else if (opcode === 8) this.#listener.onClose();
    else if (opcode === 9) this.#listener.onPing(bytes.subarray(start, end));
    return end;
  }
}
