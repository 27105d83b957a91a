import { type Attributes, firstValue, textOf, toCount } from './attributes.ts';

/** How many tokens a call took. `total` is summed up where only the parts are known. */
export interface Usage {
  readonly input?: bigint | undefined;
  readonly output?: bigint | undefined;
  readonly total?: bigint | undefined;
  readonly cacheRead?: bigint | undefined;
  readonly cacheCreation?: bigint | undefined;
}

type TextOf = (attributes: Attributes) => string | undefined;
type UsageOf = (attributes: Attributes) => Usage | undefined;

/** How one family of instrumentations says what MLflow's own attributes say. What is absent it does not say. */
export interface Convention {
  /** What the names of its attributes begin with, up to the first dot. It says nothing of a span that has none of them. */
  readonly families: readonly string[];
  readonly spanType?: TextOf;
  readonly usage?: UsageOf;
  /** JSON text. */
  readonly input?: TextOf;
  readonly output?: TextOf;
  /** The attributes that may name the model, the best first. */
  readonly modelKeys?: readonly string[];
  readonly providerKey?: string;
  readonly toolsKey?: string;
  /** Which chat format the messages are in, for whoever draws them. */
  readonly messageFormat?: TextOf;
}

/** One attribute names the kind of span. */
export function kinds(key: string, types: Readonly<Record<string, string>>): TextOf {
  const byKind = new Map(Object.entries(types));
  return (attributes) => {
    if (!attributes.has(key)) return undefined;
    const kind = textOf(attributes, key);
    return kind === undefined ? undefined : byKind.get(kind);
  };
}

export const values =
  (...keys: readonly string[]): TextOf =>
  (attributes) =>
    firstValue(attributes, keys);

export interface UsageKeys {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly total?: readonly string[];
  readonly cacheRead?: readonly string[];
  readonly cacheCreation?: readonly string[];
}

/** Attributes that hold counts; of several names for one count the first that is there. */
export function counts(keys: UsageKeys): UsageOf {
  const read = (attributes: Attributes, names: readonly string[] = []) => {
    const name = names.find((each) => attributes.has(each));
    return name === undefined ? undefined : toCount(attributes.get(name));
  };
  return (attributes) => {
    const input = read(attributes, keys.input);
    const output = read(attributes, keys.output);
    const total = read(attributes, keys.total);
    if (input === undefined && output === undefined && total === undefined) return undefined;
    return {
      input,
      output,
      total,
      cacheRead: read(attributes, keys.cacheRead),
      cacheCreation: read(attributes, keys.cacheCreation),
    };
  };
}
