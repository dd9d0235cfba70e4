import type { CallMapper, Mappers, OcppAnswer } from '../../machines/shared/mapping/mapping.ts';

/**
 * Translations that show what the sockets make of them, of no meaning in OCPP beyond their shape. Towards the charger:
 * Reset and its status words one to one, SetVariables to one ChangeConfiguration each, ClearDisplayMessage answered
 * here. Towards the CPMS: StatusNotification loses its error code, BootNotification makes two CALLs, the rest has no
 * counterpart. SetChargingProfile shows the facts. A `vendorId` of `throws` makes the translation fail.
 */
const down: CallMapper = (_from, to, { action, payload }, facts) => {
  if (payload.vendorId === 'throws') throw new Error('no such vendor');
  if (action === 'Reset') {
    const type =
      to === '1.6'
        ? { Immediate: 'Hard' }[String(payload.type)]
        : { Hard: 'Immediate' }[String(payload.type)];
    return {
      outcome: 'sent',
      calls: [{ action, payload: { type: type ?? (to === '1.6' ? 'Soft' : 'OnIdle') } }],
      lost: 'evseId' in payload ? ['evseId'] : [],
      answer: ([answer]) => answer ?? NOTHING,
    };
  }
  if (action === 'SetVariables') {
    const wanted = payload.setVariableData as Variable[];
    return {
      outcome: 'sent',
      calls: wanted.map(({ variable, attributeValue }) => ({
        action: 'ChangeConfiguration',
        payload: { key: variable.name, value: attributeValue },
      })),
      lost: [],
      answer: (answers) => ({
        payload: {
          setVariableResult: wanted.map(({ variable, component }, index) => ({
            attributeStatus: isAccepted(answers[index]) ? 'Accepted' : 'Rejected',
            component,
            variable,
          })),
        },
      }),
    };
  }
  if (action === 'SetChargingProfile') {
    const transactionId = String(facts.transaction?.transactionId);
    return {
      outcome: 'sent',
      calls: [{ action: 'ClearCache', payload: { customData: { vendorId: transactionId } } }],
      lost: [],
      answer: ([answer]) => answer ?? NOTHING,
    };
  }
  if (action === 'ClearDisplayMessage')
    return { outcome: 'answered', answer: { payload: { status: 'Unknown' } }, reason: 'no displays in 1.6' };
  return none(action);
};

const up: CallMapper = (_from, to, { action, payload }, facts) => {
  if (action === 'StatusNotification' && to === '2.0.1') {
    const { connectorId, status } = payload;
    const timestamp = new Date(facts.nowMs).toISOString();
    const connectorStatus = status === 'Available' ? 'Available' : 'Occupied';
    return {
      outcome: 'sent',
      calls: [{ action, payload: { timestamp, connectorStatus, evseId: connectorId, connectorId: 1 } }],
      lost: ['errorCode'],
      answer: ([answer]) => (answer !== undefined && 'error' in answer ? answer : { payload: {} }),
    };
  }
  if (action === 'BootNotification' && to === '2.0.1') {
    return {
      outcome: 'sent',
      calls: [
        { action: 'Heartbeat', payload: {} },
        { action: 'Heartbeat', payload: {} },
      ],
      lost: [],
      answer: (answers) => {
        const [first] = answers;
        const currentTime = first !== undefined && 'payload' in first ? first.payload.currentTime : '';
        return { payload: { status: 'Accepted', interval: answers.length, currentTime } };
      },
    };
  }
  return none(action);
};

export const fakeMappers: Mappers = {
  up,
  down,
  ownAnswer: (action201, payload16) =>
    action201 === 'Authorize'
      ? { idTokenInfo: { status: (payload16.idTagInfo as { status: string }).status } }
      : payload16,
};

interface Variable {
  attributeValue: string;
  component: { name: string };
  variable: { name: string };
}

const NOTHING: OcppAnswer = { error: { code: 'GenericError', description: 'nothing came', details: {} } };

function isAccepted(answer: OcppAnswer | undefined): boolean {
  return answer !== undefined && 'payload' in answer && answer.payload.status === 'Accepted';
}

function none(action: string): ReturnType<CallMapper> {
  const description = `${action} has no counterpart`;
  return {
    outcome: 'answered',
    answer: { error: { code: 'NotSupported', description, details: {} } },
    reason: description,
  };
}
