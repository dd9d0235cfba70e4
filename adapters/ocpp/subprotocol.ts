import { FIRST_VERSION, type OcppVersion, versionOfSubprotocol } from '../../machines/shared/ocpp-version.ts';

/** WebSocket subprotocol of a version, as IANA registers it. */
export type Subprotocol = `ocpp${OcppVersion}`;

/** Both, the edge's preference first. */
export const ALL_VERSIONS: readonly OcppVersion[] = ['2.0.1', '1.6'];

export function subprotocolOf(version: OcppVersion): Subprotocol {
  return `ocpp${version}`;
}

/**
 * What a server picks: the first of the client's list that is allowed here, as the client orders its offers by its
 * preference (RFC 6455, 1.9 and 4.2.2). Spelled as it was offered, since the client compares it letter by letter.
 */
export function chosenOf(offered: Iterable<string>, allowed: readonly OcppVersion[]): string | undefined {
  for (const name of offered) {
    const version = versionOfSubprotocol(name.toLowerCase());
    if (version !== null && allowed.includes(version)) return name;
  }
  return undefined;
}

/** Version of a socket whose handshake chose this name; without one it is 1.6, as ever. */
export function versionOfSocket(chosen: string): OcppVersion {
  return versionOfSubprotocol(chosen.toLowerCase()) ?? FIRST_VERSION;
}
