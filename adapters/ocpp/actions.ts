import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import { SENDERS_16 } from './actions16.ts';
import { SENDERS_201 } from './actions201.ts';

/** Who sends the request of an action: the charger, the CPMS, or either. */
export type Sender = 'charger' | 'cpms' | 'either';

const SENDER_OF: Readonly<Record<OcppVersion, ReadonlyMap<string, Sender>>> = {
  '1.6': new Map(Object.entries(SENDERS_16)),
  '2.0.1': new Map(Object.entries(SENDERS_201)),
};

/** All actions of a version, whoever sends them. */
export function actionsOf(version: OcppVersion): string[] {
  return [...SENDER_OF[version].keys()];
}

/** `unknown`: no such action in that version (CALLERROR NotImplemented). `wrongWay`: not one this side sends (NotSupported). */
export function standingOf(
  version: OcppVersion,
  action: string,
  sender: 'charger' | 'cpms',
): 'known' | 'wrongWay' | 'unknown' {
  const expected = SENDER_OF[version].get(action);
  if (expected === undefined) return 'unknown';
  return expected === sender || expected === 'either' ? 'known' : 'wrongWay';
}
