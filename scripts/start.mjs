/** `npm start`: sets itself up, then becomes the product, in this very process, so that signals and exit code are its own. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROJECT, setUpOrExit } from './setup.mjs';
import { commandArguments } from './start-arguments.mjs';

const PARENT_CHECK_MS = 500;

/**
 * npm starts scripts through a shell, and passes a SIGTERM only to that shell, which dies and leaves us behind.
 * So a change of parent means that npm was told to end.
 */
function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_CHECK_MS);
  timer.unref();
}

setUpOrExit();
endWithNpm();
const main = join(PROJECT, 'dist', 'app', 'main.js');
process.argv = [process.argv[0], main, ...commandArguments(process.argv.slice(2))];
process.setSourceMapsEnabled(true);
await import(pathToFileURL(main).href);
