import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OcppCall, Payload, TransactionFacts } from '../../machines/shared/mapping/mapping.ts';
import { mapUp } from '../../machines/shared/mapping/up/map-up.ts';
import { transactionEventTo16 } from '../../machines/shared/mapping/up/transaction-event-to16.ts';
import { violationIn } from '../helpers/strict-schemas.ts';

/** Whole transactions through the translation and back keep ids, order, energy, times and signed texts. */

const RUNS = 10_000;
const NOW_MS = Date.parse('2026-11-25T12:00:00Z');
const ID_IN_16 = 4_711;
const ID_IN_201 = '5f0c7c1e-0000-4000-8000-000000000001';
/** Reasons that both versions have a word for. */
const REASONS = [
  ...['DeAuthorized', 'EmergencyStop', 'EVDisconnected', 'Local', 'Other', 'PowerLoss', 'Reboot', 'Remote'],
];

const instant = fc.integer({ min: 0, max: 10 ** 10 }).map((ms) => new Date(NOW_MS + ms).toISOString());
const wattHours = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const card = fc.stringMatching(/^[0-9A-Za-z]{1,20}$/);
const signedText = fc
  .tuple(fc.integer({ min: 0, max: 10 ** 6 }), fc.stringMatching(/^[ -~]{0,60}$/))
  .map(
    ([n, extra]) =>
      `OCMF|{"FV":"1.0","PG":"T${n}","RD":[{"TX":"C"}],"X":${JSON.stringify(extra)}}|{"SD":"30${n}"}`,
  );

interface Sample {
  at: string;
  wh: number;
  signed: string | null;
}

interface Story {
  idTag: string;
  startedAt: string;
  startWh: number;
  samples: Sample[];
  stoppedAt: string;
  stopWh: number;
  reason: string;
}

const story: fc.Arbitrary<Story> = fc.record({
  idTag: card,
  startedAt: instant,
  startWh: wattHours,
  samples: fc.array(fc.record({ at: instant, wh: wattHours, signed: fc.option(signedText, { freq: 4 }) }), {
    maxLength: 4,
  }),
  stoppedAt: instant,
  stopWh: wattHours,
  reason: fc.constantFrom(...REASONS),
});

function facts(
  transactionId: string | number,
  idTag: string,
  seqNo = 0,
): { nowMs: number; transaction: TransactionFacts } {
  const transaction = { transactionId, connector: 1, idTag, seqNo, offline: false, remoteStartId: null };
  return { nowMs: NOW_MS, transaction };
}

function in16({ idTag, startedAt, startWh, samples, stoppedAt, stopWh, reason }: Story): OcppCall[] {
  return [
    {
      action: 'StartTransaction',
      payload: { connectorId: 1, idTag, meterStart: startWh, timestamp: startedAt },
    },
    ...samples.map(({ at, wh, signed }) => ({
      action: 'MeterValues',
      payload: {
        connectorId: 1,
        transactionId: ID_IN_16,
        meterValue: [
          {
            timestamp: at,
            sampledValue: [signed === null ? { value: String(wh) } : { value: signed, format: 'SignedData' }],
          },
        ],
      },
    })),
    {
      action: 'StopTransaction',
      payload: { transactionId: ID_IN_16, meterStop: stopWh, timestamp: stoppedAt, reason },
    },
  ];
}

function toEvents(messages: readonly OcppCall[], idTag: string): Payload[] {
  return messages.flatMap((call, seqNo) => {
    const mapped = mapUp('1.6', '2.0.1', call, facts(ID_IN_201, idTag, seqNo));
    if (mapped.outcome !== 'sent') throw new Error(`${call.action} is not sent: ${mapped.reason}`);
    return mapped.calls.map(({ payload }) => payload);
  });
}

function toMessages(events: readonly Payload[], idTag: string): OcppCall[] {
  return events.flatMap((event) => transactionEventTo16(event, facts(ID_IN_16, idTag)).calls);
}

/** What of a transaction is worth money, as the 1.6 messages say it. */
function told(messages: readonly OcppCall[]): unknown[] {
  return messages.map(({ action, payload }) => {
    if (action === 'StartTransaction') {
      const { idTag, meterStart, timestamp, connectorId } = payload;
      return { action, idTag, meterStart, timestamp, connectorId };
    }
    if (action === 'StopTransaction') {
      const { transactionId, meterStop, timestamp, reason = 'Local' } = payload;
      return { action, transactionId, meterStop, timestamp, reason };
    }
    const { transactionId, meterValue } = payload as { transactionId: number; meterValue: Values16 };
    return { action, transactionId, values: meterValue.map(valuesIn) };
  });
}

type Values16 = Array<{ timestamp: string; sampledValue: Array<{ value: string; format?: string }> }>;

function valuesIn({ timestamp, sampledValue }: Values16[number]): unknown {
  const signed = sampledValue.filter(({ format }) => format === 'SignedData').map(({ value }) => value);
  // Beside a signed text 2.0.1 has a number, which a charger of 1.6 never said.
  return { timestamp, values: signed.length > 0 ? signed : sampledValue.map(({ value }) => value) };
}

describe('a transaction of a 1.6 charger', () => {
  it('is told in events that keep all of it, and that the schema has', () => {
    fc.assert(
      fc.property(story, (one) => {
        const messages = in16(one);
        const events = toEvents(messages, one.idTag);
        for (const event of events)
          expect(violationIn('2.0.1', 'TransactionEvent', 'Request', event)).toBeNull();
        expect(events.map(({ seqNo }) => seqNo)).toEqual(messages.map((_, index) => index));
        expect(told(toMessages(events, one.idTag))).toEqual(told(messages));
      }),
      { numRuns: RUNS },
    );
  }, 120_000);
});

function in201({ idTag, startedAt, startWh, samples, stoppedAt, stopWh, reason }: Story): Payload[] {
  const register = (value: number, context: string, signed: string | null = null) => ({
    value,
    context,
    measurand: 'Energy.Active.Import.Register',
    unitOfMeasure: { unit: 'Wh' },
    ...(signed === null
      ? {}
      : {
          signedMeterValue: {
            signedMeterData: signed,
            signingMethod: 'ECDSA-secp256r1-SHA256',
            encodingMethod: 'OCMF',
            publicKey: 'oca:base16:asn1:30',
          },
        }),
  });
  const common = { evse: { id: 1, connectorId: 1 } };
  const info = { transactionId: ID_IN_201 };
  const bare = [
    {
      eventType: 'Started',
      timestamp: startedAt,
      triggerReason: 'Authorized',
      transactionInfo: info,
      idToken: { idToken: idTag, type: 'Central' },
      meterValue: [{ timestamp: startedAt, sampledValue: [register(startWh, 'Transaction.Begin')] }],
    },
    ...samples.map(({ at, wh, signed }) => ({
      eventType: 'Updated',
      timestamp: at,
      triggerReason: 'MeterValuePeriodic',
      transactionInfo: info,
      meterValue: [{ timestamp: at, sampledValue: [register(wh, 'Sample.Periodic', signed)] }],
    })),
    {
      eventType: 'Ended',
      timestamp: stoppedAt,
      triggerReason: 'StopAuthorized',
      transactionInfo: { ...info, stoppedReason: reason },
      meterValue: [{ timestamp: stoppedAt, sampledValue: [register(stopWh, 'Transaction.End')] }],
    },
  ];
  return bare.map((event, seqNo) => ({ ...event, seqNo, ...common }));
}

/** What of it is worth money, as the events say it. */
function toldIn201(events: readonly Payload[]): unknown[] {
  return events.map((event) => {
    const {
      eventType,
      timestamp,
      seqNo,
      transactionInfo,
      idToken,
      meterValue = [],
    } = event as unknown as Event201;
    return {
      eventType,
      timestamp,
      seqNo,
      id: transactionInfo.transactionId,
      reason: transactionInfo.stoppedReason ?? 'Local',
      idToken: eventType === 'Started' ? idToken?.idToken : undefined,
      values: meterValue.map(({ timestamp: at, sampledValue }) => [
        at,
        sampledValue.map(({ value, context = 'Sample.Periodic' }) => [value, context]),
        sampledValue.flatMap(({ signedMeterValue }) => (signedMeterValue ? [signedMeterValue] : [])),
      ]),
    };
  });
}

interface Event201 {
  eventType: string;
  timestamp: string;
  seqNo: number;
  transactionInfo: { transactionId: string; stoppedReason?: string };
  idToken?: { idToken: string };
  meterValue?: Array<{
    timestamp: string;
    sampledValue: Array<{ value: number; context?: string; signedMeterValue?: object }>;
  }>;
}

describe('a transaction of a 2.0.1 charger', () => {
  it('is told in 1.6 messages that keep all of it, and that the schemas have', () => {
    fc.assert(
      fc.property(story, (one) => {
        const events = in201(one);
        const messages = toMessages(events, one.idTag);
        for (const { action, payload } of messages)
          expect(violationIn('1.6', action, 'Request', payload)).toBeNull();
        const back = toEvents(messages, one.idTag);
        const signedAndPlain = toldIn201(back);
        expect(signedAndPlain).toEqual(toldIn201(events));
      }),
      { numRuns: RUNS },
    );
  }, 120_000);
});
