import { z } from 'zod';
import {
  COMMAND_NAMES,
  type CommandName,
  DEFERRAL_MAX_MS,
  DISTURBING_COMMANDS,
  defaultGovernance,
} from '../../machines/shared/governance/rules.ts';
import { durationWithin } from './duration-schema.ts';

/** `backends[].commands`: what a CPMS may ask of chargers. */

const GUARDED_KEYS_MAX = 64;
const LIST_MAX = 64;

const wholeNumber = z.number().int().min(0).max(999_999_999);
const bounds = z.strictObject({ min: wholeNumber.optional(), max: wholeNumber.optional() });

const rule = z.strictObject({
  policy: z.enum(['forward', 'refuse']).optional(),
  limits: z
    .record(z.string().regex(/^[A-Za-z]{1,50}$/, 'must be the name of an argument'), bounds)
    .optional(),
});
const disturbingRule = rule.extend({
  duringSession: z.enum(['forward', 'refuse', 'defer', 'accept-and-hold']).optional(),
});

const disturbing: ReadonlySet<CommandName> = new Set(DISTURBING_COMMANDS);

const rules = z.strictObject({
  ...(Object.fromEntries(
    COMMAND_NAMES.filter((name) => !disturbing.has(name)).map((name) => [name, rule.optional()]),
  ) as Record<Exclude<CommandName, (typeof DISTURBING_COMMANDS)[number]>, z.ZodOptional<typeof rule>>),
  ...(Object.fromEntries(DISTURBING_COMMANDS.map((name) => [name, disturbingRule.optional()])) as Record<
    (typeof DISTURBING_COMMANDS)[number],
    z.ZodOptional<typeof disturbingRule>
  >),
});

const { schemes, allowLocalAddresses } = defaultGovernance.urls;

const host = z
  .string()
  .regex(
    /^(\*\.)?[A-Za-z0-9.-]{1,253}$|^\[[0-9A-Fa-f:]{2,39}\]$/,
    'must be a host name without port, such as files.example.com or *.example.com',
  );

const urls = z.strictObject({
  schemes: z
    .array(z.enum(['https', 'http', 'ftps', 'ftp', 'sftp']))
    .min(1)
    .max(5)
    .default([...schemes] as Array<'https'>),
  hosts: z.array(host).max(LIST_MAX).default([]),
  ports: z.array(z.number().int().min(1).max(65_535)).max(LIST_MAX).default([]),
  allowLocalAddresses: z.boolean().default(allowLocalAddresses),
});

const guardedKey = z.strictObject({
  key: z.string().regex(/^[\x21-\x7e]{1,50}$/, 'must be 1 to 50 printable characters without spaces'),
  handling: z.enum(['keep', 'refuse', 'forward']),
  min: wholeNumber.optional(),
  max: wholeNumber.optional(),
});

const deferral = durationWithin(
  { minMs: 1, maxMs: DEFERRAL_MAX_MS },
  'above 0 and up to 24h, such as 30m or 12h',
);

export const commandRules = z.strictObject({
  rules: rules.prefault({}),
  urls: urls.prefault({}),
  guardedKeys: z.array(guardedKey).max(GUARDED_KEYS_MAX).default([]),
  deferAtMost: deferral.prefault('24h'),
  /** OCPP 1.6 DataTransfer: CiString255. */
  reasonsTo: z.string().min(1).max(255).optional(),
});

export type CommandRulesData = z.output<typeof commandRules>;
