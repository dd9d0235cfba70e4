import { z } from 'zod';
import { REPAIR_NAMES } from '../../machines/shared/quirks/repairs.ts';
import { commandRules } from './command-schema.ts';
import { DURATION_MAX_MS } from './duration.ts';
import { durationWithin } from './duration-schema.ts';
import { capRules, invalidRule } from './exposure-schema.ts';
import { parseListenAddress } from './listen-address.ts';
import { SECRET_REFERENCE } from './secret.ts';

/**
 * The keys of a site file, their forms and their defaults. Quantities carry their unit in the key; durations are
 * text (`30s`). Messages here are for people; `wording.ts` words what zod finds by itself.
 */

export const KNOWN_CHARGERS_MAX = 500;
export const LOCAL_LIST_MAX = 10_000;

const amps = () => z.number().int().min(0).max(6_300);
const ID = /^[A-Za-z0-9_-]{1,40}$/;
/** OCPP-J 1.6 section 3.1.1 leaves identities open; this is the OCPP identifierString set, as the charger listener takes it. */
const CHARGER_ID = /^[A-Za-z0-9*_=:+@.|-]{1,48}$/;

const id = z.string().regex(ID, 'must be 1 to 40 letters, digits, - or _');
const chargerId = z
  .string()
  .regex(CHARGER_ID, 'must be 1 to 48 letters, digits or * - _ = : + @ . |')
  .refine((text) => text !== '.' && text !== '..', 'cannot be a path step');
const secretReference = z
  .string()
  .regex(
    SECRET_REFERENCE,
    'must name where the password is kept: file:<path> or env:<NAME>, never the password itself',
  );

const duration = durationWithin(
  { minMs: 1, maxMs: DURATION_MAX_MS },
  'above 0 and up to 365d, such as 30s, 10m, 2h or 7d',
);

const listen = z.string().transform((text, context) => {
  const address = parseListenAddress(text);
  if (address !== undefined) return address;
  context.addIssue({
    code: 'custom',
    message: 'must be an IP address and a port, such as "127.0.0.1:8080" or "[::1]:8080"',
  });
  return z.NEVER;
});

function plainUrl(protocols: readonly string[], example: string) {
  return z.string().transform((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !protocols.includes(url.protocol) || url.hostname === '') {
      context.addIssue({ code: 'custom', message: `must be an address such as ${example}` });
      return z.NEVER;
    }
    if (url.username !== '' || url.password !== '') {
      context.addIssue({ code: 'custom', message: 'must not hold a user or password: use passwordFrom' });
      return z.NEVER;
    }
    if (url.search !== '' || url.hash !== '') {
      context.addIssue({ code: 'custom', message: 'must not hold a ? or # part' });
      return z.NEVER;
    }
    return url;
  });
}

const timezone = z.string().refine((text) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }) !== undefined;
  } catch {
    return false;
  }
}, 'must be a time zone of the IANA list, such as Europe/Berlin or UTC');

const connection = z.strictObject({
  fuseA: amps().min(1),
  reserveA: amps().default(0),
  phases: z
    .array(z.enum(['L1', 'L2', 'L3']))
    .min(1)
    .max(3)
    .refine((phases) => new Set(phases).size === phases.length, 'names a phase twice')
    .default(['L1', 'L2', 'L3']),
  nominalV: z.number().int().min(100).max(690).default(230),
});

const circuit = z.literal('connection').default('connection');
const connectors = z.number().int().min(1).max(16);
const afterS = z.number().int().min(1).max(86_400);

/** The charger stays here while the CPMS is away, or sees that it is. */
const outagePolicy = z.enum(['hold', 'mirror-close']);

const chargerDefaults = z.strictObject({
  circuit,
  minA: amps().default(6),
  maxA: amps().min(1).default(32),
  connectors: connectors.default(1),
  onLinkLoss: z.strictObject({ afterS: afterS.default(120), limitA: amps().default(6) }).prefault({}),
  onBackendLoss: z
    .strictObject({ policy: outagePolicy.default('hold'), afterS: afterS.default(30) })
    .prefault({}),
});

/** OCPP 1.6 security whitepaper; 0 asks for nothing. */
const securityProfile = z.literal([0, 1, 2, 3]);

/** As tools print it: 64 hex digits, in any case, with or without colons. */
const sha256Fingerprint = z.string().transform((text, context) => {
  const hex = text.replaceAll(':', '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hex)) return hex;
  context.addIssue({ code: 'custom', message: 'must be a SHA-256 fingerprint: 64 hex digits' });
  return z.NEVER;
});

/** Named repairs of what a charger says, or none of them at all (docs/quirks.md). */
const quirks = z
  .array(z.enum(['none', ...REPAIR_NAMES]))
  .refine((words) => new Set(words).size === words.length, 'names a repair twice')
  .refine(
    (words) => !words.includes('none') || words.length === 1,
    'names none beside repairs: none stands alone',
  )
  .default([]);

const knownCharger = z.strictObject({
  id: chargerId,
  circuit,
  maxA: amps().min(1).optional(),
  connectors: connectors.optional(),
  onLinkLoss: z.strictObject({ afterS: afterS.optional(), limitA: amps().optional() }).optional(),
  onBackendLoss: z.strictObject({ policy: outagePolicy.optional(), afterS: afterS.optional() }).optional(),
  passwordFrom: secretReference.optional(),
  securityProfile: securityProfile.optional(),
  allowWeakerProfile: z.boolean().default(false),
  certificateSha256: sha256Fingerprint.optional(),
  quirks,
});

const messages = z.number().int().min(1).max(10_000);

/** Backlogs after an outage, all chargers together; above what they send when all is well, or it never gets empty. */
const replay = z.strictObject({ perSecond: messages.default(100), burst: messages.default(200) });

/** 2.0.1 only where it is named (docs/ocpp-201-open.md). In the edge's order; a charger or CPMS that speaks several has its own. */
const versions = z
  .array(z.enum(['ocpp2.0.1', 'ocpp1.6']))
  .min(1)
  .refine((names) => new Set(names).size === names.length, 'names a version twice')
  .default(['ocpp1.6']);

const tlsFile = z.string().min(1).max(1024);

const backend = z.strictObject({
  id,
  url: plainUrl(['ws:', 'wss:'], 'wss://cpms.example.com/ocpp'),
  auth: z.strictObject({ passwordFrom: secretReference }).optional(),
  replay: replay.prefault({}),
  versions,
  commands: commandRules.prefault({}),
});

/** OCPP 1.6 idToken: CiString20. */
const idTag = z.string().regex(/^[\x21-\x7e]{1,20}$/, 'must be 1 to 20 printable characters without spaces');

export const siteFileSchema = z.strictObject({
  version: z.literal(1),
  site: z.strictObject({ id, timezone: timezone.default('UTC'), language: z.literal('en').default('en') }),
  data: z.string().min(1).max(1024).default('./data'),
  electrical: z.strictObject({ connection }).optional(),
  chargers: z
    .strictObject({
      defaults: chargerDefaults.prefault({}),
      known: z.array(knownCharger).max(KNOWN_CHARGERS_MAX).default([]),
      unknown: z.enum(['reject', 'quarantine', 'adopt']).default('reject'),
    })
    .prefault({}),
  ocpp: z
    .strictObject({
      listen: listen.prefault('0.0.0.0:9000'),
      versions,
      listenTls: listen.optional(),
      tls: z
        .strictObject({ certificateFile: tlsFile, keyFile: tlsFile, clientCaFile: tlsFile.optional() })
        .optional(),
      securityProfile: securityProfile.default(1),
    })
    .prefault({}),
  backends: z.array(backend).min(1).max(1),
  offlineAuth: z
    .strictObject({
      order: z.tuple([z.literal('localList'), z.literal('cache'), z.literal('policy')]).optional(),
      localList: z.array(idTag).max(LOCAL_LIST_MAX).default([]),
      cacheMaxAge: duration.prefault('7d'),
      policy: z.strictObject({ unknownTags: z.enum(['reject', 'accept']).default('reject') }).prefault({}),
      caps: capRules.prefault({}),
      onInvalid: invalidRule.prefault({}),
    })
    .prefault({}),
  ui: z
    .strictObject({
      listen: listen.prefault('127.0.0.1:8080'),
      hosts: z
        .array(z.string().regex(/^[A-Za-z0-9.-]{1,253}$/, 'must be a host name without port'))
        .max(16)
        .default([]),
    })
    .prefault({}),
  bus: z
    .strictObject({
      url: plainUrl(['nats:'], 'nats://127.0.0.1:4222').optional(),
      user: z.string().min(1).max(128).optional(),
      passwordFrom: secretReference.optional(),
    })
    .prefault({}),
});

/** A site file that passed the schema, defaults filled in. */
export type SiteFileData = z.output<typeof siteFileSchema>;

/** The keys allowed at a place of the file (list positions count for every item). */
export function keysAt(path: ReadonlyArray<string | number>): string[] {
  let schema: unknown = siteFileSchema;
  for (const part of path) {
    schema = unwrapped(schema);
    if (schema instanceof z.ZodObject) schema = (schema.shape as Record<string, unknown>)[String(part)];
    else if (schema instanceof z.ZodArray) schema = schema.element;
    else return [];
  }
  schema = unwrapped(schema);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function unwrapped(schema: unknown): unknown {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
    inner = inner.unwrap();
  }
  return inner;
}
