import type { Payload } from '../mapping.ts';
import { fields } from '../outcome.ts';
import { idTokenInfoFrom } from './id-token-info.ts';
import { NEUTRAL_ANSWERS } from './no-counterpart.ts';

/**
 * Our own answer, in the words of 1.6, to a CALL of a 2.0.1 charger as the response that 2.0.1 has for it. What the
 * answer does not say is refused; actions that 1.6 lacks get their neutral answer.
 */
export function mapOwnAnswer(action201: string, payload16: Payload): Payload {
  const neutral = NEUTRAL_ANSWERS[action201];
  if (neutral !== undefined) return { ...neutral };
  const { status, currentTime, interval, idTagInfo, data } = payload16;
  switch (action201) {
    case 'BootNotification':
      return { status, currentTime, interval };
    case 'Heartbeat':
      return { currentTime };
    case 'Authorize':
      return { idTokenInfo: idTokenInfoFrom(idTagInfo ?? { status: 'Invalid' }) };
    case 'TransactionEvent':
      return idTagInfo === undefined ? {} : { idTokenInfo: idTokenInfoFrom(idTagInfo) };
    case 'DataTransfer':
      return fields({ status: status ?? 'UnknownVendorId', data });
    case 'SignCertificate':
      return { status: status ?? 'Rejected' };
    default:
      return {};
  }
}
