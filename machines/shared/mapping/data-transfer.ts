import { fields, sendOne, statusBy, type Translation } from './outcome.ts';

const words = {
  Accepted: 'Accepted',
  Rejected: 'Rejected',
  UnknownMessageId: 'UnknownMessageId',
  UnknownVendorId: 'UnknownVendorId',
};
const status = statusBy(words, 'Rejected');

/** Text stays as it is, byte for byte; anything else, which only 2.0.1 can carry, becomes its JSON. */
function textOf(data: unknown): string | undefined {
  return data === undefined || typeof data === 'string' ? data : JSON.stringify(data);
}

export const dataTransferTo201: Translation = ({ vendorId, messageId, data }) =>
  sendOne({ action: 'DataTransfer', payload: fields({ vendorId, messageId, data }) }, [], (answer) =>
    fields({ ...status(answer), data: textOf(answer.data) }),
  );

export const dataTransferTo16: Translation = ({ vendorId, messageId, data }) =>
  sendOne(
    { action: 'DataTransfer', payload: fields({ vendorId, messageId, data: textOf(data) }) },
    [],
    (answer) => fields({ ...status(answer), data: answer.data }),
  );
