import type { DataFile } from './data-file.ts';
import { corrupt } from './error.ts';
import { type StructField, typeText } from './schema.ts';
import { type Value, valueOfText } from './value.ts';

/**
 * A file's value of a partition column. The log keeps it as text, in which nothing stands for null.
 *
 * @throws DeltaError corrupt
 */
export function partitionValue(file: DataFile, field: StructField): Value {
  const text = file.partitionTexts.get(field.physical_name);
  if (text === null || text === undefined || text === '') return null;
  const value = valueOfText(text, field.type);
  if (value === undefined)
    throw corrupt(
      file.path,
      `its value '${text}' of the partition column '${field.name}' is no ${typeText(field.type)}`,
    );
  return value;
}
