import { createHmac, scrypt, timingSafeEqual } from 'node:crypto';

/** One charger's password as it is kept: digests only, worth nothing without the device key. */
export interface KeptSecret {
  /** A random key, which nobody guesses; else a password that somebody might. */
  readonly isKey: boolean;
  /**
   * HMACs of the spellings that are accepted, always {@link SPELLINGS} of them. Of a password there is none until it
   * was proven once: until then fillers stand here, which match nothing.
   */
  readonly macs: Buffer[];
}

export interface SecretKeeperOptions {
  /** 32 random bytes that belong to this installation. */
  deviceKey: Buffer;
  /** CPU and memory cost of a password's proof (scrypt N, r = 8): 2^14 takes some 50 ms and 16 MiB. */
  scryptCost?: number;
}

/** The least that the OCPP 1.6 security whitepaper asks of an AuthorizationKey; a shorter one may be guessed. */
const KEY_BYTES_MIN = 16;
const HEX_KEY = /^([0-9a-fA-F]{2}){16,20}$/;
const SPELLINGS = 2;
/** Proofs that may wait, in all and from one source; a further one is `busy`. */
const WAITING_MAX = 32;
const WAITING_PER_SOURCE_MAX = 4;
const DIGEST_BYTES = 32;
const AUTHORIZATION_LENGTH_MAX = 1_024;
const NOTHING = Buffer.alloc(0);

/** Keeps the chargers' secrets as digests and tells whether what a charger offers is right. */
export class SecretKeeper {
  readonly #deviceKey: Buffer;
  readonly #scryptCost: number;
  readonly #filler: Buffer;
  readonly #nobody: KeptSecret;
  /** Passwords that nobody has tried yet: hashing them all would delay the start by seconds. */
  readonly #unhashed = new Map<KeptSecret, string>();
  readonly #hashed = new Map<KeptSecret, { salt: Buffer; digest: Buffer }>();
  /** Sources of the proofs that wait or are under way. */
  readonly #waiting: string[] = [];
  #underway: Promise<unknown> = Promise.resolve();
  #keepsPasswords = false;
  #salts = 0;

  constructor(options: SecretKeeperOptions) {
    this.#deviceKey = options.deviceKey;
    this.#scryptCost = options.scryptCost ?? 2 ** 14;
    this.#filler = this.#hmac('filler');
    this.#nobody = { isKey: false, macs: this.#fillers() };
    this.#unhashed.set(this.#nobody, '');
  }

  /** Chargers send an AuthorizationKey as its hex text or as the bytes it stands for; both are accepted. */
  keep(password: string): KeptSecret {
    const isKey = Buffer.byteLength(password) >= KEY_BYTES_MIN;
    const secret: KeptSecret = { isKey, macs: this.#fillers() };
    if (isKey) {
      secret.macs[0] = this.#hmac('secret', Buffer.from(password));
      if (HEX_KEY.test(password)) secret.macs[1] = this.#hmac('secret', Buffer.from(password, 'hex'));
    } else {
      this.#unhashed.set(secret, password);
      this.#keepsPasswords = true;
    }
    return secret;
  }

  /**
   * Whether the offer is the key, or the password that was proven before. Takes the same time whatever the secret is,
   * null included: nothing matches that.
   */
  matches(secret: KeptSecret | null, offered: Buffer | null): boolean {
    const mac = this.#hmac('secret', offered ?? NOTHING);
    let isMatch = false;
    for (const kept of (secret ?? this.#nobody).macs) {
      // Every one is compared, so that the time does not tell which one matched.
      isMatch = timingSafeEqual(mac, kept) || isMatch;
    }
    return isMatch && offered !== null && secret !== null;
  }

  /**
   * Proves a password by scrypt; once proven, `matches` knows it. Where the site has any password, the work is done
   * for every secret, null included. One at a time, as it takes the threads that the store writes with; `busy` says
   * that too many wait already.
   */
  async proves(secret: KeptSecret | null, offered: Buffer | null, source: string): Promise<boolean | 'busy'> {
    if (!this.#keepsPasswords) return false;
    const ofSource = this.#waiting.filter((one) => one === source).length;
    if (this.#waiting.length >= WAITING_MAX || ofSource >= WAITING_PER_SOURCE_MAX) return 'busy';
    this.#waiting.push(source);
    const proof = this.#underway.then(() => this.#prove(secret, offered));
    this.#underway = proof.catch(() => undefined);
    try {
      return await proof;
    } finally {
      this.#waiting.splice(this.#waiting.indexOf(source), 1);
    }
  }

  async #prove(secret: KeptSecret | null, offered: Buffer | null): Promise<boolean> {
    const subject = secret === null || secret.isKey ? this.#nobody : secret;
    const { salt, digest } = await this.#hashOf(subject);
    const isSame = timingSafeEqual(await this.#scrypt(offered ?? NOTHING, salt), digest);
    if (!isSame || offered === null || subject !== secret) return false;
    secret.macs[0] = this.#hmac('secret', offered);
    return true;
  }

  async #hashOf(secret: KeptSecret): Promise<{ salt: Buffer; digest: Buffer }> {
    const known = this.#hashed.get(secret);
    if (known !== undefined) return known;
    const salt = this.#hmac(`salt ${++this.#salts}`);
    const digest = await this.#scrypt(Buffer.from(this.#unhashed.get(secret) ?? ''), salt);
    this.#hashed.set(secret, { salt, digest });
    this.#unhashed.delete(secret);
    return { salt, digest };
  }

  #scrypt(password: Buffer, salt: Buffer): Promise<Buffer> {
    const cost = { N: this.#scryptCost, r: 8, p: 1 };
    return new Promise((resolve, reject) => {
      scrypt(password, salt, DIGEST_BYTES, cost, (error, digest) =>
        error ? reject(error) : resolve(digest),
      );
    });
  }

  /** The purpose goes in first, with an end of its own: no password can have the digest of a filler. */
  #hmac(purpose: string, data: Buffer = NOTHING): Buffer {
    return createHmac('sha256', this.#deviceKey).update(`${purpose}\0`).update(data).digest();
  }

  #fillers(): Buffer[] {
    return Array.from({ length: SPELLINGS }, () => this.#filler);
  }
}

/**
 * What HTTP Basic offers as the password of this identity (OCPP 1.6 security whitepaper, profiles 1 and 2); null for
 * anything else. The identity may hold colons, so it is matched whole instead of splitting there.
 */
export function passwordIn(authorization: string | undefined, identity: string): Buffer | null {
  if (authorization === undefined || authorization.length > AUTHORIZATION_LENGTH_MAX) return null;
  if (!/^basic /i.test(authorization)) return null;
  const decoded = Buffer.from(authorization.slice(6).trim(), 'base64');
  const prefix = Buffer.from(`${identity}:`, 'latin1');
  if (!decoded.subarray(0, prefix.length).equals(prefix)) return null;
  return decoded.subarray(prefix.length);
}
