import type { Envelope, Json } from '../envelope.ts';
import { canonicalJson, canonicalText } from '../persistence/canonical-json.ts';
import type { DraftText } from '../persistence/journal-chain.ts';
import type { JournalEntry } from './actor-kind.ts';

/**
 * The journal form of an envelope that a turn took: all its fields but the transient one.
 * @throws TypeError for data that JSON cannot say (an infinite number, say): that turn fails, and no other.
 */
export function inputDraft(envelope: Envelope): DraftText {
  return draftOf(envelope, envelope.data, undefined);
}

/** The same for an envelope whose data the journal cannot hold. */
export function bareDraft(envelope: Envelope, problem: string): DraftText {
  return draftOf(envelope, { notJournalled: problem }, undefined);
}

/** The journal form of a decision taken in the turn of `input`; `mark` tells it from others of that turn. */
export function decisionDraft(
  entry: JournalEntry,
  input: Envelope,
  mark: number | string,
  rules: string,
): DraftText {
  const decision: Envelope = {
    id: `${input.id}#${mark}`,
    type: entry.type,
    at: input.at,
    receivedAt: input.receivedAt,
    clockTrust: input.clockTrust,
    from: input.to,
    to: input.to,
    cause: input.id,
    data: entry.data ?? {},
  };
  const charger = entry.charger ?? input.charger;
  const connector = entry.connector ?? input.connector;
  const session = entry.session ?? input.session;
  if (charger !== undefined) decision.charger = charger;
  if (connector !== undefined) decision.connector = connector;
  if (session !== undefined) decision.session = session;
  if (input.correlation !== undefined) decision.correlation = input.correlation;
  if (entry.reason) decision.reason = entry.reason;
  return draftOf(decision, decision.data, rules);
}

/**
 * Canonical text in three pieces: `prev` and `seq`, known only when the group is sealed, stand between them. The
 * members are written out in the order of their names, as this runs for every turn.
 */
function draftOf(envelope: Envelope, data: Json, rules: string | undefined): DraftText {
  const { at, cause, charger, clockTrust, connector, correlation, from, id } = envelope;
  const { reason, receivedAt, session, to, type } = envelope;
  let head = `"at":${canonicalJson(at)}`;
  if (cause !== undefined) head += `,"cause":${canonicalText(cause)}`;
  if (charger !== undefined) head += `,"charger":${canonicalText(charger)}`;
  head += `,"clockTrust":"${clockTrust}"`;
  if (connector !== undefined) head += `,"connector":${canonicalJson(connector)}`;
  if (correlation !== undefined) head += `,"correlation":${canonicalText(correlation)}`;
  head += `,"data":${canonicalJson(data)},"from":${canonicalText(from)},"id":${canonicalText(id)}`;
  let middle = reason === undefined ? '' : `"reason":${canonicalJson(reason as unknown as Json)},`;
  middle += `"receivedAt":${canonicalJson(receivedAt)}`;
  if (rules !== undefined) middle += `,"rules":${canonicalText(rules)}`;
  const start = session === undefined ? '' : `"session":${canonicalText(session)},`;
  return { head, middle, tail: `${start}"to":${canonicalText(to)},"type":${canonicalText(type)}` };
}
