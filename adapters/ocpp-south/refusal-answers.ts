import type { Duplex } from 'node:stream';

const HEADS = {
  400: '400 Bad Request',
  401: '401 Unauthorized\r\nWWW-Authenticate: Basic realm="ocpp"',
  404: '404 Not Found',
  409: '409 Conflict',
  503: '503 Service Unavailable\r\nRetry-After: 30',
} as const;

export type RefusalStatus = keyof typeof HEADS;

/** Refuses a connection before its upgrade. */
export function answerAndDestroy(socket: Duplex, status: RefusalStatus): void {
  const head = `HTTP/1.1 ${HEADS[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
  socket.end(head, () => socket.destroy());
}
