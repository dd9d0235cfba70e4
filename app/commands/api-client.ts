import { InvalidArgumentError, Option } from 'commander';
import type { Problem } from '../../adapters/http/problem.ts';
import { EXIT } from '../exit-codes.ts';
import { printable } from '../terminal-text.ts';
import type { CommandIo } from './command-io.ts';

/** How commands that talk to a running controller are told where it is, and what to print. */
export interface ApiOptions {
  url: URL;
  json?: true;
}

/** What came back: the document, or why there is none, as a problem (status 0: no answer at all). */
export type ApiAnswer = { document: unknown } | { problem: Problem };

/** Reading a long session back from the journal takes its time. */
const PATIENCE_MS = 60_000;
const DEFAULT_URL = 'http://127.0.0.1:8080';

export function urlOption(): Option {
  return new Option('--url <url>', 'where the controller answers')
    .argParser(controllerUrl)
    .default(new URL(DEFAULT_URL), DEFAULT_URL);
}

export function jsonOption(): Option {
  return new Option('--json', 'one JSON document');
}

function controllerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new InvalidArgumentError(`write an address such as ${DEFAULT_URL}.`);
}

/** Asks the controller; with a `command` it is told to do something (POST). Never throws for what the network does. */
export async function askController(base: URL, path: string, command?: object): Promise<ApiAnswer> {
  const url = new URL(path, base);
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(command === undefined
        ? {}
        : {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(command),
          }),
    });
    const document = (await response.json()) as unknown;
    return response.ok ? { document } : { problem: problemIn(document, response.status) };
  } catch (error) {
    return { problem: unreachable(base, error) };
  }
}

function problemIn(document: unknown, status: number): Problem {
  const { title, code, detail, ...more } = (document ?? {}) as Partial<Problem>;
  return {
    ...more,
    type: 'about:blank',
    title: String(title ?? 'Error'),
    status,
    code: String(code ?? 'UNKNOWN'),
    detail: String(detail ?? `the controller answered ${status}`),
  };
}

function unreachable(base: URL, error: unknown): Problem {
  if (error instanceof SyntaxError) {
    return noAnswer('NOT_A_CONTROLLER', `what answers at ${base.origin} is not Holdfast`);
  }
  if (error instanceof Error && error.name === 'TimeoutError') {
    return noAnswer('TIMED_OUT', `no answer from ${base.origin} within ${PATIENCE_MS / 1_000} s`);
  }
  const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
  return noAnswer('CANNOT_REACH', `cannot reach ${base.origin}${code === undefined ? '' : ` (${code})`}`);
}

function noAnswer(code: string, detail: string): Problem {
  const hint = 'is the controller running there? its ui.listen says where it answers; give it with --url';
  return { type: 'about:blank', title: 'No answer', status: 0, code, detail, hint };
}

/** Says what went wrong (as JSON on stdout when JSON was wanted) and gives the exit code for it. */
export function reportProblem(problem: Problem, { json }: { json?: true }, io: CommandIo): number {
  if (json) io.stdout.write(`${JSON.stringify(problem)}\n`);
  else {
    io.stderr.write(`${printable(problem.detail)}\n`);
    for (const { detail, ...at } of problem.errors ?? []) {
      io.stderr.write(`  ${printable(`${'pointer' in at ? at.pointer : at.parameter}: ${detail}`)}\n`);
    }
    if (problem.hint !== undefined) io.stderr.write(`hint: ${printable(problem.hint)}\n`);
  }
  return exitCodeOf(problem);
}

function exitCodeOf({ status, code }: Problem): number {
  if (code === 'TIMED_OUT') return EXIT.timedOut;
  if (status === 0) return EXIT.cannotReach;
  if (status === 404) return EXIT.notFound;
  return status === 401 || status === 403 || status === 421 ? EXIT.notAllowed : EXIT.failed;
}
