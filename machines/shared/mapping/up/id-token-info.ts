import type { IdToken } from '../id-token.ts';
import { optionalInstant } from '../instants.ts';
import type { Payload } from '../mapping.ts';
import { fields } from '../outcome.ts';
import { idTagFor, tokenOf } from './id-tag.ts';

/** The five words that both versions have. */
const SAME = new Set(['Accepted', 'Blocked', 'ConcurrentTx', 'Expired', 'Invalid']);
/** A card that is known but may not charge here and now; 1.6 calls no card Unknown. */
const BLOCKED = new Set(['NoCredit', 'NotAllowedTypeEVSE', 'NotAtThisLocation', 'NotAtThisTime']);

interface IdTokenInfo {
  status: string;
  cacheExpiryDateTime?: string;
  groupIdToken?: IdToken;
}

/** `idTokenInfo` of a 2.0.1 answer as `idTagInfo`; what is refused stays refused. */
export function idTagInfoFrom(info: unknown): Payload {
  const { status, cacheExpiryDateTime, groupIdToken } = info as IdTokenInfo;
  const parentIdTag = groupIdToken === undefined ? '' : idTagFor(groupIdToken);
  return fields({
    status: SAME.has(status) ? status : BLOCKED.has(status) ? 'Blocked' : 'Invalid',
    expiryDate: optionalInstant(cacheExpiryDateTime),
    parentIdTag: parentIdTag === '' ? undefined : parentIdTag,
  });
}

/** `idTagInfo` of a 1.6 answer as `idTokenInfo`. */
export function idTokenInfoFrom(info: unknown): Payload {
  const { status, expiryDate, parentIdTag } = info as Record<string, unknown>;
  const isNamed = typeof parentIdTag === 'string' && parentIdTag !== '';
  return fields({
    status: SAME.has(String(status)) ? status : 'Invalid',
    cacheExpiryDateTime: optionalInstant(expiryDate),
    groupIdToken: isNamed ? tokenOf(parentIdTag) : undefined,
  });
}
