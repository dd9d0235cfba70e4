import type { StormRound } from './storm-fleet.ts';

/** Milliseconds. */
export interface Spread {
  p50: number;
  p99: number;
  max: number;
}

/** All storms against one server. */
export interface StormFigures {
  /** From the cut to the open socket. */
  openedMs: Spread | null;
  /** From the cut to the accepted BootNotification, all sound chargers of all rounds; null: none got that far. */
  bootedMs: Spread | null;
  /** Sound chargers that booted again, and how many should have; summed over the rounds. */
  booted: number;
  sound: number;
  badLetIn: number;
  badDials: number;
  /** Until the last message was answered, slowest round; null: in some round it never was. */
  answeredMs: number | null;
  soundRefusals: Record<string, number>;
  errors: number;
  /** CPU of the server's main thread, per storm: what is left of the times above when nobody shares the cores. */
  cpuMs: number;
}

/** One storm, and what it cost the server. */
export interface MeasuredRound extends StormRound {
  cpuMs: number;
}

export interface StormResult {
  /** Per round. */
  chargers: number;
  sound: number;
  rounds: number;
  product: StormFigures;
  /** Bare `https` and `ws` with the same TLS settings, comparing passwords as they are. */
  floor: StormFigures;
  /** The product's times as multiples of the floor's. */
  ratio: Spread | null;
  /** Samples that the sound chargers took; of them, what was not at the CPMS when its queue was empty, or a minute later. */
  samples: number;
  lost: number;
  /** Samples that the CPMS got more than once. */
  repeated: number;
  /** Longest that the product's event loop stood still. */
  loopStandstillMs: number;
  /** Highest resident memory of the product after a round. */
  rssBytes: number;
}

export function figuresOf(rounds: readonly MeasuredRound[], soundPerRound: number): StormFigures {
  const bootedMs = rounds.flatMap((round) => round.bootedMs);
  const soundRefusals: Record<string, number> = {};
  for (const round of rounds)
    for (const [cause, count] of Object.entries(round.soundRefusals))
      soundRefusals[cause] = (soundRefusals[cause] ?? 0) + count;
  const answeredMs = rounds.map((round) => round.answeredMs);
  return {
    openedMs: spreadOf(rounds.flatMap((round) => round.openedMs)),
    bootedMs: spreadOf(bootedMs),
    booted: bootedMs.length,
    sound: soundPerRound * rounds.length,
    badLetIn: Math.max(0, ...rounds.map((round) => round.badLetIn)),
    badDials: total(rounds.map((round) => round.badDials)),
    answeredMs: answeredMs.includes(null) ? null : Math.round(Math.max(...answeredMs.map(Number))),
    soundRefusals,
    errors: total(rounds.map((round) => round.errors)),
    cpuMs: rounds.length === 0 ? 0 : Math.round(total(rounds.map((round) => round.cpuMs)) / rounds.length),
  };
}

/** Null of nothing. */
export function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(sorted[Math.max(1, Math.ceil(sorted.length * share)) - 1]!);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

export function ratioOf(product: Spread | null, floor: Spread | null): Spread | null {
  if (product === null || floor === null) return null;
  const ratio = (of: keyof Spread): number => Math.round((product[of] / floor[of]) * 100) / 100;
  return { p50: ratio('p50'), p99: ratio('p99'), max: ratio('max') };
}

/** For people. */
export function stormText(storm: StormResult): string {
  const { chargers, sound, rounds, product, floor, ratio, samples, lost, repeated } = storm;
  const { loopStandstillMs, rssBytes } = storm;
  const times = (spread: Spread | null): string =>
    spread === null ? 'never' : `p50 ${spread.p50}, p99 ${spread.p99}, max ${spread.max} ms`;
  const refusals = Object.entries(product.soundRefusals).map(([cause, count]) => `${count} × ${cause}`);
  return [
    `Storm over wss, ${rounds} rounds: ${sound} sound chargers cut at once and dialling with ${chargers - sound} bad ones.`,
    `- From the cut to the accepted BootNotification: ${times(product.bootedMs)}; bare wss: ${times(floor.bootedMs)}` +
      (ratio === null ? '.' : `; ratio ${ratio.p50}, ${ratio.p99}, ${ratio.max}.`),
    `- Of that until the socket is open: ${times(product.openedMs)}; bare wss: ${times(floor.openedMs)}. ` +
      `CPU of the server's main thread per storm: ${product.cpuMs} ms; bare wss: ${floor.cpuMs} ms.`,
    `- Booted again: ${product.booted} of ${product.sound}; bad ones let in: ${product.badLetIn} (${product.badDials} dials); ` +
      `sound dials that came to nothing: ${refusals.length === 0 ? 'none' : refusals.join(', ')}.`,
    `- Lost: ${lost} of ${samples} samples; sent to the CPMS more than once: ${repeated}; answered with an error: ${product.errors}; ` +
      `all answered after ${product.answeredMs ?? 'more than 60 000'} ms.`,
    `- The product's event loop stood still for ${loopStandstillMs} ms at most; resident memory ${Math.round(rssBytes / 1_000_000)} MB at most.`,
  ].join('\n');
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
