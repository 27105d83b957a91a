const BLOCK = Buffer.alloc(1_000_000, 7);

/** So many megabytes, one at a time. */
export async function* blocks(megabytes: number): AsyncGenerator<Buffer> {
  for (let index = 0; index < megabytes; index++) yield BLOCK;
}
