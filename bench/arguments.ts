import { parseArgs } from 'node:util';

export type Part = 'pipeline' | 'recovery' | 'store' | 'storm';

export interface BenchArguments {
  json: boolean;
  write: boolean;
  quick: boolean;
  parts: readonly Part[];
  chargers: readonly number[];
  /** Folder for CPU profiles of the product's processes; null for none. */
  profileFolder: string | null;
}

/** What `npm run bench -- …` may say; the message of a {@link UsageError} is for people. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `npm run bench -- [options]
  --json               one JSON document as the last line
  --quick              shorter rounds, one per cell
  --write              writes bench/RESULTS.md
  --part NAME          pipeline, recovery, store or storm; may be repeated (default: all)
  --chargers A,B       numbers of chargers of the pipeline (default: 1,100,200,1000)
  --profile FOLDER     CPU profiles of the product's processes`;

const PARTS: readonly Part[] = ['pipeline', 'recovery', 'store', 'storm'];
const CHARGERS_MAX = 4_000;

export function parseArguments(args: readonly string[]): BenchArguments {
  const { values } = parsed(args);
  return {
    json: values.json ?? false,
    write: values.write ?? false,
    quick: values.quick ?? false,
    parts: values.part?.map(partOf) ?? PARTS,
    chargers: (values.chargers ?? '1,100,200,1000').split(',').map(countOf),
    profileFolder: values.profile ?? null,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean' },
        write: { type: 'boolean' },
        quick: { type: 'boolean' },
        part: { type: 'string', multiple: true },
        chargers: { type: 'string' },
        profile: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function partOf(text: string): Part {
  const part = PARTS.find((name) => name === text);
  if (!part) throw new UsageError(`no part "${text}": there are ${PARTS.join(', ')}`);
  return part;
}

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > CHARGERS_MAX)
    throw new UsageError(`"${text}" is no number of chargers from 1 to ${CHARGERS_MAX}`);
  return count;
}
