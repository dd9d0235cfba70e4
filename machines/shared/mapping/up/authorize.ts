import type { IdToken } from '../id-token.ts';
import type { Payload } from '../mapping.ts';
import { sendOne, type Translation } from '../outcome.ts';
import { idTagFor, lostOfIdToken, tokenOf } from './id-tag.ts';
import { idTagInfoFrom, idTokenInfoFrom } from './id-token-info.ts';
import { fieldsBut } from './lost-fields.ts';

export const authorizeTo201: Translation = (payload) =>
  sendOne(
    { action: 'Authorize', payload: { idToken: tokenOf(String(payload.idTag)) } },
    fieldsBut(payload, ['idTag']),
    ({ idTokenInfo }) => ({ idTagInfo: idTagInfoFrom(idTokenInfo) }),
  );

/** Contract certificates are not checked by 1.6; the answer says nothing of them. */
export const authorizeTo16: Translation = (payload) => {
  const idToken = payload.idToken as IdToken & Payload;
  return sendOne(
    { action: 'Authorize', payload: { idTag: idTagFor(idToken) } },
    [...lostOfIdToken('idToken', idToken), ...fieldsBut(payload, ['idToken'])],
    ({ idTagInfo }) => ({ idTokenInfo: idTokenInfoFrom(idTagInfo) }),
  );
};
