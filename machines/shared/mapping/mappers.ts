import type { CallMapper, Mappers } from './mapping.ts';

const notSupported: CallMapper = (from, to, { action }) => {
  const description = `${action} is not translated from OCPP ${from} to ${to}`;
  return {
    outcome: 'answered',
    answer: { error: { code: 'NotSupported', description, details: {} } },
    reason: description,
  };
};

/** Of the product: nothing is translated. */
export const mappers: Mappers = {
  up: notSupported,
  down: notSupported,
  ownAnswer: (_action201, payload16) => payload16,
};
