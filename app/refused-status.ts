import type { RefusalCause, RefusedConnection } from '../adapters/ocpp-south/refusals.ts';
import type { RefusedStatus } from './site-view.ts';

/** What the cause means and what to do about it, for whoever stands in front of the charger. */
const WORDS: Readonly<Record<RefusalCause, string>> = {
  badUrl: 'the address has no charger id as its last part: enter ws://<this site>/<charger id>',
  rejected: 'this site does not know the charger: add it to chargers.known',
  quarantined: 'this site does not know the charger yet: add it to chargers.known to let it in',
  badCredentials:
    'wrong user name or password: the user is the charger id, the password that of passwordFrom',
  noCertificate: 'its security profile asks for a client certificate, and it showed none',
  badCertificate: 'its client certificate does not fit',
  unencrypted: 'its security profile asks for TLS: enter a wss:// address',
  tooManyFailures: 'too many failed logins: it is slowed, and let in once it says the right password',
  tooManyPending: 'too many connections on their way in from its address at once: it may try again',
  tooSlow: 'it did not finish its request in time',
  tlsHandshake:
    'the TLS handshake failed: it may not trust the certificate of this site, or speak an old TLS',
  noCommonSubprotocol: 'it offers no version of OCPP that is spoken here: see ocpp.versions',
  alreadyConnected: 'a charger with this id is connected and alive: two chargers may have the same id',
  backendAway: 'its CPMS is away, and onBackendLoss has it see that',
  busy: 'the charger is busy or set aside here: it may try again',
};

/** A refused connection as people see it. The identity is what the peer claimed, harmless to show. */
export function refusedStatus(refused: RefusedConnection): RefusedStatus {
  const { identity, remote, cause, detail, count, firstAtMs, lastAtMs } = refused;
  return {
    identity: identity === '' ? null : identity,
    remote,
    cause,
    text: WORDS[cause],
    detail,
    count,
    firstAt: new Date(firstAtMs).toISOString(),
    lastAt: new Date(lastAtMs).toISOString(),
  };
}
