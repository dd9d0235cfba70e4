import type { AnyMachineSnapshot } from 'xstate';
import type { ChargerContext, ChargerEvent } from '../../machines/charger/charger.messages.ts';
import type { ChargingState } from '../../machines/shared/mapping/mapping.ts';
import type { Demand } from '../../machines/shared/ocpp16.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { ChargerConfig, Mode, OfflineAuth } from '../tells.ts';
import { chargerOf } from './outbound.ts';

/** What is remembered about one connector between turns. */
export interface ConnectorNote {
  status: string | null;
  /** The status is older than the end of the last session. */
  statusOutlived?: boolean;
  /** Its open transaction. */
  session: string | null;
  /** Charger-facing id of the open transaction; null while the charger was not told one. */
  transactionId: number | null;
  /** Newest StatusNotification that may still be waiting in the queue. */
  statusN: number | null;
  /** Of a charger of 2.0.1: the newest status that was made for a CPMS of 1.6 alone. */
  statusIn16N?: number | null;
  /** Of a charger of 2.0.1: what it last said of the car. */
  chargingState?: ChargingState | null;
  /** Its session may draw no more than an amount: each reading is told on. */
  isBounded?: boolean;
  /** Last values told on. */
  energyWh: number | null;
  currentMilliamps: number[] | null;
  demand: Demand | null;
  demandTransactionId: number | null;
  capMilliamps: number | null;
}

/** Row `chargerState/<id>`: the counters and notes of one charger. */
export interface ChargerBooks {
  /** Next charger-facing id of our own. */
  nextTransactionId: number;
  /** Newest BootNotification that may still be waiting in the queue. */
  bootN: number | null;
  /** The queue was found too long: unsigned samples are thinned. */
  thinning: boolean;
  /** Messages with a foreign id that were kept as dead letters. */
  foreignKept: number;
  /** Sessions whose Start was accepted and whose answer found no socket. */
  unconfirmed: string[];
  /** Commands of the CPMS wait for the end of a session: spares every other turn the look into their table. */
  isDeferring?: boolean;
  connectors: Record<string, ConnectorNote>;
}

/** Ids of our own: out of the way of a CPMS that counts from 1, and inside a signed 32-bit integer. */
export const FIRST_LOCAL_TRANSACTION_ID = 2 ** 30;
export const LAST_LOCAL_TRANSACTION_ID = 2 ** 31 - 1;
/** Connectors noted per charger; messages of further ones pass, and are not tracked. */
export const CONNECTORS_MAX = 64;
const UNCONFIRMED_MAX = 16;

const TABLE = 'chargerState';
/** Apart from the books, as it changes with every message and they do not. */
const NEXT_N = 'nextN';
const NEW_BOOKS: ChargerBooks = {
  nextTransactionId: FIRST_LOCAL_TRANSACTION_ID,
  bootN: null,
  thinning: false,
  foreignKept: 0,
  unconfirmed: [],
  connectors: {},
};
const NEW_NOTE: ConnectorNote = {
  status: null,
  session: null,
  transactionId: null,
  statusN: null,
  energyWh: null,
  currentMilliamps: null,
  demand: null,
  demandTransactionId: null,
  capMilliamps: null,
};

/** Never changed in place: an earlier turn's row may be the very same object. */
export function booksOf(turn: Turn): Readonly<ChargerBooks> {
  return (turn.row<Json>(TABLE, chargerOf(turn)) as unknown as ChargerBooks | undefined) ?? NEW_BOOKS;
}

export function patchBooks(turn: Turn, patch: Partial<ChargerBooks>): void {
  turn.putRow(TABLE, chargerOf(turn), { ...booksOf(turn), ...patch } as unknown as Json);
}

/** Numbers the next message that goes upstream. */
export function takeN(turn: Turn): number {
  const n = nextN(turn);
  turn.putRow(NEXT_N, chargerOf(turn), n + 1);
  return n;
}

export function nextN(turn: Turn): number {
  return turn.row<number>(NEXT_N, chargerOf(turn)) ?? 1;
}

/** A charger-facing id of our own that no known transaction of this charger has. Starts again at the end of the range. */
export function takeTransactionId(turn: Turn): number {
  let id = booksOf(turn).nextTransactionId;
  while (turn.row(`transactionIds/${chargerOf(turn)}`, String(id)) !== undefined) id = following(id);
  patchBooks(turn, { nextTransactionId: following(id) });
  return id;
}

function following(id: number): number {
  return id >= LAST_LOCAL_TRANSACTION_ID ? FIRST_LOCAL_TRANSACTION_ID : id + 1;
}

export function noteOf(turn: Turn, connector: number): Readonly<ConnectorNote> {
  return booksOf(turn).connectors[connector] ?? NEW_NOTE;
}

/** False when the charger has too many connectors already: this one is not tracked. */
export function patchNote(turn: Turn, connector: number, patch: Partial<ConnectorNote>): boolean {
  const { connectors } = booksOf(turn);
  const known = connectors[connector];
  if (!known && Object.keys(connectors).length >= CONNECTORS_MAX) return false;
  patchBooks(turn, { connectors: { ...connectors, [connector]: { ...(known ?? NEW_NOTE), ...patch } } });
  return true;
}

/** Connector numbers from 1 up, in order. */
export function connectorsOf(turn: Turn): number[] {
  return Object.keys(booksOf(turn).connectors)
    .map(Number)
    .filter((connector) => connector > 0)
    .sort((a, b) => a - b);
}

/** Open transactions, by connector. */
export function openSessions(turn: Turn): Array<{ connector: number; session: string }> {
  return Object.entries(booksOf(turn).connectors).flatMap(([connector, { session }]) =>
    session === null ? [] : [{ connector: Number(connector), session }],
  );
}

export function noteUnconfirmed(turn: Turn, session: string): void {
  const { unconfirmed } = booksOf(turn);
  if (unconfirmed.includes(session)) return;
  patchBooks(turn, { unconfirmed: [...unconfirmed, session].slice(-UNCONFIRMED_MAX) });
}

export function noteConfirmed(turn: Turn, session: string): void {
  const { unconfirmed } = booksOf(turn);
  if (unconfirmed.includes(session)) {
    patchBooks(turn, { unconfirmed: unconfirmed.filter((other) => other !== session) });
  }
}

/** The site's configuration; its card list and the rules for commands have rows of their own, as few decisions need them. */
export type StoredConfig = Omit<ChargerConfig, 'offlineAuth' | 'governance'> & Omit<OfflineAuth, 'localList'>;

export function storeConfig(turn: Turn, { offlineAuth, governance, ...config }: ChargerConfig): void {
  const { localList, ...auth } = offlineAuth;
  turn.putRow('chargerConfig', chargerOf(turn), { ...config, ...auth } as unknown as Json);
  turn.putRow('siteList', chargerOf(turn), localList);
  const isStored = turn.row('governance', chargerOf(turn)) !== undefined;
  if (governance) turn.putRow('governance', chargerOf(turn), governance as unknown as Json);
  else if (isStored) turn.removeRow('governance', chargerOf(turn));
}

export function configOf(turn: Turn): StoredConfig {
  return turn.row<Json>('chargerConfig', chargerOf(turn)) as unknown as StoredConfig;
}

export function siteListOf(turn: Turn): string[] {
  return turn.row<string[]>('siteList', chargerOf(turn)) ?? [];
}

export function contextOf(turn: Turn): ChargerContext {
  return turn.snapshot().context as ChargerContext;
}

export function backendModeOf(turn: Turn): Mode {
  return (turn.snapshot().value as { backend: Mode }).backend;
}

export function isBackendOnline(turn: Turn): boolean {
  return backendModeOf(turn) === 'online';
}

export function step(turn: Turn, event: ChargerEvent): void {
  turn.step(event);
}

export function modeOf(snapshot: AnyMachineSnapshot): Mode {
  const { mode } = snapshot.value as { mode: Mode | Record<string, string> };
  return typeof mode === 'string' ? mode : (Object.keys(mode)[0] as Mode);
}

export function modeOfTurn(turn: Turn): Mode {
  return modeOf(turn.snapshot());
}
