/**
 * What `npm start` runs: the demo if nothing is said, a site if a site file is named, else the command that is named.
 * `npm start -- --for 60s --json` is the demo with these options.
 */
export function commandArguments(args) {
  const [first] = args;
  if (first === undefined) return ['demo'];
  if (!first.startsWith('-') || ['--help', '-h', '--version'].includes(first)) return [...args];
  const namesSite = args.some((arg) => arg === '-c' || arg === '--config' || arg.startsWith('--config='));
  return [namesSite ? 'run' : 'demo', ...args];
}
