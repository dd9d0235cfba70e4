import type { FastifyInstance } from 'fastify';
import { guardCommand, memberOf, REASON_RULE, reasonIn } from './commands.ts';
import { type Problem, problem, sendProblem } from './problem.ts';

export interface QueuePage {
  /** Only entries with a higher number; the last number of the page before. */
  after: number;
  limit: number;
}

export interface QueueSource {
  /** What is kept for the CPMS of one charger, by number; undefined: there is no such charger. */
  queue(charger: string, page: QueuePage): object | undefined;
}

export interface QueueCommands {
  /** Sends a dead letter or a parked message again. Only accepted here: what came of it shows in the queue. */
  resend(charger: string, n: number, reason: string): CommandResult;
  /** Sends a delivered transaction again as a whole, behind everything else; gives how many messages that are. */
  resendSession(
    charger: string,
    session: string,
    reason: string,
  ): Promise<CommandResult | { messages: number }>;
}

/** `busy`: not now, for example because the store fails; `why` says so. */
export type CommandResult =
  | 'accepted'
  | 'unknownCharger'
  | 'unknownMessage'
  | 'unknownSession'
  | 'notDelivered'
  | 'notInJournal'
  | 'tooMany'
  | 'stillQueued'
  | 'neverLeaves'
  | { refused: 'busy'; why: string };

const PAGE_DEFAULT = 100;
const PAGE_MAX = 500;
const NUMBER_MAX = 999_999_999_999;

export function addQueueRoutes(app: FastifyInstance, source: QueueSource, commands: QueueCommands): void {
  app.get<{ Params: { charger: string }; Querystring: Record<string, unknown> }>(
    '/api/v1/queues/:charger',
    (request, reply) => {
      const after = wholeNumber(request.query.after ?? '0', 0, NUMBER_MAX);
      const limit = wholeNumber(request.query.limit ?? String(PAGE_DEFAULT), 1, PAGE_MAX);
      if (after === undefined || limit === undefined) {
        return sendProblem(reply, badPage(after === undefined, limit === undefined));
      }
      return (
        source.queue(request.params.charger, { after, limit }) ??
        sendProblem(reply, problemOf('unknownCharger'))
      );
    },
  );
  app.post<{ Params: { charger: string } }>(
    '/api/v1/queues/:charger/resend',
    { onRequest: guardCommand },
    (request, reply) => {
      const { charger } = request.params;
      const n = memberOf(request.body, 'n');
      const reason = reasonIn(request.body);
      if (!isNumber(n) || reason === undefined) {
        return sendProblem(reply, badCommand(!isNumber(n), reason === undefined));
      }
      const result = commands.resend(charger, n, reason);
      if (result !== 'accepted') return sendProblem(reply, problemOf(result));
      return reply.code(202).send({ charger, n, state: 'accepted' });
    },
  );
  addSessionRoute(app, commands);
}

function addSessionRoute(app: FastifyInstance, commands: QueueCommands): void {
  app.post<{ Params: { charger: string } }>(
    '/api/v1/queues/:charger/resend-session',
    { onRequest: guardCommand },
    async (request, reply) => {
      const { charger } = request.params;
      const session = memberOf(request.body, 'session');
      const reason = reasonIn(request.body);
      if (!isSession(session) || reason === undefined) {
        return sendProblem(reply, badSessionCommand(!isSession(session), reason === undefined));
      }
      const result = await commands.resendSession(charger, session, reason);
      if (typeof result === 'object' && 'messages' in result) {
        return reply.code(202).send({ charger, session, messages: result.messages, state: 'accepted' });
      }
      return sendProblem(reply, problemOf(result as Exclude<CommandResult, 'accepted'>));
    },
  );
}

function isSession(session: unknown): session is string {
  return typeof session === 'string' && /^[0-9a-f-]{36}$/.test(session);
}

function badSessionCommand(session: boolean, reason: boolean): Problem {
  const errors = [
    ...(session ? [{ pointer: '/session', detail: 'must be the id of a session' }] : []),
    ...(reason ? [{ pointer: '/reason', detail: REASON_RULE }] : []),
  ];
  return problem(400, 'BAD_COMMAND', 'the command is not complete', { errors });
}

function isNumber(n: unknown): n is number {
  return Number.isSafeInteger(n) && (n as number) >= 0 && (n as number) <= NUMBER_MAX;
}

function wholeNumber(text: unknown, min: number, max: number): number | undefined {
  if (typeof text !== 'string' || !/^\d{1,12}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}

function badPage(after: boolean, limit: boolean): Problem {
  const errors = [
    ...(after ? [{ parameter: 'after', detail: 'must be the number of an entry' }] : []),
    ...(limit ? [{ parameter: 'limit', detail: `must be a whole number from 1 to ${PAGE_MAX}` }] : []),
  ];
  return problem(400, 'BAD_PARAMETER', 'a query parameter is not valid', { errors });
}

function badCommand(n: boolean, reason: boolean): Problem {
  const errors = [
    ...(n ? [{ pointer: '/n', detail: 'must be the number of a dead letter or parked message' }] : []),
    ...(reason ? [{ pointer: '/reason', detail: REASON_RULE }] : []),
  ];
  return problem(400, 'BAD_COMMAND', 'the command is not complete', { errors });
}

const REFUSALS: Readonly<
  Record<Exclude<CommandResult, 'accepted' | object>, [number, string, string, string?]>
> = {
  unknownCharger: [
    404,
    'UNKNOWN_CHARGER',
    'there is no such charger',
    'GET /api/v1/queues lists all chargers that are known here',
  ],
  unknownMessage: [
    404,
    'UNKNOWN_MESSAGE',
    'nothing of that number is kept for this charger',
    'GET /api/v1/queues/{charger} lists what is kept; what was delivered is not',
  ],
  stillQueued: [
    409,
    'STILL_QUEUED',
    'it is in the queue',
    'what is queued goes up by itself; GET /api/v1/queues/{charger} shows when',
  ],
  neverLeaves: [
    409,
    'NEVER_LEAVES',
    'the charger made up the transaction id of this message: it must not go upstream',
  ],
  unknownSession: [
    404,
    'UNKNOWN_SESSION',
    'this charger had no such session, or it is older than 90 days',
    'GET /api/v1/sessions lists the latest sessions',
  ],
  notDelivered: [
    409,
    'NOT_DELIVERED',
    'the session is not over, or its start is a dead letter or parked',
    'send what is dead or parked again by its number: GET /api/v1/queues/{charger}',
  ],
  notInJournal: [404, 'NOT_IN_JOURNAL', 'the journal does not hold the messages of this session'],
  tooMany: [409, 'TOO_MANY', 'the session has too many messages to be sent again'],
};

function problemOf(result: Exclude<CommandResult, 'accepted'>): Problem {
  if (typeof result === 'object') {
    return problem(503, 'NOT_NOW', result.why, { hint: 'try again later; GET /api/v1/health says more' });
  }
  const [status, code, detail, hint] = REFUSALS[result];
  return problem(status, code, detail, hint === undefined ? {} : { hint });
}
