/** OCPP 1.6 idTags are CiString20: two that differ in case only are the same card. */
export function idTagKey(idTag: string): string {
  return idTag.toUpperCase();
}

/** An idTag for people's eyes: first and last two characters. Short ones are hidden whole, else nothing would be. */
export function maskIdTag(idTag: string): string {
  return idTag.length <= 5 ? '…' : `${idTag.slice(0, 2)}…${idTag.slice(-2)}`;
}
