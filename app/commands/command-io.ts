/** What a command may touch of its process: results go to stdout, progress and problems to stderr. */
export interface CommandIo {
  stdout: { write(text: string): unknown; readonly isTTY?: boolean };
  stderr: { write(text: string): unknown };
  env: Readonly<Record<string, string | undefined>>;
}
