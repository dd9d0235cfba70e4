/** A broken promise of our own code: crash the actor, never guess. */
export class Defect extends Error {
  override readonly name = 'Defect';
}

/** Stays on in production. */
export function invariant(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new Defect(`invariant broken: ${claim}`);
}

/** Why the host did not take an envelope: the caller decides what its peer is told. */
export type PostRefusal =
  | 'MAILBOX_FULL'
  | 'TELLS_WAITING'
  | 'STORE_FAILING'
  | 'QUARANTINED'
  | 'UNKNOWN_ADDRESS'
  | 'STOPPING';

export interface PostOptions {
  /** A limit that must fall: taken even while the store fails. */
  urgent?: boolean;
  /** A fact that nobody repeats (a socket closed, a CALL ended): taken although tells of its receiver wait. */
  notice?: boolean;
}

export type PostResult = 'accepted' | { refused: PostRefusal };
