import type { Duplex } from 'node:stream';
import type pg from 'pg';
import { Parser } from 'pg-protocol/dist/parser.js';
import { KnownTexts } from './known-texts.ts';

/** A row as it lies in what was received, good until the next one is read. */
export interface RowMessage {
  readonly bytes: Buffer;
  /** Where the number of its columns stands. */
  readonly offset: number;
  /** Texts that came over this connection before. */
  readonly known: KnownTexts;
}

interface Message {
  readonly name: string;
}

/** What the driver has and its types do not tell. */
interface DriverConnection {
  attachListeners(stream: Duplex): void;
  emit(event: string, message: Message): boolean;
}
interface DriverParser {
  parse(bytes: Buffer, received: (message: Message) => void): void;
  handlePacket(offset: number, code: number, length: number, bytes: Buffer): Message;
}

/** https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DATAROW */
const DATA_ROW = 'D'.charCodeAt(0);

/** Rows come to the queries of a connection as `RowMessage`s: the driver makes a text of each value before anybody asks. */
export function passRowsUnread(connection: pg.Connection): void {
  const driver = connection as unknown as DriverConnection;
  driver.attachListeners = (stream) => {
    const parser = new Parser() as unknown as DriverParser;
    const handleOther = parser.handlePacket.bind(parser);
    const row = { name: 'dataRow', bytes: NO_BYTES, offset: 0, known: new KnownTexts() };
    parser.handlePacket = (offset, code, length, bytes) => {
      if (code !== DATA_ROW) return handleOther(offset, code, length, bytes);
      row.bytes = bytes;
      row.offset = offset;
      return row satisfies RowMessage;
    };
    const received = (message: Message) =>
      driver.emit(message.name === 'error' ? 'errorMessage' : message.name, message);
    stream.on('data', (bytes: Buffer) => parser.parse(bytes, received));
  };
}

const NO_BYTES: Buffer = Buffer.alloc(0);
