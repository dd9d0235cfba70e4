import type { OcppVersion } from '../machines/shared/ocpp-version.ts';
import type { Clock } from '../runtime/clock.ts';

/** Ways in which real chargers were seen to differ. */
export interface ChargerQuirks {
  /** Accepts every charging profile and obeys none. */
  ignoreProfiles?: boolean;
  /** Waits this long before it answers a command. */
  slowAnswersMs?: number;
  /** Sends BootNotification after every reconnect, not only after a power cycle. */
  bootOnReconnect?: boolean;
  /** Message id under which a CALL in doubt is repeated; `seeded` draws one of the two each time. */
  repeatId?: 'same' | 'new' | 'seeded';
}

export interface SimulatedChargerOptions {
  /** WebSocket address without the identity, such as `ws://127.0.0.1:9000/ocpp`. */
  url: string;
  identity: string;
  /** Default 1.6. */
  version?: OcppVersion;
  /** What a transaction of 2.0.1 begins with (TxStartPoint): the card, by default, or the cable before it. */
  beginsWith?: 'card' | 'cable';
  /** HTTP Basic password; the user name is the identity. */
  password?: string;
  clock: Clock;
  seed: number;
  connectors: number;
  phases: 1 | 3;
  ratedMilliamps?: number;
  /** Without it the interval of the BootNotification answer counts. */
  heartbeatIntervalMs?: number;
  meterIntervalMs: number;
  /** May start a transaction while nobody can be asked. Default true. */
  localAuthorizeOffline?: boolean;
  /** Adds begin and end readings to StopTransaction; an event of 2.0.1 has them anyway. */
  transactionData?: boolean;
  /** Default 30 s. */
  callTimeoutMs?: number;
  /** First wait before a reconnect, doubled each time up to the second. Defaults 500 ms and 10 s. */
  reconnectFirstMs?: number;
  reconnectMaxMs?: number;
  quirks?: ChargerQuirks;
}

/** Milliamps per phase that an outlet can give. */
export const RATED_MILLIAMPS = 32_000;
/** Step in which current flows, energy is counted and due things are noticed. */
export const STEP_MS = 100;
