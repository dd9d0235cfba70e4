import { randomBytes } from 'node:crypto';
import { siteSubjects } from './subjects.ts';

/** Made anew at each start of the process, and kept over restarts of the server within it. */
export interface ServerCredentials {
  /** Of the bus: publishes and subscribes to the site's subjects. */
  busPassword: string;
  /** For people with NATS tools: subscribes to the site's subjects. */
  watchPassword: string;
}

export const BUS_USER = 'holdfast';
export const WATCH_USER = 'watch';

export function makeCredentials(): ServerCredentials {
  return {
    busPassword: randomBytes(24).toString('base64url'),
    watchPassword: randomBytes(24).toString('base64url'),
  };
}

/**
 * The configuration of the managed server: loopback, two users, no other listener (monitor, websocket, leaf node,
 * cluster, MQTT), no `no_auth_user`. Port -1 lets the system choose; the choice is read from `portsFolder`.
 * Actors only tell, so not even an inbox is allowed.
 */
export function renderServerConfig(options: {
  port: number;
  portsFolder: string;
  siteId: string;
  credentials: ServerCredentials;
}): string {
  const subjects = quote(siteSubjects(options.siteId));
  const user = (name: string, password: string, publish: string) =>
    `    { user: ${name}, password: ${quote(password)}, permissions: { publish: ${publish}, subscribe: { allow: [${subjects}] } } }`;
  return [
    '# Written by Holdfast at each start; changes are lost.',
    'host: "127.0.0.1"',
    `port: ${options.port}`,
    `ports_file_dir: ${quote(options.portsFolder)}`,
    'max_connections: 64',
    'max_payload: 1MB',
    'max_pending: 16MB',
    'authorization {',
    '  timeout: 2',
    '  users: [',
    user(BUS_USER, options.credentials.busPassword, `{ allow: [${subjects}] }`),
    user(WATCH_USER, options.credentials.watchPassword, '{ deny: [">"] }'),
    '  ]',
    '}',
    '',
  ].join('\n');
}

/** Quoted strings are taken literally, `$` included; only quote and backslash need care. */
function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
