import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Site, startSite } from '../../app/site.ts';
import { readSiteFile } from '../../app/site-file/load.ts';
import type { SiteConfig } from '../../app/site-file/site-config.ts';
import { SystemClock } from '../../runtime/system-clock.ts';
import { SimulatedCpms } from '../../simulation/cpms.ts';
import { type ChargerCertificates, makeChargerCertificates } from '../helpers/charger-certificates.ts';
import { makeTempFolder } from '../helpers/temp-folder.ts';
import { dial, nextMessage, until } from '../unit/adapters/ocpp-south/listening.ts';

const KEY = 'key-0123456789abcdef0123';
const PASSWORD = 'pw-secret';
const WRONG = 'wrong-0123456789';

let folder: Awaited<ReturnType<typeof makeTempFolder>>;
let made: ChargerCertificates;
let cpms: SimulatedCpms;
let config: SiteConfig;
let site: Site;
/** Everything that was logged, and every turn that was taken: what journal and bus are made from. */
let said: string[];

/** A site with a charger of every profile. */
beforeEach(async () => {
  folder = await makeTempFolder('secrets');
  made = await makeChargerCertificates();
  cpms = new SimulatedCpms({ clock: new SystemClock() });
  await cpms.start();
  said = [];
  await writeFile(join(folder.path, 'site.crt'), made.server.certificate);
  await writeFile(join(folder.path, 'site.key'), made.server.key);
  await chmod(join(folder.path, 'site.key'), 0o600);
  await writeFile(join(folder.path, 'ca.crt'), made.authority.certificate);
  const file = {
    version: 1,
    site: { id: 'secrets' },
    chargers: {
      known: [
        { id: 'CP-key', securityProfile: 2, passwordFrom: 'env:KEY' },
        { id: 'CP-pw', securityProfile: 1, allowWeakerProfile: true, passwordFrom: 'env:PASSWORD' },
        { id: 'CP-01', securityProfile: 3 },
      ],
    },
    ocpp: {
      listen: '127.0.0.1:0',
      listenTls: '127.0.0.1:0',
      tls: { certificateFile: 'site.crt', keyFile: 'site.key', clientCaFile: 'ca.crt' },
      securityProfile: 2,
    },
    backends: [{ id: 'cpms', url: cpms.url }],
    ui: { listen: '127.0.0.1:0' },
  };
  const env = { KEY, PASSWORD };
  const result = readSiteFile(JSON.stringify(file), join(folder.path, 'site.yaml'), {
    folder: folder.path,
    env,
  });
  config = result.config!;
  const log = pino({ level: 'trace' }, { write: (line: string) => said.push(line) });
  site = await startSite(config, { log, env: process.env, onFatal: (why) => said.push(why) });
  site.core.host.observe(({ envelope, decisions }) => said.push(JSON.stringify([envelope, decisions])));
});
afterEach(async () => {
  await site.stop();
  await cpms.stop();
  await folder.remove();
});

async function filesBelow(path: string): Promise<Buffer[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries.filter((one) => one.isFile()).map((one) => readFile(join(one.parentPath, one.name))),
  );
}

test('a site takes each charger as its profile says, and no secret shows in log, journal, bus, API or data folder', async () => {
  const plain = (identity: string) => `ws://127.0.0.1:${site.southPort}/${identity}`;
  const secure = (identity: string) => `wss://127.0.0.1:${site.southTlsPort}/${identity}`;
  const ca = made.authority.certificate;
  const { certificate: cert, key } = made.client.good;

  expect((await dial(secure('CP-key'), { key: WRONG, tls: { ca } })).outcome).toBe(401);
  expect((await dial(plain('CP-key'), { key: KEY })).outcome).toBe(401);
  expect((await dial(plain('CP-pw'), { key: WRONG })).outcome).toBe(401);
  expect((await dial(secure('CP-01'), { key: KEY, tls: { ca } })).outcome).toBe(401);
  const sockets = [
    await dial(secure('CP-key'), { key: KEY, tls: { ca } }),
    await dial(plain('CP-pw'), { key: PASSWORD }),
    await dial(secure('CP-01'), { tls: { ca, cert, key } }),
  ];
  expect(sockets.map((one) => one.outcome)).toEqual(['open', 'open', 'open']);
  for (const { socket } of sockets) {
    const reply = nextMessage(socket);
    socket.send('[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]');
    expect((await reply)[0]).toBe(3);
  }
  await until(() => site.view.chargers().every((charger) => charger.protocol !== null));
  expect(site.view.chargers().map(({ id, security }) => [id, security])).toEqual(
    expect.arrayContaining([
      ['CP-01', { profile: 3, weakerThanSite: false, encrypted: true }],
      ['CP-key', { profile: 2, weakerThanSite: false, encrypted: true }],
      ['CP-pw', { profile: 1, weakerThanSite: true, encrypted: false }],
    ]),
  );

  const view = [site.view.site(), site.view.chargers(), site.view.health(), site.view.decisions(500)];
  said.push(JSON.stringify(view), JSON.stringify(config), inspect(config, { depth: 9 }));
  const deviceKeyFile = join(config.dataFolder, 'device.key');
  expect((await stat(deviceKeyFile)).mode & 0o777).toBe(0o600);
  const deviceKey = await readFile(deviceKeyFile);
  const texts = [...said.map((text) => Buffer.from(text)), ...(await filesBelow(config.dataFolder))];
  expect(said.filter((text) => text.includes('connection refused')).length).toBeGreaterThanOrEqual(4);
  const privateKeys = [made.server.key, key].map((pem) => pem.slice(40, 90));
  const basic = (text: string): string => Buffer.from(text).toString('base64').replace(/=+$/, '');
  const secrets = [KEY, PASSWORD, WRONG, basic(`CP-key:${KEY}`), basic(`CP-pw:${PASSWORD}`), ...privateKeys];
  for (const secret of [...secrets, deviceKey.toString('hex'), deviceKey.toString('base64')])
    for (const text of texts) expect(text.includes(secret), secret).toBe(false);
});
