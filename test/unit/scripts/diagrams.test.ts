import { describe, expect, it } from 'vitest';
import { assign, setup } from 'xstate';
import { effect } from '../../../machines/shared/effect.ts';
import { chartOf, statesIn } from '../../../scripts/diagrams/chart.ts';
import { dotOf, withSafeFonts, wrap } from '../../../scripts/diagrams/dot.ts';
import { mermaidOf } from '../../../scripts/diagrams/mermaid.ts';
import { storyOf } from '../../../scripts/diagrams/story.ts';

type Event = { type: 'open' | 'close' | 'tick' | 'reset' | 'wanted'; mode: string };

const machine = setup({
  types: { context: {} as { n: number }, events: {} as Event },
  guards: { isMode: (_, params: { actual: string; wanted: string }) => params.actual === params.wanted },
  delays: { grace: 1_000 },
  actions: { count: assign({ n: 1 }), dial: effect(), say: effect<{ code: string }>() },
}).createMachine({
  id: 'door',
  description: 'A door.',
  context: { n: 0 },
  initial: 'shut',
  states: {
    shut: {
      description: 'Nobody <can> pass.',
      entry: 'dial',
      on: {
        open: {
          guard: { type: 'isMode', params: ({ event }) => ({ actual: event.mode, wanted: 'online' }) },
          target: 'ajar',
          actions: ['count', { type: 'say', params: { code: 'door.opened' } }],
        },
        tick: { actions: 'count' },
      },
      after: { grace: 'gone' },
    },
    ajar: {
      description: 'One can pass.',
      type: 'parallel',
      states: {
        light: {
          description: 'Is it lit?',
          initial: 'on',
          states: { on: {}, off: {} },
          on: { wanted: '.off' },
        },
        bell: {
          initial: 'a',
          states: { a: { on: { reset: 'b' } }, b: { on: { reset: 'b' } }, c: { on: { reset: 'b' } } },
        },
      },
      on: { close: 'shut' },
    },
    gone: { type: 'final', description: 'No door.' },
  },
});

const chart = chartOf(machine);
const stateOf = (id: string) => statesIn(chart.root).find((state) => state.id === id)!;

describe('a chart read from a machine', () => {
  it('names event, condition with the params written in the chart, and effects, but not what it remembers', () => {
    expect(chart.edges.find(({ to }) => to === 'door.ajar')).toEqual({
      from: 'door.shut',
      to: 'door.ajar',
      labels: ['open [isMode online] / say door.opened'],
    });
    expect(stateOf('door.shut')).toMatchObject({ onEntry: ['dial'], reactions: ['tick'] });
  });

  it('names a timer by its delay', () => {
    expect(chart.edges.find(({ to }) => to === 'door.gone')!.labels).toEqual(['after grace']);
  });

  it('writes into a state what leads to it from anywhere in its parent', () => {
    expect(stateOf('door.ajar.light.off').arrivals).toEqual(['wanted']);
  });

  it('writes the words of many equal arrows once', () => {
    expect(stateOf('door.ajar.bell.b').arrivals).toEqual(['reset']);
    expect(chart.edges.filter(({ to }) => to === 'door.ajar.bell.b').map(({ labels }) => labels)).toEqual([
      [],
      [],
      [],
    ]);
  });
});

describe('the formats', () => {
  it('Mermaid nests states and divides parallel regions', () => {
    const text = mermaidOf(chart);
    expect(text).toContain('state "ajar" as door_ajar {');
    expect(text).toMatch(/\n {4}--\n/);
    expect(text).toContain('[*] --> door_shut');
    expect(text).toContain('door_gone --> [*]');
    expect(text).toContain('door_shut --> door_ajar : open [isMode online] / say door.opened');
  });

  it('Graphviz text escapes what people wrote and gives every state its id', () => {
    const text = dotOf(chart);
    expect(text).toContain('Nobody &lt;can&gt; pass.');
    for (const { id } of statesIn(chart.root).slice(1)) expect(text).toContain(`id="${id}"`);
  });

  it('the story lists every state with its description', () => {
    const text = storyOf('door', chart);
    expect(text).toContain('| ajar | One can pass. |');
    expect(text).toContain('| shut | ajar | `open [isMode online] / say door.opened` |');
    expect(text).toContain('| several | ajar.light.off | `wanted` |');
  });

  it('is the same each time', () => {
    expect(dotOf(chartOf(machine))).toBe(dotOf(chart));
  });

  it('draws text smaller than it was measured', () => {
    expect(withSafeFonts('<text font-family="Helvetica" font-size="10.00">')).toBe(
      '<text font-family="Helvetica,Arial,sans-serif" font-size="8.80">',
    );
  });

  it('wraps at spaces only', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('averylongword x', 4)).toEqual(['averylongword', 'x']);
    expect(wrap('', 4)).toEqual([]);
  });
});
