import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * What a charger must know, as digests only. Basic-auth keys are 16 to 40 random characters, so a plain SHA-256
 * is enough, and a storm of reconnects stays cheap.
 */
export interface Secret {
  /** SHA-256 of each spelling that is accepted: the key as text, and its bytes where it is written in hex. */
  readonly digests: readonly Uint8Array[];
}

const HEX_KEY = /^([0-9a-fA-F]{2}){16,20}$/;
/** Compared when there is nothing to compare with, so that unknown identities take as long as known ones. */
const NOBODY: Secret = { digests: [sha256('\0nobody')] };
const AUTHORIZATION_LENGTH_MAX = 1_024;

/** Chargers send the AuthorizationKey as its hex text or as the bytes it stands for; both are accepted. */
export function secretOf(password: string): Secret {
  const digests = [sha256(password)];
  if (HEX_KEY.test(password)) digests.push(sha256(Buffer.from(password, 'hex')));
  return { digests };
}

/** HTTP Basic with the identity as user name (OCPP-J 1.6 security whitepaper, profile 1). Constant time in the key. */
export function isAuthorized(
  authorization: string | undefined,
  identity: string,
  secret: Secret | null,
): boolean {
  const offered = passwordIn(authorization ?? '', identity);
  const digest = sha256(offered ?? '\0none');
  let matches = false;
  for (const expected of (secret ?? NOBODY).digests) {
    // Every digest is compared, so that the time does not tell which one matched.
    matches = timingSafeEqual(digest, expected) || matches;
  }
  return matches && offered !== null && secret !== null;
}

/** Bytes after `<identity>:`. The identity may hold colons, so it is matched whole instead of splitting there. */
function passwordIn(authorization: string, identity: string): Buffer | null {
  if (authorization.length > AUTHORIZATION_LENGTH_MAX || !/^basic /i.test(authorization)) return null;
  const decoded = Buffer.from(authorization.slice(6).trim(), 'base64');
  const prefix = Buffer.from(`${identity}:`, 'latin1');
  if (!decoded.subarray(0, prefix.length).equals(prefix)) return null;
  return decoded.subarray(prefix.length);
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}
