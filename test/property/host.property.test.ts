import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Address } from '../../runtime/address.ts';
import { HostWorld, type WorldStep } from '../helpers/host-world.ts';

/** More on request: HOLDFAST_PROPERTY_RUNS=5000. */
const RUNS = Number(process.env.HOLDFAST_PROPERTY_RUNS ?? 200);
const TIMEOUT_MS = 30_000 + RUNS * 100;

const NODES: readonly Address[] = ['node/a', 'node/b', 'node/c'];
const node = fc.constantFrom(...NODES);
/** Somebody, or a kind that does not exist. */
const anybody = fc.oneof(
  { weight: 12, arbitrary: node },
  { weight: 1, arbitrary: fc.constant<Address>('ghost/x') },
);

function post(
  type: string | fc.Arbitrary<string>,
  data: fc.Arbitrary<Extract<WorldStep, { do: 'post' }>['data']> = fc.constant({}),
): fc.Arbitrary<WorldStep> {
  const types = typeof type === 'string' ? fc.constant(type) : type;
  return fc.record({ do: fc.constant('post' as const), to: node, type: types, data });
}

const simply = fc.constantFrom('made', 'made', 'made', 'add', 'relaxed', 'answer', 'arm', 'arm', 'disarm');
const steps: fc.Arbitrary<WorldStep> = fc.oneof(
  { weight: 12, arbitrary: post(simply) },
  { weight: 3, arbitrary: post(fc.constantFrom('stumble', 'explode', 'finish')) },
  { weight: 3, arbitrary: post('send', fc.record({ to: anybody, times: fc.integer({ min: 1, max: 12 }) })) },
  { weight: 3, arbitrary: post('latest', fc.record({ to: anybody, key: fc.constantFrom('x', 'y') })) },
  { weight: 2, arbitrary: post('hop', fc.record({ path: fc.array(anybody, { maxLength: 4 }) })) },
  { weight: 3, arbitrary: post('limit', fc.record({ cut: fc.boolean() })) },
  {
    weight: 1,
    arbitrary: node.map(
      (to) => ({ do: 'post', to, type: 'limit', data: { cut: true }, urgent: true }) as const,
    ),
  },
  {
    weight: 10,
    arbitrary: fc
      .oneof(
        { weight: 40, arbitrary: fc.constantFrom(0, 1, 3, 20, 60, 260, 400, 1_100, 5_000) },
        { weight: 1, arbitrary: fc.constant(670_000) },
      )
      .map((ms) => ({ do: 'pass', ms }) as const),
  },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 1, max: 8 }).map((commits) => ({ do: 'fail', commits }) as const),
  },
  { weight: 1, arbitrary: fc.constantFrom({ do: 'stall' } as const) },
  { weight: 2, arbitrary: fc.constantFrom({ do: 'resume' } as const) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('busAway', 'busSilent', 'busBack', 'record')
      .map((what) => ({ do: what }) as WorldStep),
  },
);
const crashes = fc
  .constantFrom('kill', 'powerCut', 'reboot', 'stop')
  .map((what) => ({ do: what }) as WorldStep);
/** Most nodes are in being from the start, so that there is something to break. */
const births = fc
  .subarray([...NODES], { minLength: 0 })
  .map((nodes) => nodes.map((to): WorldStep => ({ do: 'post', to, type: 'made', data: {} })));

function programs(step: fc.Arbitrary<WorldStep>): fc.Arbitrary<WorldStep[]> {
  const then = fc.array(step, { minLength: 5, maxLength: 60 });
  return fc.tuple(births, then).map(([first, rest]) => [...first, ...rest]);
}

const commitMs = fc.array(fc.constantFrom(0, 0, 1, 5, 40, 200), { minLength: 1, maxLength: 5 });

async function problemsOf(
  program: readonly WorldStep[],
  commitTimesMs: readonly number[],
): Promise<string[]> {
  const world = new HostWorld(commitTimesMs);
  await world.run(program);
  return world.problems;
}

test(
  'whatever happens short of a crash, the host does exactly what a dumb sequential twin does',
  async () => {
    const program = programs(steps);
    await fc.assert(
      fc.asyncProperty(program, commitMs, async (program, times) => {
        expect(await problemsOf(program, times)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);

test(
  'kills, power cuts, reboots and stops lose and double nothing that was committed',
  async () => {
    const program = programs(fc.oneof({ weight: 9, arbitrary: steps }, { weight: 1, arbitrary: crashes }));
    await fc.assert(
      fc.asyncProperty(program, commitMs, async (program, times) => {
        expect(await problemsOf(program, times)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);
