import type {
  MeterValuesReq,
  StartTransactionReq,
  StopTransactionReq,
} from '../../machines/shared/ocpp16.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { sha256Hex } from '../../runtime/sha256.ts';
import type { ContentRow } from '../tells.ts';
import { chargerOf } from './outbound.ts';

/** One table for the whole site, in the order of the messages' own times: what arrives together lies together on disk. */
const TABLE = 'content';
/** 128 bits: no two messages of a site's life fall together. */
const HASH_DIGITS = 32;

/**
 * A transaction message is known by what it says, not by its message id: chargers repeat under new ids, and reuse
 * ids for new messages. Keys begin with the message's own time, so that the oldest come first.
 */
export function startKey({ connectorId, idTag, timestamp, meterStart }: StartTransactionReq): string {
  return keyOf(timestamp, 'start', JSON.stringify([connectorId, idTag, timestamp, meterStart]));
}

export function stopKey({ transactionId, timestamp, meterStop }: StopTransactionReq): string {
  return keyOf(timestamp, 'stop', JSON.stringify([transactionId, timestamp, meterStop]));
}

/** An event of 2.0.1 has a number of its own in its transaction. */
export function eventKey({
  timestamp,
  seqNo,
  eventType,
  transactionInfo,
}: {
  timestamp: string;
  seqNo: number;
  eventType: string;
  transactionInfo: { transactionId: string };
}): string {
  return keyOf(timestamp, 'event', JSON.stringify([transactionInfo.transactionId, seqNo, eventType]));
}

/** Transaction, connector and times stand in the raw text itself. */
export function meterKey({ meterValue }: MeterValuesReq, raw: string): string {
  return keyOf(meterValue[0]?.timestamp ?? '', 'meter', raw);
}

function keyOf(timestamp: string, kind: string, content: string): string {
  return `${timestamp.slice(0, 32)}/${kind}/${sha256Hex(content).slice(0, HASH_DIGITS)}`;
}

export function contentOf(turn: Turn, key: string): ContentRow | undefined {
  return turn.row<Json>(TABLE, rowKey(turn, key)) as unknown as ContentRow | undefined;
}

export function putContent(turn: Turn, key: string, row: ContentRow): void {
  turn.putRow(TABLE, rowKey(turn, key), row as unknown as Json);
}

function rowKey(turn: Turn, key: string): string {
  return `${key}/${chargerOf(turn)}`;
}
