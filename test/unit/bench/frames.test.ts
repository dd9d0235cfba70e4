import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { validatorOf } from '../../../adapters/ocpp/validate.ts';
import { FrameReader } from '../../../bench/generator/frame-reader.ts';
import { FrameTemplate } from '../../../bench/generator/frame-template.ts';
import { LeanCharger } from '../../../bench/generator/lean-charger.ts';
import { ChargerMessages } from '../../../bench/generator/messages.ts';

const STAMP = '2026-01-01T00:00:00Z';

/** What the frame says to whoever unmasks it. */
function textOf(frame: Buffer): string {
  const length = frame[1]! & 0x7f;
  const start = length === 126 ? 4 : 2;
  const mask = frame.subarray(start, start + 4);
  const payload = Buffer.from(frame.subarray(start + 4));
  for (let index = 0; index < payload.length; index++) payload[index]! ^= mask[index % 4]!;
  return payload.toString();
}

function serverFrame(text: string, opcode = 1): Buffer {
  const payload = Buffer.from(text);
  const { length } = payload;
  const head = length < 126 ? [0x80 | opcode, length] : [0x80 | opcode, 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), payload]);
}

describe('FrameTemplate', () => {
  it('fills its fields with leading zeros, time after time', () => {
    const template = new FrameTemplate('{"a":~~~~,"b":~~}');
    template.fill(0, 42);
    template.fill(1, 7);
    expect(textOf(template.bytes)).toBe('{"a":0042,"b":07}');
    template.fill(0, 9_876);
    expect(textOf(template.bytes)).toBe('{"a":9876,"b":07}');
  });
});

describe('ChargerMessages', () => {
  const validator = validatorOf('1.6', 'receive');

  it('makes samples of 566 bytes that pass the schema and differ from each other', () => {
    const messages = new ChargerMessages(7, STAMP, 92);
    const texts = [1, 2].map(() => textOf(messages.next('sample')));
    const payloads = texts.map((text) => JSON.parse(text)[3]);
    expect(texts.map((text) => text.length)).toEqual([566, 566]);
    expect(payloads[0]).not.toEqual(payloads[1]);
    for (const payload of payloads) expect(validator.call('charger', 'MeterValues', payload)).toBeNull();
    expect(payloads[1].meterValue[0].sampledValue[0].value).toBe('000000184');
  });

  it('changes the status of connector 2 with every status message, whatever lies between', () => {
    const messages = new ChargerMessages(7, STAMP, 1);
    const statuses = [1, 2, 3].map(() => {
      messages.next('sample');
      return JSON.parse(textOf(messages.next('status')))[3];
    });
    expect(statuses.map(({ status }) => status)).toEqual(['Preparing', 'Available', 'Preparing']);
    expect(statuses[0].connectorId).toBe(2);
  });
});

describe('FrameReader', () => {
  it('finds the same frames however the stream is cut', () => {
    const stream = Buffer.concat([
      serverFrame('one'),
      serverFrame('x'.repeat(300)),
      serverFrame('ping', 9),
      serverFrame('two'),
    ]);
    for (let size = 1; size <= stream.length; size += 7) {
      const seen: string[] = [];
      const reader = new FrameReader({
        onText: (bytes) => seen.push(String(bytes)),
        onPing: (bytes) => seen.push(`ping:${bytes}`),
        onClose: () => seen.push('close'),
      });
      for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
      expect(seen).toEqual(['one', 'x'.repeat(300), 'ping:ping', 'two']);
    }
  });
});

describe('LeanCharger', () => {
  const cleanUps: Array<() => void> = [];
  afterEach(() => {
    for (const cleanUp of cleanUps.splice(0)) cleanUp();
  });

  async function serverOf(onConnection: (socket: WebSocket) => void): Promise<number> {
    const http = createServer();
    const wss = new WebSocketServer({ server: http });
    wss.on('connection', onConnection);
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    cleanUps.push(() => {
      for (const client of wss.clients) client.terminate();
      http.close();
    });
    return (http.address() as AddressInfo).port;
  }

  function chargerOf(
    port: number,
    onAnswer: (isError: boolean) => void,
    onLost: (why: string) => void,
  ): LeanCharger {
    const charger = new LeanCharger({
      identity: 'cp-0001',
      port,
      peer: 'ocpp',
      energyStepWh: 1,
      onAnswer: (_, isError) => onAnswer(isError),
      onLost: (_, why) => onLost(why),
    });
    cleanUps.push(() => charger.close());
    return charger;
  }

  it('boots, starts a transaction, samples it under the id it was given, and answers what it is asked', async () => {
    const actions: string[] = [];
    const answers: string[] = [];
    let sampled: unknown;
    const port = await serverOf((socket) => {
      socket.send('[2,"ask","GetConfiguration",{}]');
      socket.on('message', (data) => {
        const [type, id, action, payload] = JSON.parse(String(data));
        if (type === 3) answers.push(String(data));
        else {
          actions.push(action);
          if (action === 'MeterValues') sampled = payload.transactionId;
          socket.send(JSON.stringify([3, id, { transactionId: 77 }]));
        }
      });
    });
    await new Promise<void>((resolve, reject) => {
      const charger = chargerOf(
        port,
        () => resolve(),
        (why) => reject(new Error(why)),
      );
      charger
        .opened()
        .then(() => charger.startTransaction())
        .then(() => charger.send('sample'), reject);
    });
    expect(actions).toEqual([
      'BootNotification',
      ...Array.from({ length: 3 }, () => 'StatusNotification'),
      'StartTransaction',
      'StatusNotification',
      'MeterValues',
    ]);
    expect(answers).toEqual(['[3,"ask",{"configurationKey":[],"unknownKey":[]}]']);
    expect(sampled).toBe(77);
  });

  it('tells an answer from an error', async () => {
    const port = await serverOf((socket) => {
      socket.on('message', (data) =>
        socket.send(JSON.stringify([4, JSON.parse(String(data))[1], 'GenericError', '', {}])),
      );
    });
    const isError = await new Promise<boolean>((resolve, reject) => {
      const charger = chargerOf(port, resolve, (why) => reject(new Error(why)));
      void charger.opened().then(() => charger.send('sample'));
    });
    expect(isError).toBe(true);
  });

  it('says when its socket is lost', async () => {
    const port = await serverOf((socket) => socket.terminate());
    const why = await new Promise<string>((resolve) => chargerOf(port, () => {}, resolve));
    expect(why).toContain('closed');
  });
});
