import type { ActorHost } from '../../runtime/host/actor-host.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { SouthClose } from '../ports.ts';
import { contextOf } from './books.ts';
import { chargerOf } from './outbound.ts';

/** RFC 6455 registry: service restart; the peer is expected to dial again. */
const SERVICE_RESTART = 1012;

/** The CPMS is away, and this charger is to see that as if nothing stood between them. Its messages stay with it. */
export function closeOut(turn: Turn): void {
  turn.journal({
    type: 'charger.closedOut',
    reason: { code: 'outage.mirrorClose', params: { afterMs: contextOf(turn).mirrorCloseAfterMs } },
  });
  const data: SouthClose = {
    type: 'close',
    charger: chargerOf(turn),
    code: SERVICE_RESTART,
    reason: 'the backend is not connected',
  };
  turn.perform({ port: 'south', type: 'close', recovery: 'answer', data: { ...data } });
}

export function announceLetIn(turn: Turn): void {
  turn.journal({ type: 'charger.letIn', reason: { code: 'outage.over' } });
}

/** Whether this charger is to be turned away until its CPMS is back. */
export function isClosedOut(host: Pick<ActorHost, 'peek'>, charger: string): boolean {
  const value = host.peek(`charger/${charger}`)?.value as { outage: string } | undefined;
  return value?.outage === 'closedOut';
}
