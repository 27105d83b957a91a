import type { Backend } from '@bitacora/db';
import type { EndpointName } from '@bitacora/protocol';
import type { TableLook } from '../delta-tables/look.ts';
import type { Settings } from '../deps.ts';
import type { ExportBody } from '../otlp/read-export.ts';

/** What a reader thread is started with. */
export interface ReaderSetup {
  readonly backend: Backend;
  readonly settings: Settings;
}

export type Task =
  | {
      readonly kind: 'run';
      readonly name: EndpointName;
      readonly workspace: string;
      readonly input: unknown;
      /** The answer is given even if it is not complete: it has been waited for. */
      readonly anyhow?: true;
    }
  | {
      readonly kind: 'parse';
      readonly name: EndpointName;
      readonly body: Uint8Array;
      readonly params: Readonly<Record<string, string>>;
    }
  /** A Delta table, of which snapshots are to be recorded. */
  | { readonly kind: 'look'; readonly look: TableLook }
  /** Spans as an exporter sent them. */
  | ({ readonly kind: 'export' } & ExportBody)
  /** The next piece of a long answer, or none any more: its reader has gone. */
  | { readonly kind: 'continue' | 'cancel'; readonly stream: number };

/** What went wrong, as an answer; `defect` and `warning` are for the log. */
export interface Refusal {
  readonly status: number;
  readonly body: object;
  readonly defect?: string;
  readonly warning?: string;
}

export type Outcome =
  /** JSON as it is sent: bytes change hands, while text would be copied twice. */
  | { readonly kind: 'answer'; readonly bytes: Uint8Array }
  | { readonly kind: 'parsed'; readonly input: unknown }
  | { readonly kind: 'refusal'; readonly refusal: Refusal }
  /** There is an answer, which is worth waiting for to become complete. */
  | { readonly kind: 'incomplete' }
  /** A piece of a long answer; `stream` says where the next one comes from, absent at the last. */
  | { readonly kind: 'piece'; readonly bytes: Uint8Array; readonly stream?: number };
