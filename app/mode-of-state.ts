import type { Mode } from '../actors/tells.ts';

const MODES: ReadonlySet<string> = new Set(['online', 'offline', 'fallback', 'resync']);
/** Regions that tell a machine's mode; other regions may have states of the same names. */
const MODE_REGIONS = ['mode', 'authority'];

/** The mode in a state value of any of the machines; undefined once it has ended. */
export function modeOfState(value: unknown): Mode | undefined {
  if (typeof value === 'string') return asMode(value);
  if (typeof value !== 'object' || value === null) return undefined;
  const regions = value as Record<string, unknown>;
  for (const name of MODE_REGIONS) if (name in regions) return asMode(nameOf(regions[name]));
  for (const inner of Object.values(regions)) {
    const mode = typeof inner === 'object' ? modeOfState(inner) : undefined;
    if (mode) return mode;
  }
  return asMode(nameOf(value));
}

/** The name of the active state, whatever is nested in it. */
function nameOf(value: unknown): string {
  return typeof value === 'string' ? value : (Object.keys(value as object)[0] ?? '');
}

function asMode(name: string): Mode | undefined {
  return MODES.has(name) ? (name as Mode) : undefined;
}
