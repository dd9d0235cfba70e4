import { DataFolderBusy } from '../runtime/data-folder.ts';
import { TlsFilesFault } from './site-file/tls-files.ts';

/** Why the product could not start, in one line for people: what is wrong, where, and what to do. */
export function startProblem(error: unknown): string {
  if (error instanceof TlsFilesFault) return `ocpp.tls.${error.part}: ${error.message}`;
  if (error instanceof DataFolderBusy) {
    return `${error.message}; stop that one first, or give this site another "data:" folder`;
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `${String(error)}; another program listens there`;
  return String(error);
}
