#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/app/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write(
    'holdfast is not built yet: npm start builds and runs it, npm run build only builds it\n',
  );
  process.exitCode = 1;
}
