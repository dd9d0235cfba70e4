import { FIRST_VERSION, type OcppVersion } from '../../machines/shared/ocpp-version.ts';
import { ALL_VERSIONS } from '../ocpp/subprotocol.ts';

/**
 * What a charger's upstream socket offers at its next dial: the charger's own version first, then the others. A CPMS
 * that refuses the handshake for its offer (some compare the whole header with the one name they know) is offered each
 * version alone at the next dials; what it takes is kept to.
 */
export class Offers {
  /** By charger: 0 offers all, n only the nth. Bounded by the chargers that dial. */
  readonly #steps = new Map<string, number>();

  /** In the order of offering. `allowed` absent: everything. */
  next(
    charger: string,
    allowed: readonly OcppVersion[] = ALL_VERSIONS,
    prefer: OcppVersion = FIRST_VERSION,
  ): readonly OcppVersion[] {
    const ordered = [
      ...allowed.filter((version) => version === prefer),
      ...allowed.filter((version) => version !== prefer),
    ];
    const alone = ordered[(this.#steps.get(charger) ?? 0) - 1];
    return alone === undefined ? ordered : [alone];
  }

  /** The offer did not please: another at the next dial, all together again after the last. */
  refused(charger: string, allowed: readonly OcppVersion[] = ALL_VERSIONS): void {
    if (allowed.length > 1)
      this.#steps.set(charger, ((this.#steps.get(charger) ?? 0) + 1) % (allowed.length + 1));
  }
}
