/**
 * Where an actor lives: `<kind>/<id>`, for instance `charger/cp-01`, `connector/cp-01/2`, `budget/site`.
 * The kind is the part before the first slash; the id may hold further slashes and every OCPP identifier character.
 */
export type Address = `${string}/${string}`;

export function addressOf(kind: string, ...id: ReadonlyArray<string | number>): Address {
  return `${kind}/${id.join('/')}`;
}

export function kindOf(address: Address): string {
  return address.slice(0, address.indexOf('/'));
}

export function idOf(address: Address): string {
  return address.slice(address.indexOf('/') + 1);
}
