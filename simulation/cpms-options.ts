import type { OcppVersion } from '../machines/shared/ocpp-version.ts';
import type { Clock } from '../runtime/clock.ts';
import type { CallError, Payload } from './ocpp-j.ts';

/** One CALL that the CPMS got. */
export interface CpmsCall {
  identity: string;
  /** Sockets are numbered per CPMS, from 1. */
  connection: number;
  /** Of that socket. */
  version: OcppVersion;
  messageId: string;
  action: string;
  payload: Payload;
  /** The whole frame, as it came. */
  raw: string;
  receivedAtMs: number;
  /** `none` until answered, and for ever when the socket went first or the CPMS was frozen. */
  outcome: 'none' | 'result' | 'error';
  answer: Payload | null;
}

export interface SimulatedCpmsOptions {
  clock: Clock;
  /** 0 (default) takes a free one at the first start and keeps it. */
  port?: number;
  /** The one version that a station is spoken to in; any other offer is turned away. Default 1.6 for all. */
  versionOf?: (identity: string) => OcppVersion;
  /** Ids of 1.6 count from 1, per station (as a real CPMS was seen to do; default) or over all. */
  transactionIds?: 'perStation' | 'global';
  /** Delay of every answer. */
  answerDelayMs?: number;
  /** Status of certain tags; all others are Accepted. */
  idTags?: ReadonlyMap<string, 'Invalid' | 'Blocked' | 'Expired' | 'ConcurrentTx'>;
  /** The CALLs that this CPMS answers with a CALLERROR, for ever. */
  poison?: (call: Readonly<CpmsCall>) => CallError | null;
  /** Refuses a second CALL while one of that station, or its own to that station, is unanswered. */
  refusePipelined?: boolean;
  /** BootNotification status by identity; default Accepted. */
  bootStatus?: (identity: string) => 'Accepted' | 'Pending' | 'Rejected';
  heartbeatIntervalSeconds?: number;
}

/** A span in which the CPMS could not be used, wall milliseconds; `toMs` is null while it lasts. */
export interface Outage {
  fromMs: number;
  toMs: number | null;
}
