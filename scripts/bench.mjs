/** `npm run bench`: sets itself up, then runs the benchmark in this very process. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROJECT, setUpOrExit } from './setup.mjs';

setUpOrExit();
process.chdir(PROJECT);
const main = join(PROJECT, 'dist', 'bench', 'main.js');
process.argv = [process.argv[0], main, ...process.argv.slice(2)];
process.setSourceMapsEnabled(true);
await import(pathToFileURL(main).href);
