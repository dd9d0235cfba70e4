const TEXT_FRAME = 0x81;
const PONG_FRAME = 0x8a;
const MASK_BIT = 0x80;
/** Any mask but zero, which `ws` would leave out; a fixed one keeps the generator lean. */
const MASK = Buffer.from([0x5a, 0xc3, 0x17, 0x8e]);
/** Stands in a template for digits that change from frame to frame. */
const FIELD = /~+/g;

/** A client's masked WebSocket text frame (RFC 6455, 5.2); at most 65 535 bytes of payload. */
export function clientFrame(text: string): Buffer {
  return frameOf(TEXT_FRAME, Buffer.from(text, 'utf8'));
}

/** The answer to a ping, which carries the ping's payload back. */
export function pongFrame(payload: Buffer): Buffer {
  return frameOf(PONG_FRAME, payload);
}

/** A masked frame made once, whose runs of `~` are filled with digits before each sending. */
export class FrameTemplate {
  readonly bytes: Buffer;
  readonly #fields: Array<{ at: number; length: number }>;
  readonly #headLength: number;

  /** `text` must be ASCII, so that places in the text are places in the bytes. */
  constructor(text: string) {
    this.bytes = clientFrame(text.replace(FIELD, (run) => '0'.repeat(run.length)));
    this.#headLength = this.bytes.length - text.length;
    this.#fields = [...text.matchAll(FIELD)].map((match) => ({ at: match.index, length: match[0].length }));
  }

  /** Writes `value`, right-aligned with leading zeros, into the field (0 is the first); higher digits fall off. */
  fill(field: number, value: number): void {
    const { at, length } = this.#fields[field]!;
    let rest = value;
    for (let index = at + length - 1; index >= at; index--) {
      this.bytes[this.#headLength + index] = (0x30 + (rest % 10)) ^ maskAt(index);
      rest = Math.floor(rest / 10);
    }
  }
}

function frameOf(kind: number, payload: Buffer): Buffer {
  const { length } = payload;
  const size = length < 126 ? [MASK_BIT | length] : [MASK_BIT | 126, length >> 8, length & 0xff];
  const head = [kind, ...size, ...MASK];
  const frame = Buffer.concat([Buffer.from(head), payload]);
  for (let index = 0; index < length; index++) frame[head.length + index]! ^= maskAt(index);
  return frame;
}

function maskAt(index: number): number {
  return MASK[index & 3]!;
}
