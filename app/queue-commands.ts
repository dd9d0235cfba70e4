import { mustNeverLeave } from '../actors/link/dead-letters.ts';
import { type QueueRow, queueKey, type Tells } from '../actors/tells.ts';
import type { CommandResult, QueueCommands } from '../adapters/http/queue-routes.ts';
import { addressOf } from '../runtime/address.ts';
import type { PostRefusal } from '../runtime/errors.ts';
import type { ActorHost } from '../runtime/host/actor-host.ts';

const WHY: Readonly<Record<PostRefusal, string>> = {
  MAILBOX_FULL: 'the link has too much to do',
  QUARANTINED: 'the link was set aside after failures',
  STOPPING: 'the controller stops',
  STORE_FAILING: 'the store takes nothing',
  UNKNOWN_ADDRESS: 'the link does not run',
};

/** What people may do to a charger's queue. Each command is journalled with its reason before anything leaves. */
export function queueCommands(host: Pick<ActorHost, 'peek' | 'rows' | 'post'>): QueueCommands {
  const rowOf = (table: string, charger: string, n: number): QueueRow | undefined => {
    const [row] = host.rows(`${table}/${charger}`, { from: queueKey(n), limit: 1 });
    return row?.key === queueKey(n) ? (row.value as unknown as QueueRow) : undefined;
  };
  return {
    resend(charger, n, reason): CommandResult {
      const to = addressOf('link', charger);
      if (!host.peek(to)) return 'unknownCharger';
      const kept = rowOf('dead', charger, n) ?? rowOf('parked', charger, n);
      if (!kept) return rowOf('north', charger, n) ? 'stillQueued' : 'unknownMessage';
      if (mustNeverLeave(kept)) return 'neverLeaves';
      const data = { n, reason } satisfies Tells['link.resend'];
      const result = host.post({ type: 'link.resend', from: 'people/api', to, charger, data });
      return result === 'accepted' ? result : { refused: 'busy', why: WHY[result.refused] };
    },
  };
}
