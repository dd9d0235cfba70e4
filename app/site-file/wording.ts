import { isScalar, type Node } from 'yaml';
import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { type FilePath, pathText, type Remark } from './finding.ts';
import { notBuiltKey, notBuiltValue } from './not-built.ts';
import { keysAt } from './schema.ts';

type Issue = z.core.$ZodIssue;

/** Places whose content is never quoted back: passwords, and the tags of people. */
const PRIVATE = /^(offlineAuth\.localList|.*passwordFrom$)/;

/** Says in plain words what zod found; one issue about several unknown keys becomes a remark per key. */
export function remarksOf(issue: Issue, valueAt: (path: FilePath) => Node | null): Remark[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key));
  const node = valueAt(path);
  const scalar = isScalar(node) ? node : undefined;
  const refused = node === null ? undefined : notBuiltValue(path, scalar?.value);
  if (refused !== undefined) return [{ severity: 'error', path, message: refused }];
  return [{ severity: 'error', path, ...problem(issue, path, node) }];
}

function unknownKey(parent: FilePath, key: string): Remark {
  const path = [...parent, key];
  const refused = notBuiltKey(path);
  if (refused !== undefined) return { severity: 'error', path, message: refused };
  const known = keysAt(parent);
  const close = didYouMean(key, known);
  const hint = close === undefined ? `known here: ${known.join(', ')}` : `did you mean ${close}?`;
  return { severity: 'error', path, message: 'unknown key', hint };
}

function problem(issue: Issue, path: FilePath, node: Node | null): { message: string; hint?: string } {
  const isEmpty = node === null || (isScalar(node) && node.value === null);
  switch (issue.code) {
    case 'invalid_type':
      return isEmpty ? missing(node, path) : wrongType(issue.expected, path, node);
    case 'invalid_value':
      if (isEmpty) return missing(node, path);
      return {
        message: `must be ${choice(issue.values)}${quoted(path, node)}`,
        ...closest(issue.values, node),
      };
    case 'too_small':
      return { message: bound(issue.origin, 'at least', Number(issue.minimum), quoted(path, node)) };
    case 'too_big':
      return { message: bound(issue.origin, 'at most', Number(issue.maximum), quoted(path, node)) };
    default:
      return { message: issue.message };
  }
}

function missing(node: Node | null, path: FilePath): { message: string; hint?: string } {
  const example = EXAMPLES[pathText(path).replace(/\[\d+\]/g, '[]')];
  const message = node === null ? 'is missing' : 'has no value';
  return example === undefined ? { message } : { message, hint: `for example ${example}` };
}

const EXAMPLES: Readonly<Record<string, string>> = {
  version: 'version: 1',
  site: 'site: { id: hq-garage, timezone: Europe/Berlin }',
  'site.id': 'id: hq-garage',
  'electrical.connection': 'connection: { fuseA: 63, reserveA: 2 }',
  'electrical.connection.fuseA': 'fuseA: 63',
  'chargers.known[].id': 'id: cp-01',
  'ocpp.tls.certificateFile': 'certificateFile: tls/site.crt',
  'ocpp.tls.keyFile': 'keyFile: tls/site.key',
  'offlineAuth.caps.longOutage.after': 'after: 12h',
  backends: 'backends: [{ id: cpms, url: wss://cpms.example.com/ocpp }]',
  'backends[].id': 'id: cpms',
  'backends[].url': 'url: wss://cpms.example.com/ocpp',
  'backends[].auth.passwordFrom': 'passwordFrom: "file:cpms.pass"',
};

function wrongType(expected: string, path: FilePath, node: Node | null): { message: string; hint?: string } {
  const found = quoted(path, node);
  switch (expected) {
    case 'number': {
      const digits =
        isScalar(node) && typeof node.value === 'string' ? /\d+/.exec(node.value)?.[0] : undefined;
      return { message: `must be a number: write ${digits ?? '63'} without quotes or unit${found}` };
    }
    case 'int':
      return { message: `must be a whole number${found}` };
    case 'string':
      return textExpected(path, node);
    case 'array':
    case 'tuple':
      return { message: `must be a list: [a, b], or lines that start with "- "${found}` };
    case 'object':
      return { message: `must be a block of keys${found}` };
    default:
      return { message: `must be of type ${expected}${found}` };
  }
}

const DURATION_EXAMPLES: Readonly<Record<string, string>> = {
  cacheMaxAge: '7d',
  maxDuration: '90m',
  after: '12h',
};

function textExpected(path: FilePath, node: Node | null): { message: string; hint?: string } {
  const value = isScalar(node) ? node.value : undefined;
  if (typeof value !== 'number' && typeof value !== 'boolean') return { message: 'must be text' };
  // 04E5 unquoted is the number 400000 in YAML: a card that would never match.
  const message = `must be text, but without quotes YAML reads it as a ${typeof value}: put it in "quotes"`;
  const duration = DURATION_EXAMPLES[String(path.at(-1))];
  if (duration !== undefined && path[0] === 'offlineAuth')
    return { message: `must be a duration with its unit, such as ${duration}` };
  return { message };
}

function bound(origin: string, relation: string, limit: number, found: string): string {
  if (origin === 'array') return `must have ${relation} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  if (origin === 'string')
    return `must have ${relation} ${limit} ${limit === 1 ? 'character' : 'characters'}`;
  return `must be ${relation} ${limit}${found}`;
}

function choice(values: readonly unknown[]): string {
  const words = values.map(String);
  return words.length === 1 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** What was meant, if one of the words is close to what stands there. */
function closest(values: readonly unknown[], node: Node | null): { hint?: string } {
  const close = isScalar(node) ? didYouMean(String(node.value), values.map(String)) : undefined;
  return close === undefined ? {} : { hint: `did you mean ${close}?` };
}

function quoted(path: FilePath, node: Node | null): string {
  if (PRIVATE.test(pathText(path)) || !isScalar(node)) return '';
  const isQuoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
  const text = isQuoted ? `"${node.value}"` : (node.source ?? String(node.value));
  return text.length <= 40 ? `, found ${text}` : '';
}
