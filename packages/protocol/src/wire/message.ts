import { invalidParameter } from '../errors.ts';
import { type Field, type FieldType, invalid, type JsonSchema, missing } from './field.ts';

export type Fields = Readonly<Record<string, Field>>;

type KeysWith<F extends Fields, P> = { [K in keyof F]: F[K]['presence'] extends P ? K : never }[keyof F];
type Parsed<F> = F extends FieldType<infer T, unknown> ? T : never;
type Wire<F> = F extends { readonly types?: readonly [unknown, infer W] } ? W : never;
type Flat<T> = { [K in keyof T]: T[K] } & {};

/** What a handler receives: defaults are filled in. */
export type ParsedMessage<F extends Fields> = Flat<
  { readonly [K in KeysWith<F, 'required' | 'defaulted'>]: Parsed<F[K]> } & {
    readonly [K in KeysWith<F, 'optional'>]?: Parsed<F[K]> | undefined;
  }
>;

/** What stands in the JSON. */
export type WireMessage<F extends Fields> = Flat<
  { readonly [K in KeysWith<F, 'required'>]: Wire<F[K]> } & {
    readonly [K in KeysWith<F, 'optional' | 'defaulted'>]?: Wire<F[K]> | undefined;
  }
>;

export interface Message<F extends Fields = Fields> extends FieldType<ParsedMessage<F>, WireMessage<F>> {
  readonly fields: F;
}

interface Slot {
  readonly name: string;
  /** Every spelling that is accepted: the proto name, its lowerCamel form, legacy aliases. */
  readonly spellings: readonly string[];
  readonly field: Field;
}

/**
 * A message of declared fields. Unknown fields are ignored, so that older and newer clients coexist; `null` is unset
 * unless the field says otherwise; one field in two spellings is refused, because the sender cannot mean both.
 */
export function message<const F extends Fields>(fields: F): Message<F> {
  const slots = Object.entries(fields).map(([name, field]): Slot => {
    const camel = name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    return { name, field, spellings: [...new Set([name, camel, ...(field.aliases ?? [])])] };
  });
  return {
    fields,
    repeated: false,
    schema: objectSchema(fields),
    parse(value, path) {
      if (value === null || typeof value !== 'object' || Array.isArray(value)) {
        throw invalid(value, path, 'Value must be an object');
      }
      const raw = value as Readonly<Record<string, unknown>>;
      const parsed: Record<string, unknown> = {};
      for (const slot of slots) {
        const given = read(raw, slot, path);
        const at = path === '' ? slot.name : `${path}.${slot.name}`;
        const { field } = slot;
        if (given === undefined || (given === '' && field.presence === 'required')) {
          if (field.ifNull !== undefined && slot.spellings.some((name) => Object.hasOwn(raw, name)))
            parsed[slot.name] = field.ifNull;
          else if (field.presence === 'required') throw missing(at);
          else if (field.presence === 'defaulted') parsed[slot.name] = field.fallback;
          continue;
        }
        const result = field.parse(given, at);
        // An enum word we do not know reads as unset.
        if (result !== undefined) parsed[slot.name] = result;
        else if (field.presence === 'defaulted') parsed[slot.name] = field.fallback;
        else if (field.presence === 'required')
          throw invalid(given, at, `one of ${JSON.stringify(field.schema.enum)}`);
      }
      return parsed as ParsedMessage<F>;
    },
  };
}

function read(raw: Readonly<Record<string, unknown>>, { name, spellings }: Slot, path: string): unknown {
  if (spellings.length === 1) return own(raw, name);
  let found: unknown;
  let foundAs: string | undefined;
  for (const spelling of spellings) {
    const value = own(raw, spelling);
    if (value === undefined) continue;
    // Python sends run_id and run_uuid with the same value; two spellings that differ are a mistake.
    if (foundAs !== undefined && found !== value) {
      const within = path === '' ? '' : ` of '${path}'`;
      throw invalidParameter(
        `Parameters '${foundAs}' and '${spelling}'${within} name the same field with different values. Send one.`,
      );
    }
    found = value;
    foundAs = spelling;
  }
  return found;
}

/** Own properties only: a body may hold `constructor` or `__proto__` as ordinary names. */
function own(raw: Readonly<Record<string, unknown>>, name: string): unknown {
  const value = Object.hasOwn(raw, name) ? raw[name] : undefined;
  return value === null ? undefined : value;
}

/** A list; a lone value is not taken for a list of one, except in query strings, where the transport wraps it. */
export const repeated = <T, W>(type: FieldType<T, W>): FieldType<readonly T[], readonly W[]> => ({
  repeated: true,
  schema: { type: 'array', items: type.schema },
  parse(value, path) {
    if (!Array.isArray(value)) throw invalid(value, path, 'Value must be an array');
    return value.map((item, index) => {
      // Where each of a thousand items is, and each of its fields, is spelled only for one that is refused.
      try {
        return type.parse(item, '');
      } catch {
        return type.parse(item, `${path}[${index}]`);
      }
    });
  },
});

function objectSchema(fields: Fields): JsonSchema {
  const requiredNames = Object.keys(fields).filter((name) => fields[name]?.presence === 'required');
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(fields).map(([name, { schema, describe, fallback }]) => [
        name,
        {
          ...schema,
          ...(describe === undefined ? {} : { description: describe }),
          ...(fallback === undefined ? {} : { default: fallback }),
        },
      ]),
    ),
    ...(requiredNames.length === 0 ? {} : { required: requiredNames }),
  };
}
