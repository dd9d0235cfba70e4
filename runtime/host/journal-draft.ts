import type { Envelope, Json } from '../envelope.ts';
import type { JournalEntry } from './actor-kind.ts';

/**
 * The journal form of an envelope that a turn took: all its fields but the transient one, named in the order in
 * which canonical JSON sorts them.
 */
export function inputDraft(envelope: Envelope): Record<string, Json> {
  const draft: Record<string, Json> = { at: envelope.at };
  if (envelope.cause !== undefined) draft.cause = envelope.cause;
  if (envelope.charger !== undefined) draft.charger = envelope.charger;
  draft.clockTrust = envelope.clockTrust;
  if (envelope.connector !== undefined) draft.connector = envelope.connector;
  if (envelope.correlation !== undefined) draft.correlation = envelope.correlation;
  draft.data = envelope.data;
  draft.from = envelope.from;
  draft.id = envelope.id;
  if (envelope.reason !== undefined) draft.reason = envelope.reason as unknown as Json;
  draft.receivedAt = envelope.receivedAt;
  if (envelope.session !== undefined) draft.session = envelope.session;
  draft.to = envelope.to;
  draft.type = envelope.type;
  return draft;
}

/** The journal form of a decision taken in the turn of `input`: number `index` of that turn. */
export function decisionDraft(
  entry: JournalEntry,
  input: Envelope,
  index: number,
  rules: string,
): Record<string, Json> {
  const draft: Record<string, Json> = {
    id: `${input.id}#${index}`,
    type: entry.type,
    at: input.at,
    receivedAt: input.receivedAt,
    clockTrust: input.clockTrust,
    from: input.to,
    to: input.to,
    cause: input.id,
    rules,
    data: entry.data ?? {},
  };
  const charger = entry.charger ?? input.charger;
  const connector = entry.connector ?? input.connector;
  const session = entry.session ?? input.session;
  if (charger !== undefined) draft.charger = charger;
  if (connector !== undefined) draft.connector = connector;
  if (session !== undefined) draft.session = session;
  if (input.correlation !== undefined) draft.correlation = input.correlation;
  if (entry.reason) draft.reason = entry.reason as unknown as Json;
  return draft;
}
