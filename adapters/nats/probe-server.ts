import { connect } from 'node:net';
import type { Clock } from '../../runtime/clock.ts';
import type { NatsEndpoint } from './nats-endpoint.ts';

/**
 * Resolves once a server at the endpoint greets (its first bytes are `INFO `), rejects otherwise.
 * Needed before each dial: a stopped server's kernel still accepts connections, and the NATS client leaves the
 * socket of a dial that timed out open, one for each attempt.
 */
export function probeServer(endpoint: NatsEndpoint, timeoutMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: endpoint.host, port: endpoint.port });
    const timer = clock.setTimer(timeoutMs, () => finish(`no greeting within ${timeoutMs} ms`));
    const finish = (problem?: string) => {
      clock.clearTimer(timer);
      socket.destroy();
      if (problem === undefined) resolve();
      else reject(new Error(problem));
    };
    socket.once('data', (bytes: Buffer) =>
      finish(
        bytes.subarray(0, 5).toString('latin1') === 'INFO ' ? undefined : 'what listens there is not NATS',
      ),
    );
    // `on`: an error may follow the one that settled this, and must not end the process.
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    socket.once('close', () => finish('closed without a greeting'));
  });
}
