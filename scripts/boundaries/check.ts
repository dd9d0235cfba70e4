import { posix } from 'node:path';
import { codeOnly, type Import, importsOf, lineOf } from './source.ts';

/** What is wrong, where, and what to do about it. */
export interface Finding {
  severity: 'error' | 'warning';
  file: string;
  line: number;
  problem: string;
  remedy: string;
}

/** Who may import whom: docs/ARCHITECTURE.md. Specifiers are paths from the root, or package names. */
interface FolderRule {
  folder: string;
  allows(target: string, from: string, typeOnly: boolean): boolean;
  remedy: string;
}

const under = (target: string, ...folders: string[]): boolean =>
  folders.some((folder) => target.startsWith(`${folder}/`));
const isNode = (target: string): boolean => target.startsWith('node:');
const isPackage = (target: string): boolean => !isNode(target) && !ROOTS.some((root) => under(target, root));

const ROOTS = [
  'machines',
  'actors',
  'runtime',
  'adapters',
  'simulation',
  'app',
  'bench',
  'test',
  'scripts',
  'web',
];

/** Parts of the runtime that only it and the composition root touch. */
const RUNTIME_INSIDES = ['runtime/host', 'runtime/persistence', 'runtime/supervision'];

const RULES: readonly FolderRule[] = [
  {
    folder: 'machines',
    allows: (target) => target === 'xstate' || under(target, 'machines'),
    remedy: 'a machine is pure: let its binding in actors/ bring what it needs with the event',
  },
  {
    folder: 'runtime',
    allows: (target, from) =>
      under(target, 'runtime') ||
      isNode(target) ||
      target === 'pino' ||
      (target === 'xstate' && under(from, 'runtime/host')) ||
      (target === 'lmdb' && from === 'runtime/persistence/lmdb-store.ts'),
    remedy: 'the runtime knows nothing of charging, and each library sits in one place: pass it in from app/',
  },
  {
    folder: 'actors',
    allows: (target, _from, typeOnly) =>
      under(target, 'machines', 'actors', 'runtime') || (target === 'xstate' && typeOnly),
    remedy: 'a binding reaches the outside by port effects (actors/ports.ts) only',
  },
  {
    folder: 'adapters',
    allows: (target, from, typeOnly) =>
      isPackage(target) ||
      isNode(target) ||
      under(target, 'machines/shared', adapterOf(from), 'adapters/ocpp') ||
      (under(target, 'runtime') && (typeOnly || !under(target, ...RUNTIME_INSIDES))) ||
      target === 'actors/ports.ts' ||
      target === 'actors/tells.ts' ||
      (under(target, 'machines') && target.endsWith('.messages.ts')),
    remedy:
      'adapters know ports, tells and messages, never each other: move what they share to adapters/ocpp or runtime/',
  },
  {
    folder: 'simulation',
    allows: (target) =>
      under(target, 'simulation', 'machines', 'actors', 'runtime', 'adapters/ocpp') ||
      isNode(target) ||
      isPackage(target),
    remedy: 'the simulated outside is independent of app/ and of the adapters that it tests',
  },
];

function adapterOf(file: string): string {
  return file.split('/').slice(0, 2).join('/');
}

/** Time, chance and environment reach the product through ports only. */
const BANNED: ReadonlyArray<{ name: string; pattern: RegExp; remedy: string }> = [
  { name: 'Date.now', pattern: /\bDate\s*\.\s*now\b/g, remedy: 'take the time from the Clock port' },
  {
    name: 'the present time as a Date',
    pattern: /\bnew\s+Date\s*(?:\(\s*\)|(?![\s(]))|(?<![.\w$]|new\s)Date\s*\(/g,
    remedy: 'take the time from the Clock port',
  },
  {
    name: 'a timer of the process',
    pattern: /(?<![.\w$])(?:globalThis\s*\.\s*)?set(?:Timeout|Interval|Immediate)\b(?!\s*[:?])/g,
    remedy: 'use the Clock port (setTimer, defer), or a durable timer of the machine',
  },
  { name: 'Math.random', pattern: /\bMath\s*\.\s*random\b/g, remedy: 'use the Random port' },
  { name: 'performance', pattern: /(?<![.\w$])performance\s*\./g, remedy: 'use Clock.monotonicMs' },
  { name: 'randomUUID', pattern: /\brandomUUID\b/g, remedy: 'use Random.uuid, or Turn.newUuid' },
  {
    name: 'process.env',
    pattern: /\bprocess\s*\.\s*env\b/g,
    remedy: 'read it in app/ and pass the value in',
  },
  { name: 'process.hrtime', pattern: /\bprocess\s*\.\s*hrtime\b/g, remedy: 'use Clock.monotonicMs' },
];

const TIMER_MODULES = new Set(['node:timers', 'node:timers/promises', 'node:perf_hooks']);

const PORT_FOLDERS = ['machines', 'actors', 'runtime', 'adapters', 'simulation'];

/** The ports themselves, and the simulator's twin of them, which must step between macrotasks. */
const IS_PORT = /^runtime\/system-[a-z-]+\.ts$|^simulation\/virtual-clock\.ts$/;

const SIZED_FOLDERS = ['machines', 'actors', 'runtime', 'adapters', 'app'];
const LINES_WANTED = 300;
const LINES_MAX = 350;

/** @param files path from the root (with `/`) → text. Only TypeScript files are looked at. */
export function checkBoundaries(files: ReadonlyMap<string, string>): Finding[] {
  return [...files]
    .filter(([file]) => file.endsWith('.ts'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([file, text]) => [
      ...importFindings(file, text),
      ...banFindings(file, text),
      ...sizeFindings(file, text),
    ]);
}

function importFindings(file: string, text: string): Finding[] {
  const rule = RULES.find(({ folder }) => under(file, folder));
  const findings: Finding[] = [];
  for (const each of importsOf(text)) {
    const target = resolve(file, each.specifier);
    if (rule && !rule.allows(target, file, each.typeOnly)) {
      findings.push(importFinding(file, each, `${rule.folder}/ must not import ${target}`, rule.remedy));
    }
    if (each.specifier.startsWith('.') && !/\.(?:[cm]?[jt]s|json)$/.test(each.specifier)) {
      findings.push(
        importFinding(
          file,
          each,
          `import of ${each.specifier} has no file ending`,
          'write the .ts: Node resolves no others',
        ),
      );
    }
    if (TIMER_MODULES.has(target) && usesPorts(file)) {
      findings.push(importFinding(file, each, `${target} is time from outside`, 'use the Clock port'));
    }
  }
  return findings;
}

function importFinding(file: string, { line }: Import, problem: string, remedy: string): Finding {
  return { severity: 'error', file, line, problem, remedy };
}

function resolve(file: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : specifier;
}

function usesPorts(file: string): boolean {
  return under(file, ...PORT_FOLDERS) && !IS_PORT.test(file);
}

function banFindings(file: string, text: string): Finding[] {
  if (!usesPorts(file)) return [];
  const code = codeOnly(text);
  return BANNED.flatMap(({ name, pattern, remedy }) =>
    [...code.matchAll(pattern)].map(
      (match): Finding => ({
        severity: 'error',
        file,
        line: lineOf(code, match.index),
        problem: `${name} is not allowed here`,
        remedy,
      }),
    ),
  );
}

function sizeFindings(file: string, text: string): Finding[] {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (!under(file, ...SIZED_FOLDERS) || lines <= LINES_WANTED) return [];
  return [
    {
      severity: lines > LINES_MAX ? 'error' : 'warning',
      file,
      line: lines,
      problem: `${lines} lines; about ${LINES_WANTED} are wanted, ${LINES_MAX} are the most`,
      remedy: 'one concept per file: move the second one out',
    },
  ];
}
