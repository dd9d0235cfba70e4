import type { Log } from '../runtime/log.ts';

/** What was started, to be stopped in reverse order; one step that fails does not keep the others from running. */
export class Teardown {
  readonly #log: Log;
  #steps: Array<{ name: string; stop: () => unknown }> = [];

  constructor(log: Log) {
    this.#log = log;
  }

  add(name: string, stop: () => unknown): void {
    this.#steps.push({ name, stop });
  }

  async run(): Promise<void> {
    for (const { name, stop } of this.#steps.splice(0).reverse()) {
      try {
        await stop();
      } catch (error) {
        this.#log.error({ err: error, step: name }, 'could not be stopped cleanly');
      }
    }
  }
}
