import { at, type Change, changedAt, isPayload, pathOf, type Repair } from './repair.ts';

/** At most 15 digits: every such number is exact for whoever reads it. */
const WHOLE = /^(?:0|-?[1-9]\d{0,14})$/;
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const DIGITS_MAX = 15;

const wholeOfText: Change = (value) =>
  typeof value === 'string' && WHOLE.test(value) ? Number(value) : value;
const numberOfText: Change = (value) =>
  typeof value === 'string' && isDecimal(value) ? Number(value) : value;
/** In the raw text the digits stay as they were told (raw-rewrite.ts): firmware 1.10 does not become 1.1. */
const textOfNumber: Change = (value) =>
  typeof value === 'number' && Number.isFinite(value) ? String(value) : value;

function isDecimal(text: string): boolean {
  return DECIMAL.test(text) && text.replace(/\D/g, '').length <= DIGITS_MAX;
}

const VALUE = pathOf('value');

/** Signed values are evidence: whatever stands there stays. */
const sampleInText: Change = (sample) =>
  isPayload(sample) && sample.format !== 'SignedData' ? changedAt(sample, VALUE, textOfNumber) : sample;

/** The values of samples are texts in 1.6. */
export const sampleValuesIn16: Readonly<Record<string, Repair>> = {
  MeterValues: at(['meterValue[].sampledValue[]'], sampleInText),
  StopTransaction: at(['transactionData[].sampledValue[]'], sampleInText),
};

/** Fields that are numbers in their schema, told in quotes. */
export const numbersIn16: Readonly<Record<string, Repair>> = {
  LogStatusNotification: at(['requestId'], wholeOfText),
  MeterValues: at(['connectorId', 'transactionId'], wholeOfText),
  SignedFirmwareStatusNotification: at(['requestId'], wholeOfText),
  StartTransaction: at(['connectorId', 'meterStart', 'reservationId'], wholeOfText),
  StatusNotification: at(['connectorId'], wholeOfText),
  StopTransaction: at(['meterStop', 'transactionId'], wholeOfText),
};

const eventNumbers = at(
  [
    ...['seqNo', 'numberOfPhasesUsed', 'cableMaxCurrent', 'reservationId', 'evse.id', 'evse.connectorId'],
    ...['transactionInfo.timeSpentCharging', 'transactionInfo.remoteStartId'],
  ],
  wholeOfText,
);
const multipliers = at(['meterValue[].sampledValue[].unitOfMeasure.multiplier'], wholeOfText);
const values = at(['meterValue[].sampledValue[].value'], numberOfText);
const samples: Repair = (payload, facts) => values(multipliers(payload, facts), facts);
const meterEvse = at(['evseId'], wholeOfText);

export const numbersIn201: Readonly<Record<string, Repair>> = {
  MeterValues: (payload, facts) => samples(meterEvse(payload, facts), facts),
  StatusNotification: at(['evseId', 'connectorId'], wholeOfText),
  TransactionEvent: (payload, facts) => samples(eventNumbers(payload, facts), facts),
};

/** Fields that are texts in their schema, told as numbers. Cards are not among them: their leading zeros count. */
export const textsIn16: Readonly<Record<string, Repair>> = {
  BootNotification: at(
    [
      ...['chargePointVendor', 'chargePointModel', 'chargePointSerialNumber', 'chargeBoxSerialNumber'],
      ...['firmwareVersion', 'iccid', 'imsi', 'meterType', 'meterSerialNumber'],
    ],
    textOfNumber,
  ),
  DataTransfer: at(['vendorId', 'messageId', 'data'], textOfNumber),
  StatusNotification: at(['info', 'vendorId', 'vendorErrorCode'], textOfNumber),
};

export const textsIn201: Readonly<Record<string, Repair>> = {
  BootNotification: at(
    ['vendorName', 'model', 'serialNumber', 'firmwareVersion', 'modem.iccid', 'modem.imsi'].map(
      (field) => `chargingStation.${field}`,
    ),
    textOfNumber,
  ),
  DataTransfer: at(['vendorId', 'messageId'], textOfNumber),
};
