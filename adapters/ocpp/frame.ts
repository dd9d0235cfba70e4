import { findDepthFault } from './depth-scan.ts';
import { HeadReader } from './frame-head.ts';

/** A payload as parsed: an object, its values still unchecked. */
export type Payload = Record<string, unknown>;

/**
 * One OCPP-J message. `raw` is the exact substring of the payload, so that it can be passed on byte for byte.
 * `bad` is everything else: with `id` it can be answered with CALLERROR `code` when `ofCall` is set;
 * without one nobody can be answered.
 */
export type Frame =
  | { kind: 'call'; id: string; action: string; raw: string; payload: Payload }
  | { kind: 'result'; id: string; raw: string; payload: Payload }
  | { kind: 'error'; id: string; code: string; description: string; details: Payload }
  | { kind: 'bad'; id: string | null; ofCall: boolean; code: BadFrameCode; why: string };

/** `tooLarge` never had a look inside; the others are CALLERROR codes of OCPP-J 1.6. */
export type BadFrameCode = 'tooLarge' | 'FormationViolation' | 'ProtocolError' | 'NotSupported';

export interface FrameLimits {
  /** UTF-16 units of the whole text: never more than its bytes. */
  charsMax: number;
  /** Units of a message id: 36 by the standard; some chargers use up to 255. */
  idLengthMax: number;
}

/** Nesting of arrays and objects in a whole frame, the frame's own array included. */
export const DEPTH_MAX = 16;
/** Ids up to this length are echoed when refused; longer ones count as unreadable. */
const ECHOED_ID_LENGTH_MAX = 255;
const ACTION_LENGTH_MAX = 64;

/** Reads one text frame. Never throws, whatever comes; refuses size and depth before parsing. */
export function parseFrame(text: string, limits: FrameLimits): Frame {
  if (text.length > limits.charsMax) return bad(null, false, 'tooLarge', 'frame is too large');
  const head = new HeadReader(text);
  if (!head.openArray()) return bad(null, false, 'FormationViolation', 'frame is not a JSON array');
  const type = head.messageType();
  if (type === null) return bad(null, false, 'FormationViolation', 'message type is not a number');
  const ofCall = type === 2;
  const id = head.nextString();
  if (id === null || id === '' || id.length > ECHOED_ID_LENGTH_MAX) {
    return bad(null, ofCall, 'FormationViolation', 'message id is missing or unreadable');
  }
  if (id.length > limits.idLengthMax) {
    return bad(id, ofCall, 'FormationViolation', `message id is longer than ${limits.idLengthMax}`);
  }
  const depthFault = findDepthFault(text, DEPTH_MAX);
  if (depthFault !== null) return bad(id, ofCall, 'FormationViolation', depthFault);
  switch (type) {
    case 2:
      return parseCall(head, id);
    case 3:
      return parseResult(head, id);
    case 4:
      return parseError(text, id);
    default:
      return bad(id, false, 'ProtocolError', `message type ${type} is unknown`);
  }
}

function parseCall(head: HeadReader, id: string): Frame {
  const action = head.nextString();
  if (action === null || action === '' || action.length > ACTION_LENGTH_MAX) {
    return bad(id, true, 'FormationViolation', 'action is missing or unreadable');
  }
  const raw = head.lastElement();
  const payload = raw === null ? null : parsePayload(raw);
  // A payload that parses alone also proves that nothing but it stood before the closing bracket.
  if (raw === null || payload === null) {
    return bad(id, true, 'FormationViolation', 'payload is not one JSON object');
  }
  return { kind: 'call', id, action, raw, payload };
}

function parseResult(head: HeadReader, id: string): Frame {
  const raw = head.lastElement();
  const payload = raw === null ? null : parsePayload(raw);
  if (raw === null || payload === null) {
    return bad(id, false, 'FormationViolation', 'payload is not one JSON object');
  }
  return { kind: 'result', id, raw, payload };
}

/** Code, description and details are read leniently: an error answer is an answer, however sloppy. */
function parseError(text: string, id: string): Frame {
  const parsed = parseJson(text);
  if (!Array.isArray(parsed) || parsed.length < 3 || parsed.length > 5) {
    return bad(id, false, 'FormationViolation', 'CALLERROR is not an array of five');
  }
  const [, , code, description, details] = parsed as unknown[];
  if (typeof code !== 'string') return bad(id, false, 'FormationViolation', 'error code is not text');
  return {
    kind: 'error',
    id,
    code: code.slice(0, 64),
    description: typeof description === 'string' ? description.slice(0, 255) : '',
    details: isPayload(details) ? details : {},
  };
}

/** CALL text around an exact payload. */
export function encodeCall(id: string, action: string, raw: string): string {
  return `[2,${JSON.stringify(id)},${JSON.stringify(action)},${raw}]`;
}

/** CALLRESULT text around an exact payload. */
export function encodeResult(id: string, raw: string): string {
  return `[3,${JSON.stringify(id)},${raw}]`;
}

/** CALLERROR text; the description is cut to the 255 characters that OCPP-J allows. */
export function encodeError(id: string, code: string, description: string, details: Payload): string {
  return `[4,${JSON.stringify(id)},${JSON.stringify(code)},${JSON.stringify(description.slice(0, 255))},${JSON.stringify(details)}]`;
}

function bad(id: string | null, ofCall: boolean, code: BadFrameCode, why: string): Frame {
  return { kind: 'bad', id, ofCall, code, why };
}

function parsePayload(raw: string): Payload | null {
  // Most frames end here cheaply: anything that does not open as an object needs no parse.
  if (raw.charCodeAt(0) !== 0x7b) return null;
  const parsed = parseJson(raw);
  return isPayload(parsed) ? parsed : null;
}

/** JSON.parse makes `__proto__` an ordinary own property: no prototype is touched. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isPayload(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
