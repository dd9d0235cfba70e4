import { endOfString } from './depth-scan.ts';

const SPACE = 0x20;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const COMMA = 0x2c;
const QUOTE = 0x22;

/** Printable ASCII without quote and backslash: what nearly every id and action is, and needs no unescaping. */
const PLAIN = /^[ !#-[\]-~]*$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** A string in the head of a frame longer than this is not looked at (ids and actions are far shorter). */
const STRING_UNITS_MAX = 2_048;

/**
 * Walks the first elements of an OCPP-J array by hand, so that the payload can be cut out as it stands,
 * and so that a message whose payload is broken still yields its id. Reads forward only; null means "not there".
 */
export class HeadReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  openArray(): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== '[') return false;
    this.#at += 1;
    return true;
  }

  /** The message type: one unsigned digit, as OCPP-J has no others. */
  messageType(): number | null {
    this.#skipSpace();
    const digit = this.#text.charCodeAt(this.#at) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return null;
    this.#at += 1;
    this.#skipSpace();
    const next = this.#text[this.#at];
    return next === ',' || next === ']' ? digit : null;
  }

  /** The next element, if it is a string that survives UTF-8: one with a lone surrogate could never be matched again. */
  nextString(): string | null {
    if (!this.#comma() || this.#text.charCodeAt(this.#at) !== QUOTE) return null;
    const open = this.#at;
    const close = endOfString(this.#text, open);
    if (close < 0 || close - open > STRING_UNITS_MAX) return null;
    this.#at = close + 1;
    const inner = this.#text.slice(open + 1, close);
    return PLAIN.test(inner) ? inner : parseString(this.#text.slice(open, close + 1));
  }

  /** Text of all that stands between the next comma and the bracket that ends the frame. */
  lastElement(): string | null {
    if (!this.#comma()) return null;
    let end = this.#text.length - 1;
    while (isSpace(this.#text.charCodeAt(end))) end -= 1;
    if (this.#text[end] !== ']') return null;
    end -= 1;
    while (isSpace(this.#text.charCodeAt(end))) end -= 1;
    return end < this.#at ? null : this.#text.slice(this.#at, end + 1);
  }

  #comma(): boolean {
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#at) !== COMMA) return false;
    this.#at += 1;
    this.#skipSpace();
    return true;
  }

  #skipSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at += 1;
  }
}

function isSpace(unit: number): boolean {
  return unit === SPACE || unit === LINE_FEED || unit === RETURN || unit === TAB;
}

function parseString(literal: string): string | null {
  try {
    const value: unknown = JSON.parse(literal);
    return typeof value === 'string' && !LONE_SURROGATE.test(value) ? value : null;
  } catch {
    return null;
  }
}
