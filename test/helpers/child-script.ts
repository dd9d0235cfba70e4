import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ChildEnd {
  lines: string[];
  stderr: string;
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ChildOptions {
  args: readonly string[];
  /** Called with every line that the script prints; may kill it. */
  onLine?: (line: string, kill: () => void) => void;
  /** Largest file that the script may write, in KiB; beyond it writes fail as on a full disk. */
  fileLimitKib?: number;
}

/** Runs a TypeScript file of `test/helpers` in a process of its own, until it ends. */
export function runChild(name: string, options: ChildOptions): Promise<ChildEnd> {
  const script = fileURLToPath(new URL(name, import.meta.url));
  const node = [process.execPath, '--import', 'tsx', script, ...options.args];
  // The signal is ignored so that a write past the limit fails instead of ending the process.
  const limited = [
    'sh',
    '-c',
    `trap '' XFSZ; ulimit -f ${(options.fileLimitKib ?? 0) * 2}; exec "$@"`,
    'sh',
    ...node,
  ];
  const [command, ...args] = options.fileLimitKib === undefined ? node : limited;
  return new Promise((resolve, reject) => {
    const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const lines: string[] = [];
    let stderr = '';
    let rest = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop()!;
      for (const line of parts) {
        lines.push(line);
        options.onLine?.(line, () => child.kill('SIGKILL'));
      }
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ lines, stderr, code, signal }));
  });
}
