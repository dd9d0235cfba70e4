/** Randomness as a port, so that a seed replays a run. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** RFC 9562 version 4 UUID text. */
  uuid(): string;
}
