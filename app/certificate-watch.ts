import type { TlsMaterial } from '../adapters/ocpp-south/tls-settings.ts';
import type { Clock, TimerHandle } from '../runtime/clock.ts';
import type { HostAlarms } from '../runtime/host/host-alarms.ts';
import type { Log } from '../runtime/log.ts';
import {
  type LoadedTls,
  loadTlsFiles,
  stampOf,
  type TlsFiles,
  TlsFilesFault,
} from './site-file/tls-files.ts';

export interface CertificateWatchOptions {
  files: TlsFiles;
  alarms: Pick<HostAlarms, 'raise' | 'clear'>;
  clock: Clock;
  log: Log;
}

const EVERY_MS = 60_000;
const DAY_MS = 86_400_000;
/** An alarm stands from each of these many days before the end, anew. */
const STAGES_DAYS = [0, 7, 30, 60];
const ENDING = 'tls.certificateEnds';
const UNUSABLE = 'tls.filesUnusable';

/** Looks at the certificate files every minute: new ones are taken over, and their end is announced. */
export class CertificateWatch {
  readonly #options: CertificateWatchOptions;
  /** What the files held at the start. */
  readonly material: TlsMaterial;
  #stamp: string;
  #soonestEnd: LoadedTls['soonestEnd'];
  #stageDays: number | undefined;
  #timer: TimerHandle | undefined;

  /** @throws TlsFilesFault */
  constructor(options: CertificateWatchOptions) {
    this.#options = options;
    // Before the files are read: what changes in between is seen as a change.
    this.#stamp = stampOf(options.files);
    const { material, soonestEnd } = loadTlsFiles(options.files);
    this.material = material;
    this.#soonestEnd = soonestEnd;
  }

  /** `renew` gets what the files hold whenever that changed, and only what fits together. */
  start(renew: (material: TlsMaterial) => void): void {
    this.#announceEnd();
    this.#arm(renew);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimer(this.#timer);
  }

  #arm(renew: (material: TlsMaterial) => void): void {
    this.#timer = this.#options.clock.setTimer(EVERY_MS, () => {
      this.#look(renew);
      this.#arm(renew);
    });
  }

  #look(renew: (material: TlsMaterial) => void): void {
    const { files, alarms, log } = this.#options;
    const stamp = stampOf(files);
    if (stamp !== this.#stamp) {
      try {
        const { material, soonestEnd } = loadTlsFiles(files);
        renew(material);
        this.#stamp = stamp;
        this.#soonestEnd = soonestEnd;
        alarms.clear(UNUSABLE);
        log.info({ certificate: files.certificateFile }, 'certificate files taken over');
      } catch (error) {
        if (!(error instanceof TlsFilesFault)) throw error;
        // Files are replaced one after the other: the next look may find them whole.
        alarms.raise(
          UNUSABLE,
          `changed certificate files cannot be used, the old ones stay: ${error.message}`,
        );
      }
    }
    this.#announceEnd();
  }

  #announceEnd(): void {
    const { alarms, clock } = this.#options;
    const end = this.#soonestEnd;
    const leftDays = Math.max(0, Math.ceil((end.wallMs - clock.wallMs()) / DAY_MS));
    const stageDays = STAGES_DAYS.find((days) => leftDays <= days);
    if (stageDays === this.#stageDays) return;
    this.#stageDays = stageDays;
    alarms.clear(ENDING);
    if (stageDays === undefined) return;
    const day = new Date(end.wallMs).toISOString().slice(0, 10);
    const text = leftDays === 0 ? `has ended on ${day}` : `ends on ${day}, in ${leftDays} days`;
    alarms.raise(
      ENDING,
      `a certificate in ${end.file} ${text}: renew it, chargers will refuse us or be refused`,
    );
  }
}
