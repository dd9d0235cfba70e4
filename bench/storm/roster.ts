import { createHash } from 'node:crypto';

export interface RosterSize {
  /** Chargers that are known and offer the right password. */
  sound: number;
  /** Chargers that must stay out: every other one is known and offers a wrong password, the rest nobody knows. */
  bad: number;
}

/** One charger of the storm. */
export interface RosterCharger {
  id: string;
  isSound: boolean;
  /** What it offers when it logs in. */
  offers: string;
  /** What the site knows of it; null: nothing. */
  password: string | null;
}

/** Every tenth sound charger has a password short enough to be guessed, which the site must prove by scrypt. */
const SHORT_EVERY = 10;
const KEY_CHARS = 40;
const SHORT_CHARS = 12;

/** The same roster in every process of a run; sound and bad chargers are mixed. */
export function rosterOf({ sound, bad }: RosterSize): RosterCharger[] {
  const total = sound + bad;
  return Array.from({ length: total }, (_, index) => {
    // Spread evenly: the bad ones before this one are a fixed share of all before it.
    const badBefore = Math.floor((index * bad) / total);
    const isBad = Math.floor(((index + 1) * bad) / total) > badBefore;
    return isBad ? badCharger(badBefore) : soundCharger(index - badBefore);
  });
}

function soundCharger(no: number): RosterCharger {
  const id = `sound-${no}`;
  const chars = no % SHORT_EVERY === 0 ? SHORT_CHARS : KEY_CHARS;
  const password = secretOf(id).slice(0, chars);
  return { id, isSound: true, offers: password, password };
}

function badCharger(no: number): RosterCharger {
  const isKnown = no % 2 === 0;
  const id = `${isKnown ? 'wrong' : 'nobody'}-${no}`;
  const password = isKnown ? secretOf(id).slice(0, KEY_CHARS) : null;
  return { id, isSound: false, offers: secretOf(`not ${id}`).slice(0, KEY_CHARS), password };
}

function secretOf(id: string): string {
  return createHash('sha256').update(`password of ${id}`).digest('hex');
}
