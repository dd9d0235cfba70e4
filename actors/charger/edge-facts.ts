import { FIRST_VERSION } from '../../machines/shared/ocpp-version.ts';
import { type ChargerIdentity, identityIn } from '../../machines/shared/quirks/identity.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { ActorHost } from '../../runtime/host/actor-host.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { ChargerBooks } from './books.ts';
import type { Called } from './called.ts';
import { chargerOf } from './outbound.ts';

/** What the southern edge must know of a charger to repair what it says. */

const IDENTITIES = 'chargerIdentity';

/** Kept, as many chargers come back without booting, and the process may have started anew meanwhile. */
export function noteIdentity(turn: Turn, { version = FIRST_VERSION, payload }: Called): void {
  const told = identityIn(version, payload);
  const known = turn.row<Json>(IDENTITIES, chargerOf(turn)) as unknown as ChargerIdentity | undefined;
  if (known?.vendor === told.vendor && known.model === told.model && known.firmware === told.firmware) return;
  turn.putRow(IDENTITIES, chargerOf(turn), { ...told });
}

type Rows = Pick<ActorHost, 'rows'>;

/** What the charger told of itself when it booted last; null: it never did. */
export function identityOf(host: Rows, charger: string): ChargerIdentity | null {
  return rowOf<ChargerIdentity>(host, IDENTITIES, charger) ?? null;
}

/** Whether that id names a transaction of the charger, or one is open on the connector. */
export function isOfTransaction(
  host: Rows,
  charger: string,
  connector: number,
  transactionId: number,
): boolean {
  const note = rowOf<ChargerBooks>(host, 'chargerState', charger)?.connectors[connector];
  if (note !== undefined && note.session !== null) return true;
  return rowOf(host, `transactionIds/${charger}`, String(transactionId)) !== undefined;
}

function rowOf<T>(host: Rows, table: string, key: string): T | undefined {
  const [row] = host.rows<Json>(table, { prefix: key, limit: 1 });
  return row?.key === key ? (row.value as unknown as T) : undefined;
}
