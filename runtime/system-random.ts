import { randomUUID } from 'node:crypto';
import type { Random } from './random.ts';

/** Node's randomness behind the port. */
export const systemRandom: Random = {
  next: () => Math.random(),
  uuid: () => randomUUID(),
};
