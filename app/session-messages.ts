import type { SouthCalled } from '../actors/ports.ts';
import type { ResentMessage, TransactionRow } from '../actors/tells.ts';
import type { StartTransactionReq } from '../machines/shared/ocpp16.ts';
import type { Store } from '../runtime/persistence/store.ts';
import { recordsFrom } from './journal-reader.ts';

/** Two a minute for a week; a longer transaction is not sent again. */
export const SESSION_MESSAGES_MAX = 20_000;

/** The clock may have been set back while the transaction ran; what a charger still sends after its Stop comes soon. */
const MARGIN_MS = 600_000;

const KINDS: Readonly<Record<string, ResentMessage['kind']>> = {
  StartTransaction: 'start',
  MeterValues: 'meter',
  StopTransaction: 'stop',
};

/**
 * What the charger sent of one transaction, in the order and with the bytes in which it was accepted, from the
 * journal. Repeats count once. `missing`: the journal does not hold its start and stop (any more).
 */
export async function messagesOfSession(
  store: Pick<Store, 'get' | 'range'>,
  charger: string,
  transaction: TransactionRow,
): Promise<ResentMessage[] | 'missing' | 'tooMany'> {
  const { acceptedAt, endedAt } = transaction;
  if (acceptedAt === undefined || endedAt === undefined) return 'missing';
  const found: ResentMessage[] = [];
  const seen = new Set<string>();
  const isWanted = (text: string): boolean =>
    text.includes('"type":"south.called"') && text.includes(`"charger":${JSON.stringify(charger)}`);
  for await (const { receivedAt, data } of recordsFrom(store, acceptedAt - MARGIN_MS, isWanted)) {
    if (receivedAt > endedAt + MARGIN_MS) break;
    const { action, raw } = data as SouthCalled;
    const kind = KINDS[action];
    if (kind === undefined || seen.has(`${action} ${raw}`)) continue;
    const isOurs =
      kind === 'start'
        ? receivedAt === acceptedAt && isItsStart(raw, transaction)
        : found.length > 0 && isOfTransaction(raw, transaction);
    if (!isOurs) continue;
    if (found.length >= SESSION_MESSAGES_MAX) return 'tooMany';
    seen.add(`${action} ${raw}`);
    found.push({ kind, action, raw });
  }
  return found[0]?.kind === 'start' && found.some(({ kind }) => kind === 'stop') ? found : 'missing';
}

function isItsStart(raw: string, { connector, idTag, meterStartWh }: TransactionRow): boolean {
  const payload = JSON.parse(raw) as StartTransactionReq;
  return payload.connectorId === connector && payload.idTag === idTag && payload.meterStart === meterStartWh;
}

function isOfTransaction(raw: string, { transactionId }: TransactionRow): boolean {
  return (JSON.parse(raw) as { transactionId?: unknown }).transactionId === transactionId;
}
