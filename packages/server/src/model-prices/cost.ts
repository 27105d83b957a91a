import { readFileSync } from 'node:fs';

export interface TokenCounts {
  /** Cached tokens included. */
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheCreation: number;
  /** Of `cacheCreation`, those that are kept for an hour and not for five minutes. */
  readonly cacheCreationAbove1hr: number;
}

/** US dollars. */
export interface Cost {
  readonly input_cost: number;
  readonly output_cost: number;
  readonly total_cost: number;
}

/** US dollars for a token. */
interface Price {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheCreation: number;
  readonly cacheCreationAbove1hr: number;
}

/** Names of MLflow's own routes, which are no models. */
const ROUTES = /^(?:gateway|endpoints):\//;

/**
 * What a call costs, by the list prices of providers; undefined where no price is known. A provider that does not have
 * the model is as good as none: then the first that has it counts.
 */
export function costOf(model: string, provider: string | undefined, counts: TokenCounts): Cost | undefined {
  if (model === '' || ROUTES.test(model) || (counts.input === 0 && counts.output === 0)) return undefined;
  const price = findPrice(model, provider);
  if (!price) return undefined;
  const { cacheRead, cacheCreation } = counts;
  const above1hr = Math.min(counts.cacheCreationAbove1hr, cacheCreation);
  const input_cost =
    Math.max(counts.input - cacheRead - cacheCreation, 0) * price.input +
    cacheRead * price.cacheRead +
    (cacheCreation - above1hr) * price.cacheCreation +
    above1hr * price.cacheCreationAbove1hr;
  const output_cost = counts.output * price.output;
  return { input_cost, output_cost, total_cost: input_cost + output_cost };
}

function findPrice(model: string, provider: string | undefined): Price | undefined {
  const { byProvider, byModel } = prices();
  // `openai/gpt-4o` is `gpt-4o`, wherever it is called.
  const name = model.slice(model.indexOf('/') + 1);
  const named = provider ?? (/^databricks[-/]/.test(model) ? 'databricks' : '');
  return byProvider.get(named.toLowerCase())?.get(name) ?? byModel.get(name);
}

interface Prices {
  readonly byProvider: ReadonlyMap<string, ReadonlyMap<string, Price>>;
  /** Of the first provider that asks for money, else of the first. */
  readonly byModel: ReadonlyMap<string, Price>;
}

let loaded: Prices | undefined;

/** Read when first needed: many servers never see a call of a model. */
function prices(): Prices {
  loaded ??= parsePrices(readFileSync(new URL('prices.tsv', import.meta.url), 'utf8'));
  return loaded;
}

/** Lines of provider, model and US dollars for a million tokens; an empty field is the price that stands in for it. */
export function parsePrices(text: string): Prices {
  const byProvider = new Map<string, Map<string, Price>>();
  const byModel = new Map<string, Price>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [provider = '', model = '', ...fields] = line.split('\t');
    const [input, output, read, write, write1hr] = fields.map((field) =>
      field === '' ? undefined : Number(field) / 1_000_000,
    );
    const price: Price = {
      input: input ?? 0,
      output: output ?? 0,
      cacheRead: read ?? input ?? 0,
      cacheCreation: write ?? input ?? 0,
      cacheCreationAbove1hr: write1hr ?? write ?? input ?? 0,
    };
    const models = byProvider.get(provider) ?? new Map<string, Price>();
    byProvider.set(provider, models.set(model, price));
    const known = byModel.get(model);
    if (known === undefined || (known.input === 0 && price.input !== 0)) byModel.set(model, price);
  }
  return { byProvider, byModel };
}
