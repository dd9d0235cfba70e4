import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Problem, problem, sendProblem } from './problem.ts';

/** Characters of the reason that every command must give. */
export const REASON_MAX = 200;

/**
 * For `onRequest` of every route that changes something. A page of another origin can have a browser send forms
 * and plain text unasked, but not JSON: that needs our consent, which is never given. So JSON is asked for, and where
 * the browser names an origin, it must be ours. (That the Host header names this site was checked before.)
 */
export async function guardCommand(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const refusal = refusalOf(request);
  return refusal === null ? undefined : sendProblem(reply, refusal);
}

function refusalOf({ headers }: FastifyRequest): Problem | null {
  if (!isOwnOrigin(headers.origin, headers.host)) {
    return problem(403, 'ORIGIN_NOT_ALLOWED', 'a page of another origin may not command this site');
  }
  if (!/^application\/json *(;|$)/i.test(headers['content-type'] ?? '')) {
    const hint = 'send the header content-type: application/json';
    return problem(415, 'JSON_WANTED', 'a command must be JSON', { hint });
  }
  return null;
}

function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/** A member of a JSON object; undefined where the body is none or has none of that name. */
export function memberOf(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, name)
    ? (body as Record<string, unknown>)[name]
    : undefined;
}

/** Why somebody wants this, in one line for the journal; undefined when it is missing or not fit for that. */
export function reasonIn(body: unknown): string | undefined {
  const reason = memberOf(body, 'reason');
  if (typeof reason !== 'string' || /\p{Cc}/u.test(reason)) return undefined;
  const text = reason.trim();
  return text.length >= 1 && text.length <= REASON_MAX ? text : undefined;
}

export const REASON_RULE = `must be a text of 1 to ${REASON_MAX} characters in one line: why this is wanted`;
