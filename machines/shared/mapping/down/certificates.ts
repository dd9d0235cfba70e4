import type { OcppAnswer, OcppCall, Payload } from '../mapping.ts';
import {
  answerAt,
  answerWith,
  fields,
  refusal,
  refuse201,
  sameStatus,
  sendOne,
  type Translation,
} from '../outcome.ts';

/** Certificates: the security extension of 1.6 and their part of 2.0.1. */

const TYPES_201: ReadonlyMap<string, string> = new Map([
  ['CentralSystemRootCertificate', 'CSMSRootCertificate'],
  ['ManufacturerRootCertificate', 'ManufacturerRootCertificate'],
]);
const TYPES_16: ReadonlyMap<string, string> = new Map(
  [...TYPES_201].map(([type16, type201]) => [type201, type16]),
);

const installStatus = sameStatus('Accepted', 'Rejected', 'Failed');

export const installTo201: Translation = ({ certificateType, certificate }) =>
  sendOne(
    {
      action: 'InstallCertificate',
      payload: { certificateType: TYPES_201.get(String(certificateType)), certificate },
    },
    [],
    installStatus,
  );

export const installTo16: Translation = ({ certificateType, certificate }) => {
  const type = TYPES_16.get(String(certificateType));
  if (type === undefined)
    return refuse201('Rejected', refusal('UnsupportedParam', `OCPP 1.6 has no ${String(certificateType)}`));
  return sendOne(
    { action: 'InstallCertificate', payload: { certificateType: type, certificate } },
    [],
    installStatus,
  );
};

function hashDataOf(given: unknown): Payload {
  const { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber } = given as Payload;
  return { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber };
}

/** The same fields and words in both versions. */
export const deleteCertificate: Translation = ({ certificateHashData }) =>
  sendOne(
    { action: 'DeleteCertificate', payload: { certificateHashData: hashDataOf(certificateHashData) } },
    [],
    sameStatus('Accepted', 'NotFound', 'Failed'),
  );

export const certificateSignedTo201: Translation = ({ certificateChain }) =>
  sendOne(
    {
      action: 'CertificateSigned',
      payload: { certificateChain, certificateType: 'ChargingStationCertificate' },
    },
    [],
    sameStatus('Accepted', 'Rejected'),
  );

export const certificateSignedTo16: Translation = ({ certificateChain, certificateType }) => {
  if (certificateType === 'V2GCertificate')
    return refuse201('Rejected', refusal('UnsupportedParam', 'OCPP 1.6 has no V2G certificates'));
  return sendOne(
    { action: 'CertificateSigned', payload: { certificateChain } },
    [],
    sameStatus('Accepted', 'Rejected'),
  );
};

export const installedIdsTo201: Translation = (payload) => {
  const certificateType = TYPES_201.get(String(payload.certificateType));
  return sendOne(
    { action: 'GetInstalledCertificateIds', payload: { certificateType: [certificateType] } },
    [],
    ({ status, certificateHashDataChain }) => {
      const chain = (certificateHashDataChain ?? []) as Payload[];
      const hashes = chain
        .filter((each) => each.certificateType === certificateType)
        .map((each) => hashDataOf(each.certificateHashData));
      if (status !== 'Accepted' || hashes.length === 0) return { status: 'NotFound' };
      return { status: 'Accepted', certificateHashData: hashes };
    },
  );
};

export const installedIdsTo16: Translation = (payload) => {
  const asked = (payload.certificateType as string[] | undefined) ?? [...TYPES_16.keys()];
  const types = [...new Set(asked)].filter((type) => TYPES_16.has(type));
  if (types.length === 0)
    return answerWith({ status: 'NotFound' }, 'OCPP 1.6 has none of these kinds of certificate');
  const calls: OcppCall[] = types.map((type) => ({
    action: 'GetInstalledCertificateIds',
    payload: { certificateType: TYPES_16.get(type) },
  }));
  const lost = asked.every((type) => TYPES_16.has(type)) ? [] : ['certificateType[]'];
  return { outcome: 'sent', calls, lost, answer: (answers) => mergedIds(types, answers) };
};

function mergedIds(types: readonly string[], answers: readonly OcppAnswer[]): OcppAnswer {
  const chain: Payload[] = [];
  for (const [index, certificateType] of types.entries()) {
    const answer = answerAt(answers, index);
    // Half of the list would read as if the other half were not installed.
    if ('error' in answer) return answer;
    if (answer.payload.status !== 'Accepted') continue;
    for (const hash of (answer.payload.certificateHashData ?? []) as Payload[])
      chain.push({ certificateType, certificateHashData: hashDataOf(hash) });
  }
  return {
    payload: fields({
      status: chain.length > 0 ? 'Accepted' : 'NotFound',
      certificateHashDataChain: chain.length > 0 ? chain : undefined,
    }),
  };
}
