import type { LostField, Mapped, MappingFacts, OcppAnswer, OcppCall, Payload } from './mapping.ts';

/** Translates the CALLs of one action into one other version. */
export type Translation = (payload: Payload, facts: MappingFacts) => Mapped;

/** Reason codes for `statusInfo`, out of those that OCPP 2.0.1 defines (part 2, appendices). */
export type ReasonCode =
  | 'InternalError'
  | 'InvalidIdToken'
  | 'InvalidProfile'
  | 'InvalidSchedule'
  | 'InvalidURL'
  | 'InvalidValue'
  | 'MissingParam'
  | 'NotEnabled'
  | 'NotFound'
  | 'ReadOnly'
  | 'TooManyElements'
  | 'TxInProgress'
  | 'TxNotFound'
  | 'UnknownEvse'
  | 'Unspecified'
  | 'UnsupportedParam'
  | 'UnsupportedRequest'
  | 'WriteOnly';

/** Why a CALL has no translation: `code` for the asker's `statusInfo`, `text` for people. */
export interface Refusal {
  refused: ReasonCode;
  text: string;
}

export function refusal(refused: ReasonCode, text: string): Refusal {
  return { refused, text };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refused' in value;
}

/** A copy without the fields that are undefined: JSON has no such value, and schemas no such field. */
export function fields(given: Record<string, unknown>): Payload {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** One CALL for one CALL. A CALLERROR goes back as such; a CALLRESULT by way of `result`. */
export function sendOne(
  call: OcppCall,
  lost: readonly LostField[],
  result: (payload: Payload) => Payload | OcppAnswer,
): Mapped {
  return {
    outcome: 'sent',
    calls: [call],
    lost,
    answer(answers) {
      const answer = answerAt(answers, 0);
      return 'error' in answer ? answer : asAnswer(result(answer.payload));
    },
  };
}

function asAnswer(result: Payload | OcppAnswer): OcppAnswer {
  return 'error' in result || 'payload' in result ? (result as OcppAnswer) : { payload: result };
}

/** The answer to one of several CALLs; when it never came (the socket went), that is an error too. */
export function answerAt(answers: readonly OcppAnswer[], index: number): OcppAnswer {
  return answers[index] ?? callError('GenericError', 'this part was not answered');
}

export function callError(code: string, description: string): { error: CallErrorContent } {
  return { error: { code, description, details: {} } };
}

interface CallErrorContent {
  code: string;
  description: string;
  details: Record<string, unknown>;
}

/** Nothing is sent; the asker gets this payload. */
export function answerWith(payload: Payload, reason: string): Mapped {
  return { outcome: 'answered', answer: { payload }, reason };
}

/** Nothing is sent, and the response has no status that could say so. */
export function notSupported(reason: string): Mapped {
  return { outcome: 'answered', answer: callError('NotSupported', reason), reason };
}

/** Refusing answer of OCPP 2.0.1 with its reason. */
export function refuse201(status: string, { refused, text }: Refusal): Mapped {
  return answerWith({ status, statusInfo: statusInfo(refused, text) }, text);
}

/** Refusing answer of OCPP 1.6, which has no place for the reason. */
export function refuse16(status: string, { text }: Refusal): Mapped {
  return answerWith({ status }, text);
}

export function statusInfo(reasonCode: ReasonCode, additionalInfo: string): Payload {
  return { reasonCode, additionalInfo: additionalInfo.slice(0, 512) };
}

/** The same status words in both versions, or those of `words`; what is in neither becomes `otherwise`. */
export function statusBy(
  words: Readonly<Record<string, string>>,
  otherwise: string,
): (payload: Payload) => Payload {
  const known = new Map(Object.entries(words));
  return ({ status }) => ({ status: known.get(String(status)) ?? otherwise });
}

/** Status words that are the same in both versions. */
export function sameStatus(...words: string[]): (payload: Payload) => Payload {
  return statusBy(Object.fromEntries(words.map((word) => [word, word])), words.at(-1) ?? '');
}

/** The same, but a charger that does not know the request at all is told as `payload` to the asker. */
export function whenUnsupported(mapped: Mapped, payload: Payload): Mapped {
  if (mapped.outcome !== 'sent') return mapped;
  return {
    ...mapped,
    answer: (answers) => (isUnsupported(answerAt(answers, 0)) ? { payload } : mapped.answer(answers)),
  };
}

function isUnsupported(answer: OcppAnswer): boolean {
  return 'error' in answer && ['NotImplemented', 'NotSupported'].includes(answer.error.code);
}
