import type { BenchResult, PipelineResult } from './results.ts';
import { stormText } from './storm/figures.ts';

const COLUMNS: ReadonlyArray<[title: string, cell: (row: PipelineResult) => string]> = [
  ['chargers', (row) => String(row.chargers)],
  ['row', (row) => row.row],
  ['CPMS', (row) => (row.cpms === 'none' ? '-' : row.cpms)],
  ['msg/s', (row) => plain(Math.round(row.messagesPerSecond))],
  ['p50 ms', (row) => plain(row.p50Ms)],
  ['p99 ms', (row) => plain(row.p99Ms)],
  ['CPU us/msg', (row) => plain(row.cpuMicrosPerMessage)],
  [': ws', (row) => plain(row.toWs)],
  [': ocpp-rpc', (row) => plain(row.toOcppRpcStrict)],
  ['CPU : ocpp-rpc', (row) => plain(row.cpuToOcppRpcStrict)],
  [
    'KB/charger',
    (row) => plain(row.bytesPerCharger === null ? null : Math.round(row.bytesPerCharger / 1_000)),
  ],
  ['commits/s', (row) => (row.cpms === 'none' ? '-' : plain(row.commitsPerSecond))],
  ['store B/msg', (row) => (row.cpms === 'none' ? '-' : plain(row.storeBytesPerMessage))],
  ['written B/msg', (row) => (row.cpms === 'none' ? '-' : plain(row.writtenBytesPerMessage))],
  ['upstream/s', (row) => (row.cpms === 'online' ? plain(row.upstreamPerSecond) : '-')],
];

/** A Markdown table, which is readable as it stands in a terminal too. */
export function pipelineTable(results: readonly PipelineResult[]): string {
  const rows = [
    COLUMNS.map(([title]) => title),
    ...results.map((result) => COLUMNS.map(([, cell]) => cell(result))),
  ];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map(
    (row) => `| ${row.map((text, column) => text.padStart(widths[column]!)).join(' | ')} |`,
  );
  lines.splice(1, 0, `|${widths.map((width) => `${'-'.repeat(width + 1)}:`).join('|')}|`);
  return lines.join('\n');
}

export function summary({ recovery, store, storm }: BenchResult): string {
  const lines: string[] = [];
  if (recovery)
    lines.push(
      `Recovery: ${recovery.ms} ms from process start to listening (median of ${recovery.runsMs.join(', ')}), with ` +
        `${recovery.actors} actors, as many timers and tells under way, and ${recovery.verifiedRecords} journal records verified.`,
    );
  if (store)
    lines.push(
      `Storage at 50 charging chargers: ${mega(store.bytesPerHourAtFiftyChargers)} MB an hour written to the disk in whole pages, ` +
        `${mega(store.storeBytesPerHour)} MB of them content, in ${store.commitsPerHour} commits.`,
    );
  if (storm) lines.push(stormText(storm));
  return lines.join('\n');
}

/** The whole of RESULTS.md. */
export function resultsPage(
  result: BenchResult,
  run: { machine: string; commit: string; date: string },
): string {
  return `# Results of \`npm run bench\`

${run.date}, commit ${run.commit}, ${run.machine}.

${pipelineTable(result.pipeline)}

${summary(result)}

## How to read it

- All of it on one machine, over loopback: the generator, the server and (where it is online) the CPMS are processes that share the cores. Absolute rates move with the machine and the hour; the ratios are taken between rows of one run, whose rounds alternate, and are what to compare.
- Each charger has one CALL outstanding: it sends the next message when the last is answered. So latency at full speed is chargers divided by throughput.
- \`ws\` gives every frame back; \`ocpp-rpc\` is ocpp-rpc in strict mode, which validates and answers and stores nothing. Both get the frames of \`sample\`.
- \`sample\`: a 566 byte MeterValues of a running transaction: validated, journalled in the hash chain, queued for the CPMS, flushed to disk, then answered. \`turn\`: a StatusNotification that changes the connector's state: a turn of the charger, and over NATS one of the connector, each with journal and snapshot.
- With a single charger \`sample\` waits for company that does not come: unsigned samples may wait up to 250 ms for a commit that others share, and so does their answer. It is a choice of latency against flash wear; four messages a second are far more than a charger sends.
- CPU is that of the server's main thread, per message, from the kernel's accounting. Its other threads (garbage collection, LMDB's writer) run beside it.
- Memory is resident memory after settling and a garbage collection, per charger with link, two connectors and a running session.
- \`store B/msg\` are bytes handed to the store; \`written B/msg\` is what the process then wrote, in whole pages (and the little that went to sockets). \`upstream/s\` is what the CPMS received: at full speed the chargers are answered faster than one CALL at a time upstream can carry, and the queue takes the rest.
- Storm: the chargers sit behind one address, on plain \`ws\`, with transactions running; all sockets are cut at once, and at that moment all dial again, together with bad ones: every other known with a wrong password, the rest unknown. A dial that is refused or takes 10 s is tried again after 1 to 2 s. Nine of ten have random keys, the others passwords that were proven by scrypt when they first came in. One sample each is on its way when the cut comes, three more are taken while away. Security profile 2; the whole product with its defaults. Bare wss: the same storm against \`https\` and \`ws\` with the same TLS settings, which compares passwords as they are and answers at once.
- The managed nats-server carries the tells; load management is off.
`;
}

function plain(value: number | null): string {
  return value === null ? '-' : String(value);
}

function mega(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}
