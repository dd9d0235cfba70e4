/** `npm start`: sets itself up, then becomes the product, in this very process, so that signals and exit code are its own. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROJECT, setUpOrExit } from './setup.mjs';
import { commandArguments } from './start-arguments.mjs';

setUpOrExit();
const main = join(PROJECT, 'dist', 'app', 'main.js');
process.argv = [process.argv[0], main, ...commandArguments(process.argv.slice(2))];
process.setSourceMapsEnabled(true);
await import(pathToFileURL(main).href);
