import type { Address } from '../../runtime/address.ts';
import { addressToSubject, subjectToAddress } from './subjects.ts';

/** Addresses kept with their subjects; at the cap the table begins anew, as it can be worked out again. */
const KNOWN_MAX = 20_000;

/** The subjects of one site, worked out once per address. */
export class SubjectTable {
  readonly #siteId: string;
  readonly #subjects = new Map<Address, string>();
  readonly #addresses = new Map<string, Address>();

  constructor(siteId: string) {
    this.#siteId = siteId;
  }

  subjectOf(address: Address): string {
    const known = this.#subjects.get(address);
    if (known !== undefined) return known;
    const subject = addressToSubject(this.#siteId, address);
    this.#learn(address, subject);
    return subject;
  }

  /** Undefined for a subject that is not one of this site's; such are never kept. */
  addressOf(subject: string): Address | undefined {
    const known = this.#addresses.get(subject);
    if (known !== undefined) return known;
    const address = subjectToAddress(this.#siteId, subject);
    if (address !== undefined) this.#learn(address, subject);
    return address;
  }

  #learn(address: Address, subject: string): void {
    if (this.#subjects.size >= KNOWN_MAX) {
      this.#subjects.clear();
      this.#addresses.clear();
    }
    this.#subjects.set(address, subject);
    this.#addresses.set(subject, address);
  }
}
