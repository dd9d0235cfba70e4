/** RFC 3339 text in UTC with `Z`, as OCPP 1.6 asks, for a moment given in wall milliseconds. Reads no clock. */
export function rfc3339(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** Wall milliseconds of an ISO 8601 moment; null when the text is none. Text without a zone is taken as UTC. */
export function msFromRfc3339(text: string): number | null {
  const zoned = /([Zz]|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`;
  const ms = Date.parse(zoned);
  return Number.isNaN(ms) ? null : ms;
}
