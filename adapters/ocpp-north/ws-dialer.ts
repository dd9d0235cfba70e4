import { WebSocket } from 'ws';
import { FIRST_VERSION } from '../../machines/shared/ocpp-version.ts';
import type { Clock } from '../../runtime/clock.ts';
import { ALL_VERSIONS, subprotocolOf } from '../ocpp/subprotocol.ts';
import { WS_BOUNDS, WsFrameSocket } from '../ocpp/ws-frame-socket.ts';
import type { Backend, DialCause, Dialer, DialOutcome } from './dialer.ts';

export interface WsDialerOptions {
  clock: Clock;
  /** DNS, TCP, TLS and upgrade together. */
  handshakeTimeoutMs?: number;
  /** Bytes of one message of the CPMS. */
  frameBytesMax?: number;
}

const DNS_CODES = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME']);
const TCP_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'EADDRNOTAVAIL',
]);
const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO|HOSTNAME_MISMATCH)/;
const NO_SUBPROTOCOL = 'Server sent no subprotocol';
/** Of `ws`, when the answer names something else than was offered, or nothing. */
const WRONG_SUBPROTOCOL = new Set([NO_SUBPROTOCOL, 'Server sent an invalid subprotocol']);
/** Bad Request and Upgrade Required: how servers refuse a subprotocol that they do not know. */
const OFFER_REFUSED_STATUS = new Set([400, 426]);

/** Dials over `ws`: TLS is verified by Node's defaults, redirects are not followed. */
export function createWsDialer(options: WsDialerOptions): Dialer {
  const { clock, handshakeTimeoutMs = 10_000, frameBytesMax = 1024 * 1024 } = options;

  function open(backend: Backend, identity: string, offersByHand: boolean): WebSocket {
    const headers: Record<string, string> = {};
    if (backend.password !== null)
      headers.authorization = basicOf(backend.user ?? identity, backend.password);
    // `ws` ends a handshake whose answer names no subprotocol. Offered by hand, it lets the answer pass.
    const offers = (backend.versions ?? ALL_VERSIONS).map(subprotocolOf);
    if (offersByHand) headers['sec-websocket-protocol'] = offers.join(', ');
    const bounds = { ...WS_BOUNDS, maxPayload: frameBytesMax };
    return new WebSocket(dialUrl(backend.url, identity), offersByHand ? [] : offers, {
      ...bounds,
      headers,
    });
  }

  return {
    dial(backend, identity, done) {
      let current: WebSocket | undefined;
      let isOver = false;
      const finish = (outcome: DialOutcome): void => {
        if (isOver) return;
        isOver = true;
        clock.clearTimer(deadline);
        done(outcome);
      };
      // Our own deadline over the whole way: the one of `ws` starts anew with every byte.
      const deadline = clock.setTimer(handshakeTimeoutMs, () => {
        finish({ kind: 'failed', cause: 'timeout', detail: `no answer within ${handshakeTimeoutMs} ms` });
        current?.terminate();
      });
      const attempt = (offersByHand: boolean): void => {
        try {
          current = open(backend, identity, offersByHand);
        } catch (error) {
          const detail = error instanceof Error ? error.message : 'backend URL is refused';
          queueMicrotask(() => finish({ kind: 'failed', cause: 'upgrade', detail }));
          return;
        }
        watch(current, finish, () => {
          // A CPMS that names no subprotocol in its answer is seen in the field: once more, offered by hand. It is
          // taken to speak 1.6, where that may be.
          if (offersByHand || isOver || backend.versions?.includes(FIRST_VERSION) === false) return false;
          attempt(true);
          return true;
        });
      };
      attempt(false);
      return {
        abort() {
          isOver = true;
          clock.clearTimer(deadline);
          current?.terminate();
        },
      };
    },
  };
}

function watch(socket: WebSocket, finish: (outcome: DialOutcome) => void, retryByHand: () => boolean): void {
  socket.once('open', () => {
    socket.removeAllListeners('error');
    finish({ kind: 'opened', socket: new WsFrameSocket(socket), subprotocol: socket.protocol });
  });
  socket.once('unexpected-response', (request, response) => {
    const status = response.statusCode ?? 0;
    const cause = status === 401 || status === 403 ? 'auth' : 'upgrade';
    const isOfferRefused = OFFER_REFUSED_STATUS.has(status);
    finish({ kind: 'failed', cause, detail: `HTTP ${status}`, isOfferRefused });
    response.destroy();
    request.destroy();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.message === NO_SUBPROTOCOL && retryByHand()) return;
    const isOfferRefused = WRONG_SUBPROTOCOL.has(error.message);
    finish({ kind: 'failed', cause: causeOf(error), detail: detailOf(error), isOfferRefused });
  });
}

/** Base URL and identity, which may hold any OCPP identifier character, joined by exactly one slash. */
export function dialUrl(base: string, identity: string): string {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${encodeURIComponent(identity)}`;
  return url.href;
}

function causeOf(error: NodeJS.ErrnoException): DialCause {
  const code = error.code ?? '';
  if (code === 'ETIMEDOUT') return 'timeout';
  if (DNS_CODES.has(code)) return 'dns';
  if (TLS_CODE.test(code)) return 'tls';
  return TCP_CODES.has(code) ? 'tcp' : 'upgrade';
}

/** An error over several addresses (AggregateError) has an empty message. */
function detailOf(error: NodeJS.ErrnoException): string {
  return error.message === '' ? (error.code ?? error.name) : error.message;
}

function basicOf(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
