import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { mutations, REAL_FRAMES, REAL_FRAMES_201, sequence } from '../unit/adapters/ocpp/malformed.ts';
import {
  closeCode,
  dial,
  listening,
  nextMessage,
  rawTcp,
  until,
  upgradeHead,
} from '../unit/adapters/ocpp-south/listening.ts';

/** Anything that would end the process is counted here and must stay 0. */
const escaped = vi.fn();
let site: Awaited<ReturnType<typeof listening>>;

beforeEach(async () => {
  process.on('uncaughtException', escaped);
  process.on('unhandledRejection', escaped);
  site = await listening({ answering: true });
});
afterEach(async () => {
  await site.stop();
  process.off('uncaughtException', escaped);
  process.off('unhandledRejection', escaped);
  expect(escaped).not.toHaveBeenCalled();
});

/** The server still serves: a decent charger connects and is answered. */
async function expectServing(): Promise<void> {
  const { socket, outcome } = await dial(site.url('CP-open-decent'));
  expect(outcome).toBe('open');
  const reply = nextMessage(socket);
  socket.send(REAL_FRAMES[6]);
  expect(await reply).toEqual([3, 'a6', {}]);
  socket.close();
}

/** The server has read all that was sent, or has ended the socket. */
async function takenUpTo(socket: Awaited<ReturnType<typeof dial>>['socket']): Promise<void> {
  if (socket.readyState !== socket.OPEN) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off('pong', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('pong', done);
    socket.on('close', done);
    socket.ping();
  });
}

test.each([
  ['ocpp1.6', REAL_FRAMES],
  ['ocpp2.0.1', REAL_FRAMES_201],
] as const)(
  '10 000 mutated frames over real sockets of %s are each answered, ignored or end the socket, and nobody else suffers',
  async (protocol, frames) => {
    const dialAgain = () => dial(site.url('CP-open-1'), { protocols: [protocol] });
    let attempt = await dialAgain();
    let answers = 0;
    let reconnects = 0;
    attempt.socket.on('message', () => (answers += 1));
    for (const text of mutations(2_026, 10_000, frames)) {
      if (attempt.socket.readyState !== attempt.socket.OPEN) {
        reconnects += 1;
        attempt = await dialAgain();
        attempt.socket.on('message', () => (answers += 1));
      }
      attempt.socket.send(text);
      // One by one: what follows a frame that ends the socket would be read by nobody.
      await takenUpTo(attempt.socket);
    }
    await expectServing();
    expect(answers).toBeGreaterThan(1_200);
    expect(site.host.ofType('south.opened').length).toBeGreaterThan(reconnects);
  },
);

describe('the ws layer', () => {
  async function afterUpgrade(bytes: Buffer): Promise<Buffer> {
    const { socket, ended } = rawTcp(site.port);
    socket.write(upgradeHead('/CP-open-2', 'Sec-WebSocket-Protocol: ocpp1.6\r\n'));
    await until(() => site.gateway.connected('CP-open-2') !== undefined);
    socket.write(bytes);
    return ended;
  }
  /** Code of the close frame that the server sent last. */
  const codeIn = (reply: Buffer): number =>
    reply.readUInt16BE(reply.indexOf(0x88, reply.indexOf('\r\n\r\n')) + 2);
  const mask = Buffer.from([0, 0, 0, 0]);
  const masked = (first: number, payload: Buffer | string): Buffer => {
    const body = Buffer.from(payload);
    return Buffer.concat([Buffer.from([first, 0x80 | body.length]), mask, body]);
  };
  const fragments = Buffer.concat([
    masked(0x01, '['),
    ...Array.from({ length: 20_000 }, () => masked(0x00, ' ')),
  ]);

  test.each([
    ['an unmasked frame', 1002, Buffer.from([0x81, 0x01, 0x5b])],
    ['a reserved bit (deflate was not agreed)', 1002, masked(0xc1, '[]')],
    ['an unknown opcode', 1002, masked(0x83, '[]')],
    ['a fragmented ping', 1002, masked(0x09, '')],
    ['a control frame of 126 bytes', 1002, Buffer.concat([Buffer.from([0x89, 0xfe, 0x00, 0x7e]), mask])],
    ['a continuation of nothing', 1002, masked(0x80, 'x')],
    [
      'a header that promises 2^62 bytes',
      1009,
      Buffer.concat([Buffer.from([0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0]), mask]),
    ],
    [
      'a header that promises 512 KiB',
      1009,
      Buffer.concat([Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 8, 0, 0]), mask]),
    ],
    ['invalid UTF-8', 1007, masked(0x81, Buffer.from([0x5b, 0xc3, 0x28]))],
    ['20 000 fragments of one byte', 1008, fragments],
  ] as Array<[string, number, Buffer]>)('%s ends with %s', async (_what, code, bytes) => {
    const reply = await afterUpgrade(bytes);
    expect(codeIn(reply)).toBe(code);
    await expectServing();
  });

  test('a flood of pings is answered or cut, and nobody else suffers', async () => {
    const { socket } = rawTcp(site.port);
    socket.write(upgradeHead('/CP-open-3', 'Sec-WebSocket-Protocol: ocpp1.6\r\n'));
    for (let n = 0; n < 20; n += 1)
      socket.write(Buffer.concat(Array.from({ length: 1_000 }, () => masked(0x89, 'p'))));
    await expectServing();
    socket.destroy();
  });

  test('deflate is not agreed to, however it is offered', async () => {
    const { socket, ended } = rawTcp(site.port);
    socket.write(
      upgradeHead('/CP-open-4', 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n'),
    );
    socket.once('data', () => socket.destroy());
    expect((await ended).toString('latin1')).not.toMatch(/sec-websocket-extensions/i);
  });
});

test('10 000 malformed URLs and heads get an error or nothing, never an actor', async () => {
  const next = sequence(5);
  const pieces = [
    '/',
    '..',
    '%2e%2e',
    '%00',
    '//',
    '%',
    '%zz',
    'é',
    '\\',
    '$(id)',
    ';',
    '%0d%0a',
    '?',
    '#',
    '%252e',
    'x'.repeat(60),
  ];
  const urlOf = (): string =>
    `/${Array.from({ length: 1 + Math.floor(next() * 5) }, () => pieces[Math.floor(next() * pieces.length)]).join('')}`;
  const reply = async (): Promise<string> => {
    const { socket, ended } = rawTcp(site.port);
    socket.write(Buffer.from(upgradeHead(urlOf()), 'utf8'));
    return (await ended).toString('latin1').slice(0, 12);
  };
  const seen = new Map<string, number>();
  for (let batch = 0; batch < 200; batch += 1) {
    const replies = await Promise.all(Array.from({ length: 50 }, reply));
    for (const one of replies) seen.set(one, (seen.get(one) ?? 0) + 1);
  }
  expect([...seen.keys()].every((status) => /^HTTP\/1.1 4/.test(status))).toBe(true);
  expect(site.host.taken).toEqual([]);
  expect(site.server.refused().length).toBeLessThanOrEqual(64);
  await expectServing();
});

test('a header name split by raw CR and LF in the target reaches nobody', async () => {
  const { socket, ended } = rawTcp(site.port);
  socket.write(upgradeHead('/CP-open\r\nX-Evil: 1'));
  expect((await ended).toString()).toMatch(/^HTTP\/1.1 404/);
  expect(site.host.taken).toEqual([]);
});

test('unreadable frames in a row end with 1007', async () => {
  const { socket } = await dial(site.url('CP-open-5'));
  for (let n = 0; n < 8; n += 1) socket.send('');
  expect(await closeCode(socket)).toBe(1007);
});

describe('on a socket of 2.0.1', () => {
  test.each([
    ['a message of 1.6', '[2,"1","StartTransaction",{"connectorId":1}]', '1', 'NotImplemented'],
    ['a command', '[2,"1","Reset",{"type":"Immediate"}]', '1', 'NotSupported'],
    ['a body of 1.6', '[2,"1","Authorize",{"idTag":"X"}]', '1', 'OccurrenceConstraintViolation'],
    ['a field too many', '[2,"1","Heartbeat",{"colour":"red"}]', '1', 'FormatViolation'],
    ['a payload that is a list', '[2,"1","Heartbeat",[]]', '1', 'FormatViolation'],
    [
      'a number beyond all bounds',
      '[2,"1","NotifyReport",{"requestId":1e999}]',
      '1',
      'OccurrenceConstraintViolation',
    ],
    ['an error about an answer', '[5,"1","InternalError","",{}]', '1', 'MessageTypeNotSupported'],
    [
      'a message that wants no answer',
      '[6,"1","NotifyPeriodicEventStream",{}]',
      '1',
      'MessageTypeNotSupported',
    ],
    ['an id that is a number', '[2,7,"Heartbeat",{}]', '-1', 'RpcFrameworkError'],
    ['a long id', `[2,"${'x'.repeat(37)}","Heartbeat",{}]`, 'x'.repeat(37), 'FormatViolation'],
  ])('%s is refused, and the socket lives on', async (_what, text, id, code) => {
    const { socket } = await dial(site.url('CP-open-6'), { protocols: ['ocpp2.0.1'] });
    const refusal = nextMessage(socket);
    socket.send(text);
    expect((await refusal).slice(0, 3)).toEqual([4, id, code]);
    const reply = nextMessage(socket);
    socket.send('[2,"next","Heartbeat",{}]');
    expect(await reply).toEqual([3, 'next', {}]);
  });
});
