import type { Address } from './address.ts';
import type { Clock, ClockTrust } from './clock.ts';

/** Anything that survives JSON unchanged. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Typed and translatable: `code` is dotted lower camel case, `params` are its numbers and names. */
export interface Reason {
  code: string;
  params?: Record<string, Json>;
}

/** One envelope for everything an actor can receive; the same fields stand in the journal. */
export interface Envelope {
  /** Unique for ever within a data folder. */
  id: string;
  type: string;
  /** When it happened, wall milliseconds since the epoch. */
  at: number;
  /** When this process took it in, wall milliseconds. */
  receivedAt: number;
  clockTrust: ClockTrust;
  from: Address;
  to: Address;
  charger?: string;
  connector?: number;
  session?: string;
  /** Id of the envelope or record that led to this one. */
  cause?: string;
  correlation?: string;
  reason?: Reason;
  data: Json;
  /** Decoded form handed along by an adapter; never stored, never on the bus. */
  transient?: unknown;
}

/** What an adapter hands to the host; the host adds id and times. */
export type Incoming = Omit<Envelope, 'id' | 'at' | 'receivedAt' | 'clockTrust'> & { at?: number };

/** Field by field and in one order, so that all envelopes have one shape (this runs for every frame). */
export function incomingEnvelope(incoming: Incoming, id: string, clock: Clock): Envelope {
  const now = clock.wallMs();
  const envelope: Envelope = {
    id,
    type: incoming.type,
    at: incoming.at ?? now,
    receivedAt: now,
    clockTrust: clock.trust,
    from: incoming.from,
    to: incoming.to,
    data: incoming.data,
  };
  copyAbout(incoming, envelope);
  if (incoming.cause !== undefined) envelope.cause = incoming.cause;
  if (incoming.reason !== undefined) envelope.reason = incoming.reason;
  if (incoming.transient !== undefined) envelope.transient = incoming.transient;
  return envelope;
}

/** What an envelope is about: taken over from its cause where nothing else is said. */
export function copyAbout(
  from: Pick<Envelope, 'charger' | 'connector' | 'session' | 'correlation'>,
  to: Envelope,
): void {
  if (from.charger !== undefined) to.charger ??= from.charger;
  if (from.connector !== undefined) to.connector ??= from.connector;
  if (from.session !== undefined) to.session ??= from.session;
  if (from.correlation !== undefined) to.correlation ??= from.correlation;
}
