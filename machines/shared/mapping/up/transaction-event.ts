import type { OcppAnswer } from '../mapping.ts';
import { answerAt, answerWith, type Translation } from '../outcome.ts';
import { mapOwnAnswer } from './own-answer.ts';
import { transactionEventTo16 } from './transaction-event-to16.ts';

/** A TransactionEvent with its answer: that of the start or the stop, as the MeterValues' says nothing. */
export const transactionEvent: Translation = (payload, facts) => {
  const { calls, lost } = transactionEventTo16(payload, facts);
  if (calls.length === 0) return answerWith({}, 'OCPP 1.6 has no message for an update without meter values');
  return {
    outcome: 'sent',
    calls,
    lost,
    answer(answers): OcppAnswer {
      const first = answerAt(answers, 0);
      return 'error' in first ? first : { payload: mapOwnAnswer('TransactionEvent', first.payload) };
    },
  };
};
