import type { ChargerIdentity } from './identity.ts';
import type { RepairName } from './repairs.ts';

/** Which chargers a pack is for; what is left out fits everybody. */
export interface PackFit {
  /** As told in BootNotification, in any case; `*` at the end stands for any rest. */
  vendor?: string;
  model?: string;
  /** Both included, compared number by number: 1.10 comes after 1.9. A charger that tells no number does not fit. */
  firmware?: { from?: string; upTo?: string };
}

/** Repairs for the chargers of one kind. */
export interface QuirkPack {
  name: string;
  fits: PackFit;
  repairs: readonly RepairName[];
}

/** For everybody: only what cannot change what a message means. */
export const DEFAULT_PACK: QuirkPack = {
  name: 'default',
  fits: {},
  repairs: [
    ...(['value-as-number', 'number-as-text', 'text-as-number', 'status-spelling'] as const),
    ...(['stop-reason-spelling', 'empty-lists', 'null-transaction'] as const),
  ],
};

/** In the order of docs/quirks.md, which says where each was seen. */
export const PACKS: readonly QuirkPack[] = [
  DEFAULT_PACK,
  { name: 'growatt', fits: { vendor: 'Growatt*' }, repairs: ['zoneless-time'] },
];

/** What the site file says of one charger: more repairs than its packs name, or none at all. */
export type OwnQuirks = readonly RepairName[] | 'none';

/** The packs for a charger; before it ever booted only the default one. */
export function packsFor(identity: ChargerIdentity | null, packs: readonly QuirkPack[] = PACKS): QuirkPack[] {
  return packs.filter(({ fits }) =>
    identity === null ? Object.keys(fits).length === 0 : isFitting(fits, identity),
  );
}

/** All repairs for a charger. */
export function repairsFor(identity: ChargerIdentity | null, own: OwnQuirks): ReadonlySet<RepairName> {
  if (own === 'none') return new Set();
  return new Set([...packsFor(identity).flatMap(({ repairs }) => repairs), ...own]);
}

function isFitting(fits: PackFit, { vendor, model, firmware }: ChargerIdentity): boolean {
  return isNamed(fits.vendor, vendor) && isNamed(fits.model, model) && isWithin(fits.firmware, firmware);
}

function isNamed(wanted: string | undefined, told: string): boolean {
  if (wanted === undefined) return true;
  const name = wanted.toLowerCase();
  const said = told.trim().toLowerCase();
  return name.endsWith('*') ? said.startsWith(name.slice(0, -1)) : said === name;
}

function isWithin(range: PackFit['firmware'], told: string | null): boolean {
  if (range === undefined) return true;
  const version = numbersOf(told ?? '');
  const { from, upTo } = range;
  return (
    version.length > 0 &&
    (from === undefined || compare(version, numbersOf(from)) >= 0) &&
    (upTo === undefined || compare(version, numbersOf(upTo)) <= 0)
  );
}

/** `V1.8.21-beta` to 1, 8, 21: the first dotted run of numbers. */
function numbersOf(text: string): number[] {
  const run = /\d+(?:\.\d+)*/.exec(text)?.[0];
  return run === undefined ? [] : run.split('.').map(Number);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
