import { createInspectorFeed } from '../adapters/inspector/feed.ts';
import { machines } from '../machines/catalogue.ts';
import type { Address } from '../runtime/address.ts';
import type { ActorHost } from '../runtime/host/actor-host.ts';
import type { CommandIo } from './commands/command-io.ts';

/** Feeds the Stately inspector from the host's turns, on a developer's request; gives back how to stop it. */
export async function inspectHost(
  host: ActorHost,
  port: number,
  io: CommandIo,
): Promise<() => Promise<void>> {
  const feed = await createInspectorFeed({ port, host: '127.0.0.1' });
  /** Actors of an earlier process were born then: each is announced with the first turn that is seen of it. */
  const seen = new Set<Address>();
  const unobserve = host.observe(({ address, kind, envelope, before, after, finished }) => {
    const machine = machines[kind];
    if (!machine) return;
    if (before === undefined || !seen.has(address)) feed.actorSeen({ address, machine, snapshot: after });
    seen.add(address);
    feed.turnDone({ address, event: { type: envelope.type }, snapshot: after });
    if (!finished) return;
    feed.actorGone(address);
    seen.delete(address);
  });
  io.stderr.write(`inspector: ${feed.url} (the page is hosted by Stately; context is redacted)\n`);
  return async () => {
    unobserve();
    await feed.close();
  };
}
