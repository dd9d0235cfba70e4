import { describe, expect, it } from 'vitest';
import { checkBoundaries, type Finding } from '../../../scripts/boundaries/check.ts';

function findingsIn(file: string, text: string): Finding[] {
  return checkBoundaries(new Map([[file, text]]));
}

const problems = (file: string, text: string) => findingsIn(file, text).map(({ problem }) => problem);

describe('imports', () => {
  it('says what is wrong, where, and what to do, when a machine imports the runtime', () => {
    const text =
      "import { assign } from 'xstate';\n\nimport type { Json } from '../../runtime/envelope.ts';\n";
    expect(findingsIn('machines/session/session.rules.ts', text)).toEqual([
      {
        severity: 'error',
        file: 'machines/session/session.rules.ts',
        line: 3,
        problem: 'machines/ must not import runtime/envelope.ts',
        remedy: expect.stringContaining('actors/'),
      },
    ]);
  });

  it.each([
    ['machines/a.ts', 'node:crypto'],
    ['machines/a.ts', 'ws'],
    ['machines/a.ts', '../actors/tells.ts'],
    ['runtime/a.ts', '../machines/catalogue.ts'],
    ['runtime/a.ts', '../actors/tells.ts'],
    ['runtime/timers.ts', 'xstate'],
    ['runtime/persistence/other.ts', 'lmdb'],
    ['runtime/a.ts', 'ws'],
    ['actors/a.ts', '../adapters/ocpp/frame.ts'],
    ['actors/a.ts', 'node:fs'],
    ['actors/a.ts', 'xstate'],
    ['adapters/http/a.ts', '../nats/subjects.ts'],
    ['adapters/ocpp-south/a.ts', '../ocpp-north/gateway.ts'],
    ['adapters/http/a.ts', '../../app/main.ts'],
    ['adapters/http/a.ts', '../../actors/charger-actor.ts'],
    ['adapters/http/a.ts', '../../machines/session/session.machine.ts'],
    ['adapters/http/a.ts', '../../runtime/persistence/lmdb-store.ts'],
    ['simulation/a.ts', '../app/main.ts'],
    ['simulation/a.ts', '../adapters/nats/subjects.ts'],
  ])('%s must not import %s', (file, specifier) => {
    expect(problems(file, `import { x } from '${specifier}';\n`)).toHaveLength(1);
  });

  it.each([
    ['machines/session/a.ts', '../shared/mode.ts'],
    ['machines/a.ts', 'xstate'],
    ['runtime/host/step.ts', 'xstate'],
    ['runtime/persistence/lmdb-store.ts', 'lmdb'],
    ['runtime/log.ts', 'pino'],
    ['runtime/a.ts', 'node:fs'],
    ['actors/a.ts', '../runtime/address.ts'],
    ['actors/link/a.ts', '../../machines/shared/raw-json.ts'],
    ['adapters/ocpp-south/a.ts', '../ocpp/frame.ts'],
    ['adapters/ocpp-south/a.ts', './server.ts'],
    ['adapters/ocpp-south/a.ts', 'ws'],
    ['adapters/http/a.ts', '../../machines/session/session.messages.ts'],
    ['adapters/http/a.ts', '../../actors/tells.ts'],
    ['simulation/a.ts', '../adapters/ocpp/frame.ts'],
    ['app/a.ts', '../adapters/nats/subjects.ts'],
    ['test/a.test.ts', '../app/main.ts'],
  ])('%s may import %s', (file, specifier) => {
    expect(problems(file, `import { x } from '${specifier}';\n`)).toEqual([]);
  });

  it('lets a binding name types of xstate', () => {
    expect(problems('actors/a.ts', "import type { AnyMachineSnapshot } from 'xstate';\n")).toEqual([]);
  });

  it.each([
    ['a bare import', "import '../runtime/log.ts';\n"],
    ['a re-export', "export { x } from '../runtime/log.ts';\n"],
    ['a star re-export', "export * from '../runtime/log.ts';\n"],
    ['an import over several lines', "import {\n  a,\n  b,\n} from '../runtime/log.ts';\n"],
    ['a dynamic import', "const x = await import('../runtime/log.ts');\n"],
    [
      'an import behind another without semicolon',
      "import a from './a.ts'\nimport b from '../runtime/log.ts'\n",
    ],
  ])('finds %s', (_, text) => {
    expect(problems('machines/a.ts', text)).toEqual(['machines/ must not import runtime/log.ts']);
  });

  it('does not take a comment for an import', () => {
    expect(
      problems('machines/a.ts', "// import x from '../runtime/log.ts';\n/*\nimport 'ws';\n*/\n"),
    ).toEqual([]);
  });

  it('wants file endings', () => {
    expect(problems('app/a.ts', "import { x } from './b';\n")).toHaveLength(1);
  });
});

describe('time, chance and environment', () => {
  it.each([
    'Date.now()',
    'new Date()',
    'new Date',
    'Date()',
    'setTimeout(f, 1)',
    'globalThis.setTimeout(f, 1)',
    'const later = setImmediate;',
    'setInterval(f, 1)',
    'Math.random()',
    'performance.now()',
    'crypto.randomUUID()',
    'process.env.HOME',
    "process.env['HOME']",
    'process.hrtime.bigint()',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source text of a template
    '`${Date.now()}`',
    'const quote = /["\']/; Date.now()',
  ])('are refused in product code: %s', (code) => {
    for (const file of [
      'machines/a.ts',
      'actors/a.ts',
      'runtime/host/a.ts',
      'adapters/http/a.ts',
      'simulation/a.ts',
    ]) {
      expect(problems(file, `${code}\n`)).toHaveLength(1);
    }
  });

  it.each([
    'new Date(at).toISOString()',
    'socket.setTimeout(1_000)',
    'const clock = { setTimeout: () => 0 };',
    '// Date.now() is not for us',
    "const text = 'Date.now()';",
    '`Date.now()`',
    'const pattern = /Date.now/;',
  ])('are not seen where they are not: %s', (code) => {
    expect(problems('machines/a.ts', `${code}\n`)).toEqual([]);
  });

  it.each([
    'runtime/system-clock.ts',
    'runtime/system-random.ts',
    'app/main.ts',
    'scripts/a.ts',
    'bench/a.ts',
    'test/a.ts',
  ])('are allowed in %s', (file) =>
    expect(problems(file, 'Date.now(); Math.random(); setTimeout(f, 1); process.env.HOME;\n')).toEqual([]),
  );

  it('does not let timers in by the back door', () => {
    const text = "import { setTimeout as sleep } from 'node:timers/promises';\n";
    expect(problems('adapters/nats/a.ts', text)).toContain('node:timers/promises is time from outside');
  });

  it('names the line', () => {
    expect(findingsIn('machines/a.ts', '/* one\ntwo */\nconst t = Date.now();\n')[0]).toMatchObject({
      line: 3,
    });
  });
});

describe('size', () => {
  const lines = (n: number) => 'const x = 1;\n'.repeat(n);
  it.each([
    [300, []],
    [301, ['warning']],
    [350, ['warning']],
    [351, ['error']],
  ])('of a file with %i lines: %j', (n, severities) => {
    expect(findingsIn('machines/a.ts', lines(n)).map(({ severity }) => severity)).toEqual(severities);
  });

  it('of a test is not limited', () => expect(findingsIn('test/a.test.ts', lines(1_000))).toEqual([]));
});
