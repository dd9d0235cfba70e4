import type { Mode } from '../actors/tells.ts';

const MODES: ReadonlySet<string> = new Set(['online', 'offline', 'fallback', 'resync']);

/** The mode in a state value of any of the machines: the region that is in one of the four. */
export function modeOfState(value: unknown): Mode | undefined {
  if (typeof value === 'string') return MODES.has(value) ? (value as Mode) : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    if (MODES.has(name)) return name as Mode;
    if (name === 'mode' || name === 'authority') {
      const mode = modeOfState(inner);
      if (mode) return mode;
    }
  }
  return undefined;
}
