import { mapDown } from './down/map-down.ts';
import type { Mappers } from './mapping.ts';
import { mapUp } from './up/map-up.ts';
import { mapOwnAnswer } from './up/own-answer.ts';

/** All translations of the product. */
export const mappers: Mappers = { up: mapUp, down: mapDown, ownAnswer: mapOwnAnswer };
