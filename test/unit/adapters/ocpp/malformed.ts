/** Frames as chargers and backends send them; the mutator starts from these. */
export const REAL_FRAMES = [
  '[2,"19223201","BootNotification",{"chargePointVendor":"VendorX","chargePointModel":"SingleSocketCharger"}]',
  '[2,"a1","Authorize",{"idTag":"04A1B2C3"}]',
  '[2,"a2","StartTransaction",{"connectorId":1,"idTag":"04A1","meterStart":0,"timestamp":"2026-01-01T12:00:00Z"}]',
  '[2,"a3","MeterValues",{"connectorId":1,"transactionId":7,"meterValue":[{"timestamp":"2026-01-01T12:00:00Z","sampledValue":[{"value":"12.5","measurand":"Current.Import","phase":"L1","unit":"A"}]}]}]',
  '[2,"a4","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]',
  '[2,"a5","StopTransaction",{"transactionId":7,"meterStop":100,"timestamp":"2026-01-01T13:00:00Z","reason":"Local"}]',
  '[2,"a6","Heartbeat",{}]',
  '[2,"a7","Reset",{"type":"Hard"}]',
  '[3,"b1",{"status":"Accepted","currentTime":"2026-01-01T12:00:00Z","interval":300}]',
  '[4,"b2","GenericError","went wrong",{}]',
] as const;

/** The same of 2.0.1, types 5 and 6 of 2.1 among them. */
export const REAL_FRAMES_201 = [
  '[2,"19223201","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}]',
  '[2,"a1","Authorize",{"idToken":{"idToken":"04A1B2C3","type":"ISO14443"}}]',
  '[2,"a2","TransactionEvent",{"eventType":"Started","timestamp":"2026-01-01T12:00:00Z","triggerReason":"CablePluggedIn","seqNo":0,"transactionInfo":{"transactionId":"tx-1"},"evse":{"id":1,"connectorId":1}}]',
  '[2,"a3","MeterValues",{"evseId":1,"meterValue":[{"timestamp":"2026-01-01T12:00:00Z","sampledValue":[{"value":12.5,"measurand":"Current.Import","phase":"L1"}]}]}]',
  '[2,"a4","StatusNotification",{"timestamp":"2026-01-01T12:00:00Z","connectorStatus":"Available","evseId":1,"connectorId":1}]',
  '[2,"a5","NotifyReport",{"requestId":1,"generatedAt":"2026-01-01T12:00:00Z","seqNo":0}]',
  '[2,"a6","Heartbeat",{}]',
  '[2,"a7","Reset",{"type":"Immediate"}]',
  '[3,"b1",{"status":"Accepted","currentTime":"2026-01-01T12:00:00Z","interval":300}]',
  '[4,"b2","GenericError","went wrong",{}]',
  '[5,"b3","GenericError","went wrong",{}]',
  '[6,"b4","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2026-01-01T12:00:00Z","data":[]}]',
] as const;

const TOKENS = [
  '[',
  ']',
  '{',
  '}',
  '"',
  ',',
  ':',
  '\\',
  '\0',
  '\ufeff',
  '\ud800',
  '\\ud800',
  'null',
  'true',
  '1e999',
  '-1',
  '"__proto__":',
  '"constructor":',
  '2',
  '5',
  '0',
  ' ',
  '\n',
  '9'.repeat(400),
  '['.repeat(40),
  '{"a":'.repeat(40),
];

/** Deterministic small generator: a failing run can be repeated from its seed. */
export function sequence(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
}

/** `count` broken variants of real frames: pieces cut out, doubled, swapped, overwritten, inserted. */
export function* mutations(
  seed: number,
  count: number,
  frames: readonly string[] = REAL_FRAMES,
): Generator<string> {
  const next = sequence(seed);
  const below = (n: number): number => Math.floor(next() * n);
  for (let made = 0; made < count; made += 1) {
    let text: string = frames[below(frames.length)] ?? '';
    for (let step = below(4); step >= 0; step -= 1) {
      const at = below(text.length + 1);
      const to = Math.min(text.length, at + below(12));
      const token = TOKENS[below(TOKENS.length)] ?? '';
      const kind = below(5);
      if (kind === 0) text = text.slice(0, at) + text.slice(to);
      else if (kind === 1) text = text.slice(0, to) + text.slice(at);
      else if (kind === 2) text = text.slice(0, at) + token + text.slice(at);
      else if (kind === 3) text = text.slice(0, at) + token + text.slice(to);
      else text = text.slice(0, at);
    }
    yield text;
  }
}
