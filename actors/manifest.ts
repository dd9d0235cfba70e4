import type { AnyMachineSnapshot } from 'xstate';
import { type Address, idOf, kindOf } from '../runtime/address.ts';
import type { Json } from '../runtime/envelope.ts';
import type { ActorKind } from '../runtime/host/actor-kind.ts';
import { backendLinkKind, modeOf as linkModeOf } from './backend-link-actor.ts';
import { chargerKind, modeOf as chargerModeOf } from './charger-actor.ts';
import { connectorKind } from './connector-actor.ts';
import { sessionKind } from './session-actor.ts';
import { siteBudgetKind } from './site-budget-actor.ts';
import type { Mode, Tells, TellType } from './tells.ts';

/**
 * What the supervisor does at once for an actor that it sets aside, and keeps up until the actor is back:
 * - `closeChargerSocket`: the charger keeps its messages, and repeats them when it is let in again;
 * - `keepLinkDown`: the upstream socket is closed and stays so, as nobody could take what comes through it;
 * - `hangUp`: the upstream socket is closed; the link dials anew when it is back;
 * - `holdAtFailSafe`: every limit above the fail-safe of its charger falls to it, and nothing above it leaves.
 */
export type SafeMeasure = 'closeChargerSocket' | 'keepLinkDown' | 'hangUp' | 'holdAtFailSafe';

/** What another actor must know of the one that was set aside, told in its name. */
export interface LastTell<T extends TellType = TellType> {
  /** Only if it stands in one of these modes: in any other, the receiver knows already. */
  whileIn: readonly Mode[];
  modeOf(snapshot: AnyMachineSnapshot): Mode;
  to(id: string): Address;
  type: T;
  data(id: string): Tells[T];
}

export interface ManifestEntry {
  kind: ActorKind;
  safeState: { measures: readonly SafeMeasure[]; lastTells: readonly LastTell[] };
}

function lastTell<T extends TellType>(tell: LastTell<T>): LastTell {
  return tell as unknown as LastTell;
}

const CONNECTED: readonly Mode[] = ['online', 'resync'];

/** Every kind of actor, and its safe state: what holds while supervision lets it run nothing. */
export const manifest: readonly ManifestEntry[] = [
  {
    kind: chargerKind,
    safeState: {
      measures: ['closeChargerSocket', 'keepLinkDown'],
      // Counted at its worst case from here on.
      lastTells: [
        lastTell({
          whileIn: CONNECTED,
          modeOf: chargerModeOf,
          to: () => 'budget/site',
          type: 'budget.chargerChanged',
          data: (charger) => ({ charger, mode: 'offline', connectors: [] }),
        }),
      ],
    },
  },
  {
    kind: backendLinkKind,
    safeState: {
      measures: ['hangUp'],
      // Its charger answers by local policy, and does not wait for a CPMS that cannot be asked.
      lastTells: [
        lastTell({
          whileIn: CONNECTED,
          modeOf: linkModeOf,
          to: (charger) => `charger/${charger}`,
          type: 'charger.backendChanged',
          data: () => ({ mode: 'offline' }),
        }),
      ],
    },
  },
  { kind: siteBudgetKind, safeState: { measures: ['holdAtFailSafe'], lastTells: [] } },
  // These two touch nothing outside: what they are told waits, and what they stand for is in the charger's rows.
  { kind: connectorKind, safeState: { measures: [], lastTells: [] } },
  { kind: sessionKind, safeState: { measures: [], lastTells: [] } },
];

export function safeStateOf(address: Address): ManifestEntry['safeState'] {
  return manifest.find(({ kind }) => kind.kind === kindOf(address))!.safeState;
}

/** What the supervisor tells in the name of an actor; one that cannot be read may have been in any mode. */
export function lastWordsOf(
  address: Address,
  snapshot: AnyMachineSnapshot | undefined,
): Array<{ to: Address; type: string; data: Json }> {
  const id = idOf(address);
  return safeStateOf(address)
    .lastTells.filter(({ whileIn, modeOf }) => !snapshot || whileIn.includes(modeOf(snapshot)))
    .map(({ to, type, data }) => ({ to: to(id), type, data: data(id) as unknown as Json }));
}
