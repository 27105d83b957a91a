import { type FieldType, invalid } from './field.ts';

const toCamel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/**
 * Which fields of a message to change (protobuf's FieldMask): their lowerCamel names in one text, with commas between.
 * The proto's own spelling is read too, which MLflow ignores in silence.
 */
export const fieldMask = <const Name extends string>(
  names: readonly Name[],
): FieldType<ReadonlySet<Name>, string> => {
  const known = names.map(toCamel).join(', ');
  return {
    repeated: false,
    schema: { type: 'string', description: `Any of ${known}, separated by commas.` },
    parse(value, path) {
      if (typeof value !== 'string')
        throw invalid(value, path, `Value must be text that names any of ${known}`);
      return new Set(
        value.split(',').map((part) => {
          const given = part.trim();
          const name = names.find((each) => each === given || toCamel(each) === given);
          if (name === undefined) throw invalid(given, path, `Only these can be changed: ${known}`);
          return name;
        }),
      );
    },
  };
};
