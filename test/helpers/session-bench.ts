import { sessionKind } from '../../actors/session-actor.ts';
import type { SessionInput } from '../../actors/tells.ts';
import type { Json } from '../../runtime/envelope.ts';
import { ActorBench } from './actor-bench.ts';

/** A session whose card the cache let in while the CPMS is there. */
export const SESSION: SessionInput = {
  charger: 'cp1',
  connector: 2,
  session: 's1',
  transactionId: 7,
  idTag: 'SECRET-TAG',
  startedAt: Date.UTC(2026, 0, 1),
  meterStartWh: 1_000,
  backend: 'online',
  authorisedBy: 'cache',
  fallbackAfterMs: 60_000,
};

/** The bench of a session that has just been opened. */
export function openSession(input: SessionInput): ActorBench {
  const bench = new ActorBench(sessionKind, 'session/s1');
  bench.deliver('session.opened', { ...input } as unknown as Json);
  return bench;
}
