import { z } from 'zod';
import { parseDurationMs } from './duration.ts';

/** A duration text within bounds, as milliseconds; `words` says which are taken. */
export function durationWithin(bounds: { minMs: number; maxMs: number }, words: string) {
  return z.string().transform((text, context) => {
    const durationMs = parseDurationMs(text);
    if (durationMs !== undefined && durationMs >= bounds.minMs && durationMs <= bounds.maxMs)
      return durationMs;
    context.addIssue({ code: 'custom', message: `must be a duration ${words}` });
    return z.NEVER;
  });
}
