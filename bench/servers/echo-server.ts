import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { announce, serveParent } from '../child-side.ts';

/** Baseline: `ws` and nothing else; gives every frame back. */
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('message', (data) => socket.send(data, { binary: false }));
});
server.on('listening', () => announce({ port: (server.address() as AddressInfo).port }));
serveParent({ stop: () => null, collect: () => null });
