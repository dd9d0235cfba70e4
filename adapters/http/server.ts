import { createServer } from 'node:http';
import Fastify, { type FastifyInstance } from 'fastify';
import { type ActorCommands, type ActorSource, addActorRoutes } from './actor-routes.ts';
import { isAllowedHost } from './allowed-host.ts';
import { problem, sendProblem } from './problem.ts';
import { addQueueRoutes, type QueueCommands, type QueueSource } from './queue-routes.ts';

/** What the API reads; each call answers from memory, at once. */
export interface HttpSource extends QueueSource, ActorSource {
  site(): object;
  chargers(): readonly object[];
  sessions(): readonly object[];
  queues(): readonly object[];
  /** The pace at which backlogs go up. */
  replay(): object;
  /** `ready`: chargers can be served. */
  health(): { ready: boolean };
  /** Refused connections of chargers, newest first. */
  refused(): readonly object[];
  /** Newest first, at most `limit`. */
  decisions(limit: number): readonly object[];
}

export interface HttpServerOptions {
  /** Port 0 takes any free one. */
  listen: { host: string; port: number };
  /** Host names, beside IP addresses and localhost, under which browsers may ask. */
  hosts: readonly string[];
  source: HttpSource;
  commands: QueueCommands & ActorCommands;
  /** Told of faults behind a 500; the asker only learns that there was one. */
  report(error: unknown): void;
}

export interface HttpServer {
  readonly address: { host: string; port: number };
  close(): Promise<void>;
}

/** Everything a client could hold open or make us keep is capped; beyond a cap the connection is closed. */
const LIMITS = {
  connectionsMax: 64,
  requestsPerSocketMax: 1_000,
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 5_000,
  headerBytesMax: 8 * 1024,
  bodyBytesMax: 1024,
  urlCharactersMax: 2_048,
} as const;

const DECISIONS_DEFAULT = 50;
const DECISIONS_MAX = 500;

/** The API of a site: reads, and the few commands that people need. It has no users yet, so it belongs on the loopback interface. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const app = Fastify({
    bodyLimit: LIMITS.bodyBytesMax,
    // A charger's id of 48 characters, each percent-encoded.
    routerOptions: { maxParamLength: 3 * 48 },
    forceCloseConnections: true,
    frameworkErrors: (error, _request, reply) => {
      void sendProblem(reply, problem(400, 'BAD_URL', `the address cannot be read (${error.code})`));
    },
    serverFactory: (handler) => {
      const server = createServer({ maxHeaderSize: LIMITS.headerBytesMax }, handler);
      server.maxConnections = LIMITS.connectionsMax;
      server.maxRequestsPerSocket = LIMITS.requestsPerSocketMax;
      server.headersTimeout = LIMITS.headersTimeoutMs;
      server.requestTimeout = LIMITS.requestTimeoutMs;
      server.keepAliveTimeout = LIMITS.keepAliveTimeoutMs;
      return server;
    },
  });
  guard(app, new Set(options.hosts.map((host) => host.toLowerCase())));
  answerErrors(app, options.report);
  addRoutes(app, options.source);
  addQueueRoutes(app, options.source, options.commands);
  addActorRoutes(app, options.source, options.commands);
  await app.listen({ host: options.listen.host, port: options.listen.port });
  const bound = app.server.address();
  return {
    address: {
      host: options.listen.host,
      port: typeof bound === 'object' && bound ? bound.port : options.listen.port,
    },
    close: () => app.close(),
  };
}

function guard(app: FastifyInstance, names: ReadonlySet<string>): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    reply.header('x-content-type-options', 'nosniff');
    reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    if (request.url.length > LIMITS.urlCharactersMax) {
      return sendProblem(
        reply,
        problem(400, 'BAD_URL', `the address is longer than ${LIMITS.urlCharactersMax} characters`),
      );
    }
    if (!isAllowedHost(request.headers.host, names)) {
      const hint = 'ask by IP address or localhost, or list the name under ui.hosts';
      return sendProblem(
        reply,
        problem(421, 'HOST_NOT_ALLOWED', 'this site does not answer to that host name', { hint }),
      );
    }
    const path = request.url.split('?')[0] ?? '';
    if (request.method !== 'GET' && request.method !== 'HEAD' && PATHS.has(path)) {
      reply.header('allow', 'GET, HEAD');
      return sendProblem(reply, problem(405, 'METHOD_NOT_ALLOWED', 'this resource can only be read'));
    }
    return undefined;
  });
}

function answerErrors(app: FastifyInstance, report: HttpServerOptions['report']): void {
  app.setNotFoundHandler((_request, reply) => {
    return sendProblem(
      reply,
      problem(404, 'NOT_FOUND', 'there is no such resource', { hint: 'GET /api/v1/site' }),
    );
  });
  app.setErrorHandler((error, _request, reply) => {
    const status = statusOf(error);
    if (status < 500) return sendProblem(reply, problem(status, 'BAD_REQUEST', 'the request cannot be read'));
    report(error);
    return sendProblem(reply, problem(500, 'INTERNAL', 'the site could not answer; its log says why'));
  });
}

function statusOf(error: unknown): number {
  const status =
    typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
  return status >= 400 && status < 500 ? status : 500;
}

const PATHS: ReadonlySet<string> = new Set([
  '/healthz',
  '/readyz',
  ...['site', 'chargers', 'sessions', 'queues', 'actors', 'refused', 'health', 'decisions'].map(
    (name) => `/api/v1/${name}`,
  ),
]);

function addRoutes(app: FastifyInstance, source: HttpSource): void {
  app.get('/api/v1/site', () => source.site());
  app.get('/api/v1/chargers', () => ({ items: source.chargers() }));
  app.get('/api/v1/sessions', () => ({ items: source.sessions() }));
  app.get('/api/v1/queues', () => ({ items: source.queues(), replay: source.replay() }));
  app.get('/api/v1/refused', () => ({ items: source.refused() }));
  app.get('/api/v1/health', () => source.health());
  app.get<{ Querystring: { limit?: unknown } }>('/api/v1/decisions', (request, reply) => {
    const limit = limitOf(request.query.limit);
    if (limit !== undefined) return { items: source.decisions(limit) };
    const errors = [{ parameter: 'limit', detail: `must be a whole number from 1 to ${DECISIONS_MAX}` }];
    return sendProblem(reply, problem(400, 'BAD_PARAMETER', 'a query parameter is not valid', { errors }));
  });
  // The process runs: whoever asks this restarts it when no answer comes.
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', (_request, reply) => {
    if (source.health().ready) return { status: 'ready' };
    return sendProblem(
      reply,
      problem(503, 'NOT_READY', 'the site cannot serve chargers now', { hint: 'GET /api/v1/health' }),
    );
  });
}

function limitOf(text: unknown): number | undefined {
  if (text === undefined) return DECISIONS_DEFAULT;
  if (typeof text !== 'string' || !/^\d{1,4}$/.test(text)) return undefined;
  const limit = Number(text);
  return limit >= 1 && limit <= DECISIONS_MAX ? limit : undefined;
}
