import { bootStatusOf } from '../../machines/charger/charger.rules.ts';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import { parsePayload } from '../../machines/shared/ocpp16.ts';
import { rfc3339 } from '../../machines/shared/rfc3339.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { booksOf, configOf, connectorsOf, patchBooks, step } from './books.ts';
import type { Asker } from './outbound.ts';
import { answerCharger } from './outbound.ts';
import { enqueue, withdraw } from './queue.ts';
import { putWord, removeWord } from './words.ts';

/** A charger must not wait for an absent CPMS to be let in: it is accepted here, and its Boot goes up first later. */
export function acceptBoot(turn: Turn, asker: Asker, text: { raw: string; version?: OcppVersion }): void {
  const { bootN } = booksOf(turn);
  if (bootN !== null) {
    withdraw(turn, bootN);
    removeWord(turn, bootN);
  }
  const n = enqueue(turn, {
    lane: 'boot',
    action: 'BootNotification',
    ...text,
    kind: 'boot',
    connector: null,
    session: null,
    transactionId: null,
  });
  patchBooks(turn, { bootN: n });
  putWord(turn, n, { kind: 'boot', session: null, contentKey: null, idTag: null });
  const interval = configOf(turn).heartbeatIntervalS;
  const answer = { currentTime: rfc3339(turn.at), interval, status: 'Accepted' };
  turn.journal({
    type: 'boot.decided',
    reason: { code: 'boot.backendAway' },
    data: { n, status: 'Accepted' },
  });
  answerCharger(turn, asker, { raw: JSON.stringify(answer) });
  bootAnswered(turn, 'Accepted');
}

/** The charger was told this registration status. */
export function bootAnswered(turn: Turn, status: unknown): void {
  const known = bootStatusOf(status);
  if (known)
    step(turn, { type: 'boot.answered', at: turn.at, status: known, connectors: connectorsOf(turn) });
}

/** The CPMS answered a Boot that was accepted here in its absence: what the charger was told stands until it boots again. */
export function bootAnsweredLate(turn: Turn, n: number, raw: string): void {
  const status = bootStatusOf(parsePayload(raw)?.status) ?? 'Rejected';
  if (booksOf(turn).bootN === n) patchBooks(turn, { bootN: null });
  turn.journal({
    type: 'boot.lateVerdict',
    reason: { code: 'boot.backend', params: { status } },
    data: { n },
  });
  if (status !== 'Accepted') bootAnswered(turn, status);
}
