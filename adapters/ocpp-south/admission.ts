import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../../runtime/clock.ts';
import { judgeCertificate } from './client-certificate.ts';
import { type KeptSecret, passwordIn, type SecretKeeper } from './credentials.ts';
import { LoginThrottle, type Proof } from './login-throttle.ts';
import type { RefusalCause } from './refusals.ts';
import { sourceOf } from './source.ts';

/** 0: nothing is asked; 1: password; 2: password over TLS; 3: client certificate (OCPP 1.6 security whitepaper). */
export type SecurityProfile = 0 | 1 | 2 | 3;

/** What the configuration asks of a charger that knocks. A charger may come in more securely than it must. */
export type GateVerdict =
  | { outcome: 'accept'; profile: 0 }
  | { outcome: 'accept'; profile: 1 | 2; secret: KeptSecret }
  /** `pinnedSha256`: fingerprint of its one certificate, lower-case hex; null: the authority vouches for it. */
  | { outcome: 'accept'; profile: 3; pinnedSha256: string | null }
  | { outcome: 'reject' }
  | { outcome: 'quarantine' };

export type AdmissionVerdict =
  | {
      isIn: true;
      /** Of the certificate that proved it; null where none was asked for. */
      clientKey: string | null;
    }
  | { isIn: false; cause: RefusalCause; detail: string | null };

export interface AdmissionOptions {
  clock: Clock;
  keeper: SecretKeeper;
  gate(identity: string, remote: string): GateVerdict;
}

type Proven = { proof: Proof; clientKey: string | null };
type Unproven = { cause: RefusalCause; detail: string | null };

/** Who may come in: the configuration's word, the proof, and what failed before. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #throttle: LoginThrottle;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#throttle = new LoginThrottle(options.clock);
  }

  async judge(request: IncomingMessage, identity: string, remote: string): Promise<AdmissionVerdict> {
    const verdict = this.#options.gate(identity, remote);
    if (verdict.outcome === 'accept' && verdict.profile === 0) return { isIn: true, clientKey: null };
    const source = sourceOf(remote);
    const hold = this.#throttle.holds(source, identity);
    const offered = passwordIn(request.headers.authorization, identity);
    const secret = secretOf(verdict);
    const isKnown = this.#options.keeper.matches(secret, offered);
    // Whoever is held gets no slow proof: that would be work for nothing.
    const isRight =
      isKnown || (hold === null && (await this.#options.keeper.proves(secret, offered, source)));
    const result = this.#prove(verdict, request, identity, isRight);
    if ('proof' in result && this.#throttle.lets(hold, result.proof, source, identity)) {
      this.#throttle.succeeded(source, identity);
      return { isIn: true, clientKey: result.clientKey };
    }
    const failure: Unproven = 'cause' in result ? result : { cause: 'tooManyFailures', detail: null };
    // Who found the queue full has not been judged.
    if ('cause' in result && result.cause !== 'busy')
      this.#throttle.failed(source, identity, hold, verdict.outcome === 'accept');
    return { isIn: false, ...(hold === null ? failure : { cause: 'tooManyFailures', detail: null }) };
  }

  #prove(
    verdict: GateVerdict,
    request: IncomingMessage,
    identity: string,
    password: boolean | 'busy',
  ): Proven | Unproven {
    if (verdict.outcome === 'reject') return unproven('rejected');
    if (verdict.outcome === 'quarantine') return unproven('quarantined');
    const { socket } = request;
    const isSecure = socket instanceof TLSSocket;
    if (verdict.profile >= 2 && !isSecure) return unproven('unencrypted');
    if (verdict.profile === 3 && isSecure) {
      const { pinnedSha256 } = verdict;
      const nowWallMs = this.#options.clock.wallMs();
      const certificate = judgeCertificate(socket, { identity, pinnedSha256, nowWallMs });
      if (!certificate.isRight) return unproven(certificate.cause, certificate.detail);
      return { proof: 'certificate', clientKey: certificate.clientKey };
    }
    if (password === 'busy') return unproven('busy');
    if (!password) return unproven('badCredentials');
    return { proof: secretOf(verdict)?.isKey ? 'key' : 'password', clientKey: null };
  }
}

function secretOf(verdict: GateVerdict): KeptSecret | null {
  return verdict.outcome === 'accept' && 'secret' in verdict ? verdict.secret : null;
}

function unproven(cause: RefusalCause, detail: string | null = null): Unproven {
  return { cause, detail };
}
