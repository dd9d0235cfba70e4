/** Longest address of a file that 2.0.1 takes; 1.6 has no bound. */
export const LOCATION_LENGTH_MAX = 512;

/**
 * True for a URI with a host that every reading of RFC 3986 takes. The schemas of 1.6 ask for one where 2.0.1 takes
 * any text; narrower than the RFC on purpose (no IPv6 literals), so that nothing invalid is ever sent.
 */
export function isPlainUri(text: string): boolean {
  return URI.test(text);
}

const CHAR = "[a-z0-9\\-._~!$&'()*+,;=:]|%[0-9a-f]{2}";
const URI = new RegExp(
  `^[a-z][a-z0-9+\\-.]*://(?:(?:${CHAR})*@)?[a-z0-9\\-._~]+(?::\\d{1,5})?` +
    `(?:/(?:${CHAR}|@)*)*(?:\\?(?:${CHAR}|[@/?])*)?(?:#(?:${CHAR}|[@/?])*)?$`,
  'i',
);
