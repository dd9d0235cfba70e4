import type { NatsEndpoint } from './nats-endpoint.ts';
import { parseNatsUrl } from './nats-endpoint.ts';

/** `running`: it has said that it is ready. */
export type NatsServerStatus = 'running' | 'down';

/** The server behind the bus: a child of this process, or one that somebody else runs. */
export interface NatsServer {
  readonly kind: 'managed' | 'external';
  /** Where to dial now; undefined while it is known to be down. Handed to the bus as it is. */
  readonly endpoint: () => NatsEndpoint | undefined;
  /** Undefined for an external server: the bus learns it on connecting. */
  readonly version: string | undefined;
  /** Process id of the child while it runs; undefined for an external server. */
  readonly pid: () => number | undefined;
  stop(): Promise<void>;
}

/** A configured server is used as it is: not started, not stopped, its rights not checked beforehand. */
export function externalNats(url: string): NatsServer | { problem: string } {
  const endpoint = parseNatsUrl(url);
  if ('problem' in endpoint) return endpoint;
  return {
    kind: 'external',
    endpoint: () => endpoint,
    version: undefined,
    pid: () => undefined,
    stop: async () => {},
  };
}
