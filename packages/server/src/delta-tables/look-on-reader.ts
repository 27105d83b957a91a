import { parseJson } from '@bitacora/protocol';
import type { ReaderPool } from '../readers/pool.ts';
import type { Sight, TableLook } from './look.ts';
import { refusalOf } from './outcomes.ts';

const decoder = new TextDecoder();

/** Looks at tables in the processes of a pool. */
export const lookOnReader =
  (pool: ReaderPool) =>
  async (look: TableLook): Promise<Sight> => {
    const result = await pool.run({ kind: 'look', look });
    if (result.kind === 'answer') return parseJson(decoder.decode(result.bytes)) as Sight;
    if (result.kind === 'refusal') throw refusalOf(result.refusal.body, result.refusal.defect);
    throw new Error(`a look at a table cannot come to ${result.kind}`);
  };
