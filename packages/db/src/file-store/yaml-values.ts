import { isAlias, isMap, isSeq } from 'yaml';
import type { PythonJson } from '../parse-python-json.ts';
import { PythonFloat } from '../python-json.ts';
import { type Field, MetaError, parseYaml, toField } from './yaml.ts';

/** What Python's YAML makes of text without quotes, by the rules of YAML 1.1 as it follows them. */
const NULL = /^(?:~|null|Null|NULL|)$/;
const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const INTEGER = /^[-+]?(?:0|[1-9][0-9_]*)$/;
/** An exponent without a point, or without a sign, is text. */
const FLOAT = /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/;
const INFINITE = /^([-+]?)\.(?:inf|Inf|INF)$/;
const NAN = /^\.(?:nan|NaN|NAN)$/;

/** How deep values may nest; Python's own readers of JSON stop at a hundred. */
const MOST_NESTED = 200;

/**
 * A file with values of any kind, as Python reads it.
 *
 * @throws MetaError for what is no YAML, no map, or nests more than 200 levels deep.
 */
export function parseYamlValues(text: string): ReadonlyMap<string, PythonJson> {
  if (text.trim() === '') throw new MetaError('it is empty');
  return toValue(parseYaml(text), 0) as ReadonlyMap<string, PythonJson>;
}

function toValue(node: unknown, depth: number): PythonJson {
  if (depth > MOST_NESTED) throw new MetaError(`it nests more than ${MOST_NESTED} levels deep`);
  // MLflow writes none, and a few lines of them may stand for more than any memory holds.
  if (isAlias(node)) throw new MetaError('it has aliases');
  if (isMap(node))
    return new Map(
      node.items.map(({ key, value }) => [toField(key)?.text ?? '', toValue(value, depth + 1)] as const),
    );
  if (isSeq(node)) return node.items.map((item) => toValue(item, depth + 1));
  return toScalar(toField(node) ?? { text: '', isQuoted: false });
}

function toScalar({ text, isQuoted }: Field): PythonJson {
  if (isQuoted) return text;
  if (NULL.test(text)) return null;
  if (TRUE.test(text)) return true;
  if (FALSE.test(text)) return false;
  if (INTEGER.test(text)) return toInteger(text.replace('+', '').replaceAll('_', ''));
  if (FLOAT.test(text)) return new PythonFloat(Number(text.replaceAll('_', '')));
  const sign = INFINITE.exec(text)?.[1];
  if (sign !== undefined)
    return new PythonFloat(sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
  return NAN.test(text) ? new PythonFloat(Number.NaN) : text;
}

function toInteger(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number + 0 : BigInt(text);
}
