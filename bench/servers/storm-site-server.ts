import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startSite } from '../../app/site.ts';
import { silentLog } from '../../runtime/log.ts';
import { announce, serveParent } from '../child-side.ts';
import { type RosterSize, rosterOf } from '../storm/roster.ts';
import { type StormSite, stormSiteConfig } from '../storm/site-config.ts';

export interface StormSiteServerConfig extends Omit<StormSite, 'roster'> {
  size: RosterSize;
}

/** The whole product as it stands, with its defaults, in this process. */
const { size, ...place } = JSON.parse(process.argv[2]!) as StormSiteServerConfig;
const roster = rosterOf(size);
const site = await startSite(stormSiteConfig({ ...place, roster }), {
  log: silentLog,
  env: process.env,
  onFatal: (why) => {
    throw new Error(why);
  },
});
const loop = monitorEventLoopDelay({ resolution: 5 });
announce({ port: site.southTlsPort });

serveParent({
  watchLoop() {
    loop.reset();
    loop.enable();
    return null;
  },
  /** Milliseconds that the event loop stood still at most since `watchLoop`. */
  loopStandstillMs() {
    loop.disable();
    return loop.max / 1_000_000;
  },
  /** Messages kept for the CPMS. */
  queued: () => roster.reduce((sum, { id }) => sum + site.core.host.rows(`north/${id}`).length, 0),
  async stop() {
    await site.stop();
    return null;
  },
});
