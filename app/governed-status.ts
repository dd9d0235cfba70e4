import { isClosedOut } from '../actors/charger/mirror-close.ts';
import type { DeferredRow, SettingRow } from '../actors/command-rows.ts';
import { rfc3339 } from '../machines/shared/rfc3339.ts';
import type { ActorHost } from '../runtime/host/actor-host.ts';
import type { ChargerStatus } from './site-view.ts';

/** What the rules for its CPMS have made of a charger at this moment. */
export function governedOf(
  host: Pick<ActorHost, 'peek' | 'rows'>,
  charger: string,
): Pick<ChargerStatus, 'outage' | 'deferred' | 'settings'> {
  const context = host.peek(`charger/${charger}`)?.context;
  return {
    outage: {
      policy: typeof context?.mirrorCloseAfterMs === 'number' ? 'mirror-close' : 'hold',
      closedOut: isClosedOut(host, charger),
    },
    deferred: host.rows(`deferred/${charger}`).map(({ value }) => {
      const { action, connector, deferredAt, expiresAt, reason } = value as unknown as DeferredRow;
      return { action, connector, deferredAt: rfc3339(deferredAt), expiresAt: rfc3339(expiresAt), reason };
    }),
    settings: host.rows(`settings/${charger}`).map(({ value: row }) => {
      const { key, value, state, problem } = row as unknown as SettingRow;
      return { key, value, state, problem };
    }),
  };
}
