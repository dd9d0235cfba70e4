/** `cp-0001` for the first: the generator's chargers and the product's plan name the same. */
export function chargerName(no: number): string {
  return `cp-${String(no).padStart(4, '0')}`;
}
