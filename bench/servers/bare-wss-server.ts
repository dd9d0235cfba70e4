import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { tlsOptionsOf } from '../../adapters/ocpp-south/tls-settings.ts';
import { announce, serveParent } from '../child-side.ts';
import { type RosterSize, rosterOf } from '../storm/roster.ts';

export interface BareWssServerConfig {
  certificateFile: string;
  keyFile: string;
  size: RosterSize;
}

/** Floor of the storm: `https` and `ws` and nothing else; compares passwords as they are, answers at once. */
const config = JSON.parse(process.argv[2]!) as BareWssServerConfig;
const passwords = new Map(rosterOf(config.size).map(({ id, password }) => [id, password]));
const material = {
  certificate: readFileSync(config.certificateFile, 'utf8'),
  key: readFileSync(config.keyFile, 'utf8'),
  clientCa: null,
};
const server = createServer(tlsOptionsOf(material, false));
const wss = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  handleProtocols: () => 'ocpp1.6',
});

server.on('upgrade', (request, socket, head) => {
  socket.on('error', () => socket.destroy());
  const id = request.url?.slice(1) ?? '';
  const password = passwords.get(id) ?? null;
  const expected = `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`;
  if (password === null || request.headers.authorization !== expected) {
    socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  wss.handleUpgrade(request, socket, head, (ws) => {
    ws.on('message', (data) => {
      const [, messageId, action] = JSON.parse(String(data)) as [number, string, string];
      ws.send(JSON.stringify([3, messageId, answerOf(action)]));
    });
    ws.on('error', () => ws.terminate());
  });
});
server.listen(0, '127.0.0.1', () => announce({ port: (server.address() as AddressInfo).port }));
serveParent({ stop: () => null });

function answerOf(action: string): Record<string, unknown> {
  if (action === 'BootNotification')
    return { status: 'Accepted', currentTime: new Date().toISOString(), interval: 300 };
  if (action === 'StartTransaction') return { transactionId: 1, idTagInfo: { status: 'Accepted' } };
  return {};
}
