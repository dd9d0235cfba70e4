import { mustNeverLeave } from '../actors/link/dead-letters.ts';
import {
  type QueueRow,
  queueKey,
  type ResentMessage,
  type Tells,
  type TransactionRow,
} from '../actors/tells.ts';
import type { CommandResult, QueueCommands } from '../adapters/http/queue-routes.ts';
import { addressOf } from '../runtime/address.ts';
import type { Json } from '../runtime/envelope.ts';
import type { PostRefusal } from '../runtime/errors.ts';
import type { ActorHost } from '../runtime/host/actor-host.ts';
import type { Store } from '../runtime/persistence/store.ts';
import type { Random } from '../runtime/random.ts';
import { messagesOfSession } from './session-messages.ts';

const WHY: Readonly<Record<PostRefusal, string>> = {
  MAILBOX_FULL: 'the charger has too much to do',
  TELLS_WAITING: 'others do not take what the charger told them',
  QUARANTINED: 'the charger or its link was set aside after failures',
  STOPPING: 'the controller stops',
  STORE_FAILING: 'the store takes nothing',
  UNKNOWN_ADDRESS: 'the charger is not known to the host',
};

/** Messages of a transaction per turn: few enough that no turn holds others up. */
const PART = 200;

type Host = Pick<ActorHost, 'peek' | 'rows' | 'post'>;

export interface QueueCommandParts {
  host: Host;
  /** Its journal holds what was delivered. */
  store: Pick<Store, 'get' | 'range'>;
  random: Pick<Random, 'uuid'>;
}

/** What people may do to a charger's queue. Each command is journalled with its reason before anything leaves. */
export function queueCommands({ host, store, random }: QueueCommandParts): QueueCommands {
  return {
    resend(charger, n, reason): CommandResult {
      const to = addressOf('link', charger);
      if (!host.peek(to)) return 'unknownCharger';
      const kept = keptRow(host, charger, n);
      if (!kept) return queueRow(host, 'north', charger, n) ? 'stillQueued' : 'unknownMessage';
      if (mustNeverLeave(kept)) return 'neverLeaves';
      const data = { n, reason } satisfies Tells['link.resend'];
      const result = host.post({ type: 'link.resend', from: 'people/api', to, charger, data });
      return result === 'accepted' ? result : { refused: 'busy', why: WHY[result.refused] };
    },

    async resendSession(charger, session, reason) {
      if (!host.peek(addressOf('charger', charger))) return 'unknownCharger';
      const transaction = transactionOf(host, charger, session);
      if (!transaction) return 'unknownSession';
      const messages = await messagesOfSession(store, charger, transaction);
      // Looked at after the reading, which takes its time.
      const refusal = sessionRefusal(host, charger, transactionOf(host, charger, session));
      if (refusal) return refusal;
      if (messages === 'missing') return 'notInJournal';
      if (messages === 'tooMany') return messages;
      return postSession(host, { id: random.uuid(), charger, session, reason }, messages);
    },
  };
}

function sessionRefusal(
  host: Host,
  charger: string,
  transaction: TransactionRow | undefined,
): CommandResult | undefined {
  if (!transaction) return 'unknownSession';
  const { state, startN, resent } = transaction;
  if (state !== 'settled' || keptRow(host, charger, startN)) return 'notDelivered';
  const [queued] = host.rows(`north/${charger}`, { from: queueKey(startN), limit: 1 });
  return queued && queued.key <= queueKey(resent?.to ?? startN) ? 'stillQueued' : undefined;
}

function postSession(
  host: Host,
  { id, charger, session, reason }: { id: string; charger: string; session: string; reason: string },
  messages: ResentMessage[],
): CommandResult | { messages: number } {
  for (let from = 0; from < messages.length; from += PART) {
    const part = messages.slice(from, from + PART);
    const data: Tells['charger.resendSession'] = {
      id,
      session,
      reason,
      messages: part,
    };
    const result = host.post({
      type: 'charger.resendSession',
      from: 'people/api',
      to: addressOf('charger', charger),
      charger,
      session,
      data: data as unknown as Json,
    });
    if (result !== 'accepted') {
      const taken = from === 0 ? '' : ` (${from} of ${messages.length} messages were taken)`;
      return { refused: 'busy', why: `${WHY[result.refused]}${taken}` };
    }
  }
  return { messages: messages.length };
}

function keptRow(host: Host, charger: string, n: number): QueueRow | undefined {
  return queueRow(host, 'dead', charger, n) ?? queueRow(host, 'parked', charger, n);
}

function queueRow(host: Host, table: string, charger: string, n: number): QueueRow | undefined {
  return rowOf(host, `${table}/${charger}`, queueKey(n)) as QueueRow | undefined;
}

function transactionOf(host: Host, charger: string, session: string): TransactionRow | undefined {
  return rowOf(host, `transactions/${charger}`, session) as TransactionRow | undefined;
}

function rowOf(host: Host, table: string, key: string): unknown {
  const [row] = host.rows(table, { from: key, limit: 1 });
  return row?.key === key ? row.value : undefined;
}
