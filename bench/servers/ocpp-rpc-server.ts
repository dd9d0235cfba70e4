import type { AddressInfo } from 'node:net';
import { RPCServer } from 'ocpp-rpc';
import { announce, serveParent } from '../child-side.ts';

/** Baseline: `ocpp-rpc` in strict mode; validates, answers, stores nothing. */
const server = new RPCServer({ protocols: ['ocpp1.6'], strictMode: true });
server.auth((accept) => accept());
server.on('client', (client: { handle(action: string, answer: () => unknown): void }) => {
  client.handle('MeterValues', () => ({}));
});
const http = await server.listen(0, '127.0.0.1');
announce({ port: (http.address() as AddressInfo).port });
serveParent({ stop: () => null, collect: () => null });
