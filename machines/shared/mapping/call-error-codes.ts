import type { OcppVersion } from '../ocpp-version.ts';
import type { OcppAnswer } from './mapping.ts';

/** CALLERROR codes that the versions spell differently; the other ones of 1.6 exist in 2.0.1 too. */
const TO_201: ReadonlyMap<string, string> = new Map([
  ['FormationViolation', 'FormatViolation'],
  ['OccurenceConstraintViolation', 'OccurrenceConstraintViolation'],
]);
const TO_16: ReadonlyMap<string, string> = new Map([
  ['FormatViolation', 'FormationViolation'],
  ['OccurrenceConstraintViolation', 'OccurenceConstraintViolation'],
  ['MessageTypeNotSupported', 'NotSupported'],
  ['RpcFrameworkError', 'ProtocolError'],
]);

/** The answer with its CALLERROR code, if it has one, as the asker's version spells it. */
export function withErrorCodeOf(version: OcppVersion, answer: OcppAnswer): OcppAnswer {
  if (!('error' in answer)) return answer;
  const codes = version === '1.6' ? TO_16 : TO_201;
  const code = codes.get(answer.error.code) ?? answer.error.code;
  return { error: { ...answer.error, code, description: answer.error.description.slice(0, 255) } };
}
