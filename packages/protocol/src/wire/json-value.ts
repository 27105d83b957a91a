import { type FieldType, invalid } from './field.ts';

/** Any JSON value (protobuf's Value, or what is passed on without being looked into). */
export const jsonValue = (): FieldType<unknown> => ({
  repeated: false,
  schema: {},
  parse: (value) => value,
});

/** A map from text to text. `null` for a value is refused, as protobuf's reader does; text must be valid Unicode. */
export const stringMap = (): FieldType<Readonly<Record<string, string>>> => ({
  repeated: false,
  schema: { type: 'object', additionalProperties: { type: 'string' } },
  parse(value, path) {
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      throw invalid(value, path, 'Value must be an object');
    // Without a prototype: a key may be `__proto__`.
    const map: Record<string, string> = Object.create(null);
    for (const [key, item] of Object.entries(value)) {
      if (typeof item !== 'string') throw invalid(item, `${path}.${key}`, 'Value must be a string');
      if (!item.isWellFormed() || !key.isWellFormed())
        throw invalid(item, `${path}.${key}`, 'Text must be valid Unicode, without lone surrogates');
      map[key] = item;
    }
    return map;
  },
});
