import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInspector, type StatelyInspectionEvent } from '@statelyai/inspect';
import { WebSocket, WebSocketServer } from 'ws';
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { inspectorPage, STATELY_ORIGIN } from './page.ts';
import { type ShownSnapshot, shownDefinition, shownSnapshot } from './redact.ts';

export interface InspectorFeedOptions {
  /** 0 takes any free port. */
  port: number;
  /** Loopback only: the feed has no users. */
  host: '127.0.0.1';
}

/** An actor as the host's observer knows it. */
export interface SeenActor {
  address: string;
  machine: AnyStateMachine;
  snapshot: AnyMachineSnapshot;
}

export interface DoneTurn {
  address: string;
  /** Only its type is shown. */
  event: { type: string };
  snapshot: AnyMachineSnapshot;
}

export interface InspectorFeed {
  /** The page to open in a browser on this machine; WebSocket clients use the same host and port. */
  readonly url: string;
  readonly port: number;
  /** A running actor: announced to watchers, and to every later watcher first. */
  actorSeen(actor: SeenActor): void;
  turnDone(turn: DoneTurn): void;
  /** An actor that ended or was put away: later watchers are not told of it. */
  actorGone(address: string): void;
  close(): Promise<void>;
}

/** A watcher that reads too slowly is cut off; further watchers are refused; the oldest actors are no longer announced. */
const LIMITS = { watchersMax: 8, watcherBacklogBytesMax: 4 * 1024 * 1024, actorsMax: 5_000 } as const;

interface KnownActor {
  definition: Record<string, unknown>;
  shown: ShownSnapshot;
}

/** Messages in the form of `@statelyai/inspect`, to watchers on this machine; the library's own relay is not used: it binds every interface. */
export async function createInspectorFeed(options: InspectorFeedOptions): Promise<InspectorFeed> {
  const actors = new Map<string, KnownActor>();
  const definitions = new WeakMap<AnyStateMachine, Record<string, unknown>>();
  const server = createServer(answerPage);
  const watchers = new WebSocketServer({ noServer: true, maxPayload: 1024, perMessageDeflate: false });
  let audience: Iterable<WebSocket> = watchers.clients;
  const inspector = createInspector(
    { send: (event) => broadcast(audience, event) },
    // The library leaves the name to the machine and the root open; every actor of ours is a root with an address.
    {
      serialize: (event) => ({
        ...event,
        rootId: event.sessionId,
        ...(event.type === '@xstate.actor' ? { name: event.sessionId } : {}),
      }),
    },
  );
  const announce = (address: string, actor: KnownActor): void =>
    inspector.actor(actorRef(address, actor.definition), actor.shown);

  watchers.on('connection', (watcher) => {
    watcher.on('error', () => watcher.terminate());
    // Answers to this watcher only: the ones before it know these actors.
    audience = [watcher];
    for (const [address, actor] of actors) announce(address, actor);
    audience = watchers.clients;
  });
  admitWatchers(server, watchers);
  await listening(server, options);
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://${options.host}:${port}/`,
    port,
    actorSeen({ address, machine, snapshot }) {
      const definition = definitions.get(machine) ?? shownDefinition(machine);
      definitions.set(machine, definition);
      const actor = { definition, shown: shownSnapshot(snapshot) };
      remember(actors, address, actor);
      announce(address, actor);
    },
    turnDone({ address, event, snapshot }) {
      const actor = actors.get(address);
      if (actor === undefined) return;
      actor.shown = shownSnapshot(snapshot);
      const shownEvent = { type: event.type };
      inspector.event(address, shownEvent);
      inspector.snapshot(address, actor.shown, { event: shownEvent });
    },
    actorGone: (address) => void actors.delete(address),
    close: () => closed(server, watchers),
  };
}

function remember(actors: Map<string, KnownActor>, address: string, actor: KnownActor): void {
  actors.delete(address);
  actors.set(address, actor);
  if (actors.size <= LIMITS.actorsMax) return;
  const [oldest] = actors.keys();
  if (oldest !== undefined) actors.delete(oldest);
}

/** The part of an actor reference that the library reads: our actors are the host's, never handed to it. */
function actorRef(
  address: string,
  definition: Record<string, unknown>,
): Parameters<ReturnType<typeof createInspector>['actor']>[0] {
  return {
    sessionId: address,
    id: address,
    logic: { config: definition },
    send: () => undefined,
  } as unknown as Parameters<ReturnType<typeof createInspector>['actor']>[0];
}

function broadcast(audience: Iterable<WebSocket>, event: StatelyInspectionEvent): void {
  let text: string | undefined;
  for (const watcher of audience) {
    if (watcher.readyState !== WebSocket.OPEN) continue;
    if (watcher.bufferedAmount > LIMITS.watcherBacklogBytesMax) watcher.terminate();
    else {
      text ??= JSON.stringify(event);
      watcher.send(text);
    }
  }
}

function answerPage(request: IncomingMessage, response: ServerResponse): void {
  if (request.url !== '/' || request.method !== 'GET' || !isOwnHost(request)) {
    response.writeHead(404).end();
    return;
  }
  const nonce = randomBytes(16).toString('base64');
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self' ws://${request.headers.host}; frame-src ${STATELY_ORIGIN}; frame-ancestors 'none'`,
  });
  response.end(inspectorPage(nonce));
}

function admitWatchers(server: Server, watchers: WebSocketServer): void {
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (!isOwnHost(request) || !isOwnOrigin(request) || watchers.clients.size >= LIMITS.watchersMax) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    watchers.handleUpgrade(request, socket, head, (watcher) => watchers.emit('connection', watcher, request));
  });
}

/** Any web page may open a WebSocket to this machine; only our own page, or a program (no Origin), gets the feed. */
function isOwnOrigin(request: IncomingMessage): boolean {
  return request.headers.origin === undefined || request.headers.origin === `http://${request.headers.host}`;
}

function isOwnHost(request: IncomingMessage): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '');
}

function listening(server: Server, { host, port }: InspectorFeedOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closed(server: Server, watchers: WebSocketServer): Promise<void> {
  for (const watcher of watchers.clients) watcher.terminate();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
