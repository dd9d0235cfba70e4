import type { ChargerStatus, QueueStatus, SessionStatus } from '../../../app/site-view.ts';
import type { OcppVersion } from '../../../machines/shared/ocpp-version.ts';
import { Product } from '../product.ts';
import type { ChargerDriver } from './charger-driver.ts';
import { ForeignCharger, ForeignCpms, IDENTITY } from './foreign-peers.ts';

export interface Cell {
  charger: OcppVersion;
  cpms: OcppVersion;
  isManaged: boolean;
}

const WAIT_MAX_MS = 20_000;
const POLL_MS = 20;

/** The built product between a charger and a CPMS that nobody here wrote. A failure says in which step it came. */
export class CellRun {
  readonly cell: Cell;
  readonly cpms: ForeignCpms;
  readonly product: Product;
  readonly charger: ForeignCharger;

  private constructor(cell: Cell, cpms: ForeignCpms, product: Product) {
    this.cell = cell;
    this.cpms = cpms;
    this.product = product;
    this.charger = new ForeignCharger(cell.charger, product.southUrl);
  }

  static async open(cell: Cell): Promise<CellRun> {
    const cpms = new ForeignCpms(cell.cpms);
    await cpms.comes();
    const product = await Product.create({
      backendUrl: cpms.url,
      chargers: [{ id: IDENTITY, connectors: 1, maxA: 16 }],
      ...(cell.isManaged ? { electrical: { fuseA: 63 } } : {}),
    });
    return new CellRun(cell, cpms, product);
  }

  get driver(): ChargerDriver {
    return this.charger.driver;
  }

  /** Runs one step; what it throws is told with the cell, the step and the product's last words. */
  async step(name: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      const { charger, cpms, isManaged } = this.cell;
      const place = `charger ${charger}, CPMS ${cpms}, load management ${isManaged ? 'on' : 'off'}: step "${name}"`;
      const cause = error instanceof Error ? error.message : String(error);
      const log = this.product.lastWords();
      throw new Error(`${place}\n${cause}\nlast heard by the CPMS: ${this.#lastHeard()}\n${log}`, {
        cause: error,
      });
    }
  }

  async until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const untilMs = performance.now() + WAIT_MAX_MS;
    while (!(await isTrue())) {
      if (performance.now() > untilMs)
        throw new Error(`expected within ${WAIT_MAX_MS} ms, never came: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async linkIs(mode: QueueStatus['mode']): Promise<void> {
    await this.until(`link ${mode}`, async () => {
      const queues = await this.product.items<QueueStatus>('queues');
      return queues.length === 1 && queues[0]?.mode === mode;
    });
  }

  /** It hears of the CPMS's absence after its charger has, which marks messages by it. */
  async sessionHasHeard(authority: SessionStatus['authority']): Promise<void> {
    await this.until(`session under ${authority} authority`, async () => {
      const sessions = await this.product.items<SessionStatus>('sessions');
      return sessions.some((session) => session.authority === authority);
    });
  }

  async chargerIs(mode: ChargerStatus['mode']): Promise<void> {
    await this.until(`charger ${mode}`, async () => {
      const chargers = await this.product.items<ChargerStatus>('chargers');
      return chargers.length === 1 && chargers[0]?.mode === mode;
    });
  }

  async close(): Promise<void> {
    await this.charger.close();
    await this.product.remove();
    await this.cpms.goes();
  }

  #lastHeard(): string {
    const last = this.cpms.heard
      .slice(-5)
      .map(({ action, payload }) => `${action} ${JSON.stringify(payload)}`);
    return last.join('\n  ');
  }
}
