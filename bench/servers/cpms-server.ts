import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { announce, serveParent } from '../child-side.ts';

/** A CPMS that accepts everything at once, and counts it. */
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: false,
  handleProtocols: () => 'ocpp1.6',
});
let answered = 0;
let transactions = 0;

server.on('connection', (socket) => {
  socket.on('message', (data) => {
    const text = String(data);
    if (!text.startsWith('[2')) return;
    const [, id, action] = JSON.parse(text) as [number, string, string];
    answered += 1;
    socket.send(JSON.stringify([3, id, answerOf(action)]));
  });
});
server.on('listening', () => announce({ port: (server.address() as AddressInfo).port }));
serveParent({ stop: () => null, answered: () => answered });

function answerOf(action: string): Record<string, unknown> {
  const accepted = { status: 'Accepted' };
  if (action === 'BootNotification')
    return { ...accepted, currentTime: new Date().toISOString(), interval: 300 };
  if (action === 'Heartbeat') return { currentTime: new Date().toISOString() };
  if (action === 'Authorize') return { idTagInfo: accepted };
  if (action === 'StopTransaction') return {};
  if (action === 'StartTransaction') {
    transactions += 1;
    return { transactionId: transactions, idTagInfo: accepted };
  }
  return {};
}
