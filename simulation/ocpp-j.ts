/**
 * A plain reading of OCPP-J frames, which are the same in 1.6 and 2.0.1. On purpose not the product's codec: what judges the product
 * must not share its mistakes.
 */
export type Payload = Record<string, unknown>;

export type Frame =
  | { kind: 'call'; messageId: string; action: string; payload: Payload }
  | { kind: 'result'; messageId: string; payload: Payload }
  | { kind: 'error'; messageId: string; code: string; description: string }
  | { kind: 'unreadable'; text: string };

/** Content of a CALLERROR. */
export interface CallError {
  code: string;
  description: string;
}

export function readFrame(text: string): Frame {
  let parts: unknown;
  try {
    parts = JSON.parse(text);
  } catch {
    return { kind: 'unreadable', text };
  }
  if (!Array.isArray(parts) || typeof parts[1] !== 'string') return { kind: 'unreadable', text };
  const [type, messageId, third, fourth] = parts as unknown[] & { 1: string };
  if (type === 2 && typeof third === 'string' && isPayload(fourth)) {
    return { kind: 'call', messageId: messageId as string, action: third, payload: fourth };
  }
  if (type === 3 && isPayload(third))
    return { kind: 'result', messageId: messageId as string, payload: third };
  if (type === 4 && typeof third === 'string') {
    return {
      kind: 'error',
      messageId: messageId as string,
      code: third,
      description: typeof fourth === 'string' ? fourth : '',
    };
  }
  return { kind: 'unreadable', text };
}

export function callFrame(messageId: string, action: string, payload: Payload): string {
  return JSON.stringify([2, messageId, action, payload]);
}

export function resultFrame(messageId: string, payload: Payload): string {
  return JSON.stringify([3, messageId, payload]);
}

export function errorFrame(messageId: string, error: CallError): string {
  return JSON.stringify([4, messageId, error.code, error.description, {}]);
}

/** RFC 3339, UTC, with milliseconds. */
export function isoTime(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

export function isPayload(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function integerOf(value: unknown): number | null {
  return Number.isInteger(value) ? (value as number) : null;
}

/** idTagInfo.status of an answer, or null when there is none. */
export function idTagStatus(answer: Payload): string | null {
  return isPayload(answer.idTagInfo) ? textOf(answer.idTagInfo.status) : null;
}

/** The same of an answer in 2.0.1. */
export function idTokenStatus(answer: Payload): string | null {
  return isPayload(answer.idTokenInfo) ? textOf(answer.idTokenInfo.status) : null;
}
