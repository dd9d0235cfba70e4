/** What crosses between the parts of a run: plain data only. */
export type Wire = null | boolean | number | string | Wire[] | { [key: string]: Wire };

export interface Request {
  no: number;
  command: string;
  data: Wire;
}

export type Reply = { no: number; result: Wire } | { no: number; error: string };

export type Handlers = Readonly<Record<string, (data: Wire) => Wire | Promise<Wire>>>;

/** Answers the parent's commands until the parent is gone; then the process ends. */
export function serveParent(handlers: Handlers): void {
  process.on('message', (message) => {
    const { no, command, data } = message as Request;
    void run(handlers, command, data).then(
      (result) => process.send?.({ no, result } satisfies Reply),
      (error: unknown) =>
        process.send?.({
          no,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        } satisfies Reply),
    );
  });
  process.on('disconnect', () => process.exit(0));
}

/** Tells the parent that the child is ready, with whatever the parent needs to know first. */
export function announce(ready: Wire): void {
  process.send?.({ ready });
}

async function run(handlers: Handlers, command: string, data: Wire): Promise<Wire> {
  const handler = handlers[command];
  if (!handler) throw new Error(`no command ${command}`);
  return handler(data);
}
