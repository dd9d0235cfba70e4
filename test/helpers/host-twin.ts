import type { Address } from '../../runtime/address.ts';
import { NODE_DEADLINE_MS, type NodeData } from './node-actors.ts';

type JournalRecord = Record<string, unknown> & {
  id: string;
  type: string;
  from: Address;
  to: Address;
  cause?: string;
  receivedAt: number;
  data: unknown;
};

export interface TwinEffect {
  type: string;
  label: string;
  from: Address;
  seen: number;
  /** A limit that a newer cut of the same node replaces need not leave when that cut left first. */
  mayBeOvertaken: boolean;
}

interface Told {
  from: Address;
  to: Address;
  cause: string;
  label: string;
  latestKey: string | undefined;
}

interface TwinNode {
  seen: string[];
  armedAtMs: number | undefined;
}

/**
 * The dumb twin: reads the journal's inputs one after the other and does what a node does with each, without
 * mailboxes, groups, outbox or timers. Collects what cannot be as problems.
 */
export class HostTwin {
  readonly nodes = new Map<Address, TwinNode>();
  /** Row of each address that ever saw something. */
  readonly rows = new Map<Address, number>();
  readonly effects: TwinEffect[] = [];
  readonly inputs = new Map<string, JournalRecord>();
  /** Labels of posted envelopes in the order in which the journal took them, per receiver. */
  readonly posted = new Map<Address, string[]>();
  readonly lateTurns: string[] = [];
  readonly problems: string[] = [];
  readonly #told: Told[] = [];
  readonly #parked = new Set<string>();
  readonly #undeliverable = new Set<string>();

  constructor(journal: readonly Record<string, unknown>[]) {
    const records = journal as JournalRecord[];
    const inputs = records.filter(({ id }) => !id.includes('#'));
    for (const record of records) if (record.id.includes('#')) this.#noteDecision(record);
    const ids = records.map(({ id }) => id);
    if (new Set(ids).size !== ids.length) this.problems.push('two journal records have one id');
    for (const input of inputs) if (!input.to.startsWith('runtime/')) this.#take(input);
    this.#checkTells();
  }

  #noteDecision({ type, cause }: JournalRecord): void {
    if (type === 'runtime.parked') this.#parked.add(cause!);
    if (type === 'runtime.undeliverable') this.#undeliverable.add(cause!);
    if (type === 'runtime.effectSentLate') this.lateTurns.push(cause!);
  }

  #take(input: JournalRecord): void {
    const { id, type, to } = input;
    this.inputs.set(id, input);
    if (input.cause === undefined && type !== 'runtime.timerFired') {
      const labels = this.posted.get(to) ?? [];
      labels.push((input.data as NodeData).label);
      this.posted.set(to, labels);
    }
    const isHere = this.nodes.has(to) || type === 'node.made';
    if (isHere === this.#undeliverable.has(id)) this.problems.push(`${type} ${id} wrongly delivered or not`);
    if ((isHere && type === 'node.explode') !== this.#parked.has(id))
      this.problems.push(`${type} ${id} wrongly parked or not`);
    if (!isHere && input.cause !== undefined && type !== 'runtime.undeliverable')
      this.#told.push({ from: to, to: input.from, cause: id, label: `no ${id}`, latestKey: undefined });
    if (!isHere || type === 'node.explode') return;
    const node = this.nodes.get(to) ?? { seen: [], armedAtMs: undefined };
    this.nodes.set(to, node);
    if (type === 'runtime.timerFired') this.#ring(node, input);
    else this.#apply(node, input);
  }

  #ring(node: TwinNode, { id, to, receivedAt }: JournalRecord): void {
    if (node.armedAtMs === undefined) this.problems.push(`${to} rang though nothing was armed`);
    else if (receivedAt < node.armedAtMs + NODE_DEADLINE_MS) this.problems.push(`${to} rang early`);
    node.armedAtMs = undefined;
    node.seen.push('rang');
    this.#decide(to, 'ring', `rang ${id}`, node);
  }

  #apply(node: TwinNode, { id, type, to, receivedAt, data }: JournalRecord): void {
    const { label, to: target, times = 0, key, path = [], cut = false } = data as NodeData;
    node.seen.push(type === 'runtime.undeliverable' ? 'undeliverable' : label);
    this.rows.set(to, node.seen.length);
    const tell = (receiver: Address, name: string, latestKey?: string) =>
      this.#told.push({ from: to, to: receiver, cause: id, label: name, latestKey });
    if (type === 'node.send') for (let i = 1; i <= times; i++) tell(target!, `${label}.${i}`);
    if (type === 'node.latest') tell(target!, `${label}.L`, `${to}>${target}>${key}`);
    if (type === 'node.hop' && path.length > 0) tell(path[0]!, `${label}>`);
    if (type === 'node.limit') this.#decide(to, 'limit', label, node, cut);
    if (type === 'node.answer' || type === 'node.stumble') this.#decide(to, 'answer', label, node);
    if (type === 'node.arm') node.armedAtMs = receivedAt;
    if (type === 'node.disarm') node.armedAtMs = undefined;
    if (type === 'node.finish') this.nodes.delete(to);
  }

  #decide(from: Address, type: string, label: string, node: TwinNode, isCut = false): void {
    const older = isCut ? this.effects.filter((effect) => effect.type === type && effect.from === from) : [];
    for (const effect of older) effect.mayBeOvertaken = true;
    this.effects.push({ type, label, from, seen: node.seen.length, mayBeOvertaken: false });
  }

  /** Every tell was taken once and in order per sender and receiver; only a `latest` may give way to a newer one. */
  #checkTells(): void {
    const taken = [...this.inputs.values()].filter(({ cause }) => cause !== undefined);
    const pairs = new Map<string, Told[]>();
    for (const told of this.#told) {
      const pair = pairs.get(`${told.from}>${told.to}`);
      if (pair) pair.push(told);
      else pairs.set(`${told.from}>${told.to}`, [told]);
    }
    let matched = 0;
    for (const [pair, told] of pairs) {
      const arrivals = taken.filter(({ from, to }) => `${from}>${to}` === pair).map(nameOf);
      let next = 0;
      for (const [at, tell] of told.entries()) {
        if (arrivals[next] === tell.label) next += 1;
        else if (!hasNewer(told, at)) this.problems.push(`${pair}: ${tell.label} lost or out of order`);
      }
      matched += next;
    }
    if (matched !== taken.length)
      this.problems.push(`${taken.length - matched} tells taken that nobody told`);
  }
}

function nameOf({ type, cause, data }: JournalRecord): string {
  return type === 'runtime.undeliverable' ? `no ${cause}` : (data as NodeData).label;
}

function hasNewer(told: readonly Told[], at: number): boolean {
  const { latestKey } = told[at]!;
  return latestKey !== undefined && told.slice(at + 1).some((newer) => newer.latestKey === latestKey);
}
