import { createHash } from 'node:crypto';
import type { Payload } from './ocpp-j.ts';

/**
 * A transaction message by its content, the same on both sides of the product: transaction ids differ there, so
 * they are no part of it (the observer compares them on their own). Null for any other action.
 */
export function messageKey(action: string, payload: Payload): string | null {
  switch (action) {
    case 'StartTransaction':
      return digest(['start', payload.connectorId, payload.idTag, payload.timestamp, payload.meterStart]);
    case 'StopTransaction':
      return digest(['stop', payload.timestamp, payload.meterStop, payload.reason]);
    case 'MeterValues':
      return digest(['meter', payload.connectorId, payload.meterValue]);
    default:
      return null;
  }
}

/** Hashed, as a run of hours holds very many of them. */
function digest(content: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64');
}
