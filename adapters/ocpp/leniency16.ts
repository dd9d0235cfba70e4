import type { Ajv } from 'ajv';

/** ISO 8601 with or without a zone, seconds optional: zoneless local time is seen in the field. */
const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d(:?\d\d)?)?$/;

/** Length bounds that published schema copies or chargers disagree on: the wider one is received. */
const WIDER_LENGTHS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  StatusNotificationRequest: { info: 255 },
  GetConfigurationResponse: { value: 2_500 },
  ChangeConfigurationRequest: { value: 2_500 },
};

/**
 * What is received more widely than the 1.6 schemas say, each for a case seen in the field:
 * unknown extra fields (vendors add them; the message is passed on as it stands, and dropping a transaction for
 * one would lose it), times without a zone, `uri` fields that are no RFC 3986 URI, longer texts where
 * published schemas differ. Empty texts and empty `sampledValue` lists are legal in the 1.6 schemas already.
 */
export const relaxed = {
  formats(ajv: Ajv): void {
    ajv.addFormat('date-time', DATE_TIME);
    ajv.addFormat('uri', true);
  },

  /** A relaxed copy of a generated schema; the original is shared and stays as it is. */
  schema(name: string, schema: Record<string, unknown>): Record<string, unknown> {
    const copy = structuredClone(schema);
    const lengths = WIDER_LENGTHS[name] ?? {};
    relaxObject(copy, lengths);
    return copy;
  },
};

function relaxObject(node: Record<string, unknown>, lengths: Readonly<Record<string, number>>): void {
  if (node.type === 'object') delete node.additionalProperties;
  for (const [key, child] of Object.entries(node)) {
    if (typeof child !== 'object' || child === null || Array.isArray(child)) continue;
    const schema = child as Record<string, unknown>;
    const wider = lengths[key];
    if (wider !== undefined && typeof schema.maxLength === 'number') schema.maxLength = wider;
    relaxObject(schema, lengths);
  }
}
