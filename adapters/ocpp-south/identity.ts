/** Letters, digits and `* - _ = : + @ . |` are what OCPP calls identifierString; 48 is the longest identity of 2.0.1. */
const IDENTITY = /^[A-Za-z0-9*\-_=:+@.|]{1,48}$/;

/** A URL longer than this is no charger's. */
const URL_LENGTH_MAX = 2_048;

/**
 * The charge point identity in a request target: its last path segment, percent-decoded once. Null for anything
 * that is not an OCPP identifier, `.` and `..` included. Never throws.
 */
export function identityOfUrl(url: string): string | null {
  if (url.length > URL_LENGTH_MAX || !url.startsWith('/')) return null;
  const query = url.search(/[?#]/);
  const path = query < 0 ? url : url.slice(0, query);
  const identity = decode(path.slice(path.lastIndexOf('/') + 1));
  if (identity === null || identity === '.' || identity === '..') return null;
  return IDENTITY.test(identity) ? identity : null;
}

/** Makes refused input fit for a log line or a page: printable ASCII, bounded. */
export function escapeForPeople(text: string, lengthMax = 80): string {
  const escaped = text
    .slice(0, lengthMax)
    .replace(/[^\x20-\x7e]|[<>&"'\\]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return text.length > lengthMax ? `${escaped}...` : escaped;
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
