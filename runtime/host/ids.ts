/**
 * Envelope ids: `<start of the process, counted>-<number>`, both padded, so that ids of one data folder never
 * repeat and sort in the order in which they were given.
 */
export class EnvelopeIds {
  readonly #prefix: string;
  #next = 1;

  constructor(processStart: number) {
    this.#prefix = String(processStart).padStart(8, '0');
  }

  next(): string {
    const id = `${this.#prefix}-${String(this.#next).padStart(12, '0')}`;
    this.#next += 1;
    return id;
  }
}
