import { findNatsServer } from '../../adapters/nats/find-server.ts';

/** The nats-server that the tests run; without one they fail with what to do. */
export function natsServerBinary(): string {
  const found = findNatsServer({
    fromEnvironment: process.env.HOLDFAST_NATS_BIN,
    searchPath: process.env.PATH ?? '',
    cacheFolder: '.cache/nats-server',
  });
  if ('problem' in found) throw new Error(found.problem);
  return found.path;
}
