import { ArtifactError } from '@bitacora/artifacts';
import { MlflowError } from '@bitacora/protocol';
import type { Place } from '../artifacts/location.ts';

/** A larger file is downloaded by the client itself, which MLflow's clients do anyway. */
const MOST_FILE_BYTES = 64 * 1024 * 1024;

interface Asked {
  readonly trace_id: string;
  readonly file: string;
  readonly whenMissing: string;
}

/**
 * The whole of a file with the spans of a trace.
 *
 * @throws MlflowError RESOURCE_DOES_NOT_EXIST with `whenMissing`, INVALID_STATE for more than 64 MiB.
 */
export async function readBounded(
  { artifacts, path }: Place,
  { trace_id, file: name, whenMissing }: Asked,
): Promise<Buffer> {
  const file = await artifacts.find(path).catch((error: unknown) => {
    if (!(error instanceof ArtifactError) || error.kind !== 'not_found') throw error;
    throw new MlflowError('RESOURCE_DOES_NOT_EXIST', whenMissing);
  });
  if (file.size_bytes > MOST_FILE_BYTES) {
    await file.close();
    throw new MlflowError(
      'INVALID_STATE',
      `The spans of the trace ${trace_id} are a file of ${file.size_bytes} bytes, more than the ${MOST_FILE_BYTES} that are answered in one piece. Download ${name} from where it lies.`,
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.open()) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}
