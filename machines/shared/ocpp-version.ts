/** Versions whose messages are understood here; their names are also the endings of the WebSocket subprotocols. */
export type OcppVersion = '1.6' | '2.0.1';

/** Stored and passed texts without a version are of this one. */
export const FIRST_VERSION: OcppVersion = '1.6';

/** `ocpp1.6`, `ocpp2.0.1` … to the version; null for what is not understood (2.1 is passed through only). */
export function versionOfSubprotocol(subprotocol: string): OcppVersion | null {
  if (subprotocol === 'ocpp1.6') return '1.6';
  return subprotocol === 'ocpp2.0.1' ? '2.0.1' : null;
}
