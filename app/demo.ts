import type { CommandIo } from './commands/command-io.ts';
import { EXIT } from './exit-codes.ts';

export interface DemoOptions {
  io: CommandIo;
  /** Aborted when the process is asked to end. */
  signal: AbortSignal;
  /** Ends by itself after this time; null = runs until `signal`. */
  forMs: number | null;
  /** The result as one line of JSON on stdout, at the end. */
  json: boolean;
  /** Seed of the simulated site. */
  seed: number;
  /** Port of the inspector feed on 127.0.0.1; null = no feed. */
  inspectPort: number | null;
  /** Null: stdout is no terminal, or JSON was asked for. */
  terminal: { colour: boolean } | null;
}

/** Runs the product against a simulated site; resolves with the exit code. */
export async function runDemo({ io }: DemoOptions): Promise<number> {
  io.stderr.write('holdfast demo: the simulated site is not connected\n');
  return EXIT.failed;
}
