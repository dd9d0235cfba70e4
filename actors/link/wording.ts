import type { TransactionFacts } from '../../machines/shared/mapping/mapping.ts';
import { FIRST_VERSION, type OcppVersion } from '../../machines/shared/ocpp-version.ts';
import { markedOffline } from '../../machines/shared/raw-json.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { type QueueRow, queueKey, type TransactionRow } from '../tells.ts';

/** In which words a message leaves: what the CPMS speaks decides, at the moment when it leaves. */

/** A message as it goes to the socket, which translates what is not in its version. */
export interface Wording {
  action: string;
  raw: string;
  version?: OcppVersion;
  transaction?: TransactionFacts;
}

/** Version of the CPMS on the newest socket. Row `cpmsVersion/<charger>`. */
export function cpmsVersionOf(turn: Turn, charger: string): OcppVersion {
  return turn.row<OcppVersion>(`cpmsVersion/${charger}`, KEY) ?? FIRST_VERSION;
}

export function noteCpmsVersion(turn: Turn, charger: string, version: OcppVersion): void {
  if (version !== cpmsVersionOf(turn, charger)) turn.putRow(`cpmsVersion/${charger}`, KEY, version);
}

/** Version of the charger on its newest socket. Row `chargerVersion/<charger>`. */
export function chargerVersionOf(turn: Turn, charger: string): OcppVersion {
  return turn.row<OcppVersion>(`chargerVersion/${charger}`, KEY) ?? FIRST_VERSION;
}

export function noteChargerVersion(turn: Turn, charger: string, version: OcppVersion): void {
  if (version !== chargerVersionOf(turn, charger)) turn.putRow(`chargerVersion/${charger}`, KEY, version);
}

const KEY = 'call';

/** Null: a CPMS of this version has no use for the message. */
export function wordingFor(row: QueueRow, cpms: OcppVersion): Wording | null {
  const { only, in16, version = FIRST_VERSION } = row;
  if (only !== undefined && only !== cpms) return null;
  if (cpms === FIRST_VERSION && in16 !== undefined) return in16;
  const { action, raw } = row;
  if (version === FIRST_VERSION) return { action, raw };
  return { action, raw: row.offline && action === 'TransactionEvent' ? markedOffline(raw) : raw, version };
}

/**
 * What the translation of a 1.6 message into a TransactionEvent must know. A CPMS of 2.0.1 knows the transaction by
 * the id of its session here. The number is given once, and stored before the message leaves: a repeat has the same.
 */
export function factsFor201(
  turn: Turn,
  charger: string,
  row: QueueRow,
  { session, connector, idTag, remoteStartId }: TransactionRow,
): TransactionFacts {
  const seqNo = row.seqNo ?? takeSeqNo(turn, charger, row, session);
  return {
    transactionId: session,
    connector,
    idTag,
    seqNo,
    offline: row.offline ?? false,
    remoteStartId: remoteStartId ?? null,
  };
}

function takeSeqNo(turn: Turn, charger: string, row: QueueRow, session: string): number {
  const seqNo = turn.row<number>(`seqNos/${charger}`, session) ?? 0;
  turn.putRow(`north/${charger}`, queueKey(row.n), { ...row, seqNo } as never);
  // Kept beyond the stop, as closing meter values may come behind it; it goes with the transaction.
  turn.putRow(`seqNos/${charger}`, session, seqNo + 1);
  return seqNo;
}
