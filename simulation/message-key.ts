import { createHash } from 'node:crypto';
import { isPayload, type Payload, textOf } from './ocpp-j.ts';
import type { MessageKind } from './transaction-message.ts';

/**
 * How much of a message tells it from others. `whole`: all that it says, for a charger whose CPMS speaks its version.
 * `shared`: what both versions say alike, for one whose messages are translated on the way.
 */
export type KeyForm = 'whole' | 'shared';

/** A transaction message by its content, and what it means. */
export interface KnownMessage {
  kind: MessageKind;
  key: string;
}

/**
 * Reads a message by its content, which is the same on both sides of the product: transaction ids of 1.6 differ there,
 * so they are no part of it (the observer compares them on their own), nor is the mark `offline` of 2.0.1, which the
 * product adds. Null for any other action, and in the shared form for what only one version has.
 */
export function messageOf(action: string, payload: Payload, form: KeyForm): KnownMessage | null {
  const kind = kindOf(action, payload);
  if (kind === null || (kind === 'notice' && form === 'shared')) return null;
  const content = form === 'whole' ? wholeOf(action, payload) : sharedOf(kind, payload);
  return { kind, key: digest([kind, ...content]) };
}

function kindOf(action: string, payload: Payload): MessageKind | null {
  if (action === 'StartTransaction') return 'start';
  if (action === 'StopTransaction') return 'stop';
  if (action === 'MeterValues') return 'sample';
  return action === 'TransactionEvent' ? kindOfEvent(payload) : null;
}

/** The event that brings the card is what StartTransaction is to 1.6. */
function kindOfEvent({ eventType, idToken, meterValue }: Payload): MessageKind {
  if (eventType === 'Ended') return 'stop';
  if (idToken !== undefined) return 'start';
  return eventType === 'Updated' && meterValue !== undefined ? 'sample' : 'notice';
}

function wholeOf(action: string, payload: Payload): unknown[] {
  const { connectorId, idTag, timestamp, meterStart, meterStop, reason, meterValue } = payload;
  if (action === 'StartTransaction') return [connectorId, idTag, timestamp, meterStart];
  if (action === 'StopTransaction') return [timestamp, meterStop, reason];
  if (action === 'MeterValues') return [connectorId, meterValue];
  const { offline: _, ...event } = payload;
  return [event];
}

function sharedOf(kind: MessageKind, payload: Payload): unknown[] {
  const { timestamp, idTag, idToken, meterStop, meterValue } = payload;
  const atMs = Date.parse(textOf(timestamp) ?? '');
  if (kind === 'start') return [atMs, isPayload(idToken) ? idToken.idToken : idTag];
  if (kind === 'stop') return [atMs, meterStop ?? lastNumberOf(meterValue)];
  return listOf(meterValue).map((value) => [
    Date.parse(textOf(value.timestamp) ?? ''),
    listOf(value.sampledValue).map((sample) => [
      sample.measurand,
      sample.phase ?? null,
      sample.context,
      Number(sample.value),
    ]),
  ]);
}

/** What the register shows in an event that ends a transaction. */
function lastNumberOf(meterValue: unknown): unknown {
  return listOf(listOf(meterValue).at(-1)?.sampledValue).at(-1)?.value;
}

function listOf(value: unknown): Payload[] {
  return Array.isArray(value) ? (value as unknown[]).filter(isPayload) : [];
}

/** Hashed, as a run of hours holds very many of them. */
function digest(content: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64');
}
