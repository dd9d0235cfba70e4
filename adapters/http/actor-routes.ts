import type { FastifyInstance } from 'fastify';
import { guardCommand, REASON_RULE, reasonIn } from './commands.ts';
import { type Problem, problem, sendProblem } from './problem.ts';

export interface ActorSource {
  /** Those that supervision has set aside first. */
  actors(which: { quarantinedOnly: boolean }): readonly object[];
}

export interface ActorCommands {
  /** Lets an actor that was set aside run again at once. The reason is journalled. */
  release(address: string, reason: string): ReleaseResult;
}

export type ReleaseResult = 'released' | 'notQuarantined' | 'unknownActor';

export function addActorRoutes(app: FastifyInstance, source: ActorSource, commands: ActorCommands): void {
  app.get<{ Querystring: { quarantined?: unknown } }>('/api/v1/actors', (request, reply) => {
    const { quarantined = 'false' } = request.query;
    if (quarantined === 'true' || quarantined === 'false') {
      return { items: source.actors({ quarantinedOnly: quarantined === 'true' }) };
    }
    const errors = [{ parameter: 'quarantined', detail: 'must be true or false' }];
    return sendProblem(reply, problem(400, 'BAD_PARAMETER', 'a query parameter is not valid', { errors }));
  });
  // An address is a kind and an id, which may hold slashes itself: connector/cp-01/2.
  app.post<{ Params: { '*': string } }>('/api/v1/actors/*', { onRequest: guardCommand }, (request, reply) => {
    const address = /^([^/]+\/.+)\/release$/.exec(request.params['*'])?.[1];
    if (address === undefined) {
      const hint = 'POST /api/v1/actors/{kind}/{id}/release';
      return sendProblem(reply, problem(404, 'NOT_FOUND', 'there is no such command', { hint }));
    }
    const reason = reasonIn(request.body);
    if (reason === undefined) {
      const errors = [{ pointer: '/reason', detail: REASON_RULE }];
      return sendProblem(reply, problem(400, 'BAD_COMMAND', 'the command is not complete', { errors }));
    }
    const result = commands.release(address, reason);
    return result === 'released' ? { address, state: 'released' } : sendProblem(reply, REFUSALS[result]);
  });
}

const REFUSALS: Readonly<Record<Exclude<ReleaseResult, 'released'>, Problem>> = {
  unknownActor: problem(404, 'UNKNOWN_ACTOR', 'there is no such actor', {
    hint: 'GET /api/v1/actors?quarantined=true lists those that are set aside',
  }),
  notQuarantined: problem(409, 'NOT_QUARANTINED', 'the actor is not set aside: it runs', {
    hint: 'GET /api/v1/actors?quarantined=true lists those that are',
  }),
};
