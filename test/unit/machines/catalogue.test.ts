import { describe, expect, it } from 'vitest';
import type { AnyStateNode } from 'xstate';
import { machines } from '../../../machines/catalogue.ts';

function statesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap((child) => statesOf(child as AnyStateNode))];
}

const MODES = ['fallback', 'offline', 'online', 'resync'];

describe.each(Object.entries(machines))('the %s machine', (_kind, machine) => {
  const states = statesOf(machine.root);

  it('tells the story of every state', () => {
    expect(states.filter(({ description }) => !description).map(({ id }) => id)).toEqual([]);
  });

  it('makes its four modes explicit as siblings', () => {
    const withModes = states.filter((state) => MODES.every((mode) => mode in state.states));
    expect(withModes.length).toBeGreaterThan(0);
  });

  it('nests rather than have more than eight sibling states', () => {
    expect(states.filter((state) => Object.keys(state.states).length > 8).map(({ id }) => id)).toEqual([]);
  });

  it('starts no child actor', () => {
    expect(states.flatMap(({ invoke }) => invoke)).toEqual([]);
  });
});
