import { Duplex } from 'node:stream';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { Client } from './client.ts';

/** AuthenticationOk and ReadyForQuery. */
const WELCOME = Buffer.from([
  ...Buffer.from('R'),
  0,
  0,
  0,
  8,
  0,
  0,
  0,
  0,
  ...Buffer.from('Z'),
  0,
  0,
  0,
  5,
  73,
]);

/** A socket to an engine that lets everybody in and then says nothing; it keeps what each call into the system would write. */
class Wire extends Duplex {
  readonly written: string[] = [];

  connect() {
    process.nextTick(() => this.emit('connect'));
  }

  setNoDelay() {}

  override _read() {}

  override _write(chunk: Buffer, _encoding: string, done: () => void) {
    this.#keep(chunk, done);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: () => void) {
    this.#keep(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  #keep(bytes: Buffer, done: () => void) {
    if (this.written.push(bytes.toString('latin1')) === 1) this.push(WELCOME);
    done();
  }
}

test('what is asked for in one turn is written at once, and what comes later when it comes', async () => {
  const wire = new Wire();
  const client: pg.Client = new Client({ stream: () => wire, pipeline: true });
  await client.connect();
  const ask = (text: string) => void client.query({ text, values: [] });
  wire.written.length = 0;
  ask('SELECT 1');
  await undefined;
  ask('SELECT 2');
  expect(wire.written).toEqual([]);
  await new Promise(setImmediate);
  ask('SELECT 3');
  await new Promise(setImmediate);
  expect(wire.written.map((bytes) => bytes.match(/SELECT \d/g))).toEqual([
    ['SELECT 1', 'SELECT 2'],
    ['SELECT 3'],
  ]);
});
