import { soundConfig } from './commands/check.ts';
import type { CommandIo } from './commands/command-io.ts';
import { EXIT } from './exit-codes.ts';

export interface RunOptions {
  io: CommandIo;
  /** Aborted when the process is asked to end: then an ordered shutdown follows. */
  signal: AbortSignal;
  /** Port of the inspector feed on 127.0.0.1; null = no feed. */
  inspectPort: number | null;
}

/** Runs the site of a site file until `signal`; resolves with the exit code. A faulty file ends it before a port opens. */
export async function runSite(configPath: string, { io }: RunOptions): Promise<number> {
  const config = soundConfig(configPath, io);
  if (config === undefined) return EXIT.configInvalid;
  io.stderr.write('holdfast run: the composition root is not connected\n');
  return EXIT.failed;
}
