import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * Writes the list prices of models from a catalogue in MLflow's form, one JSON file for each provider:
 * `node scripts/model-prices.ts FOLDER`, where FOLDER is `mlflow/utils/model_catalog` of an installed MLflow.
 */
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('name the folder of the catalogue');

interface Catalogue {
  readonly models: Readonly<Record<string, { readonly pricing?: Readonly<Record<string, unknown>> }>>;
}

const PRICES = [
  'input_per_million_tokens',
  'output_per_million_tokens',
  'cache_read_per_million_tokens',
  'cache_write_per_million_tokens',
  'cache_write_1hr_per_million_tokens',
];

const lines = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .flatMap((name) => {
    const { models } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Catalogue;
    return Object.entries(models).flatMap(([model, { pricing = {} }]) => {
      const fields = PRICES.map((price) =>
        typeof pricing[price] === 'number' ? String(pricing[price]) : '',
      );
      // What is not sold by the token has no price here.
      return fields.every((field) => field === '')
        ? []
        : [[basename(name, '.json'), model, ...fields].join('\t')];
    });
  });

writeFileSync(
  join(import.meta.dirname, '../packages/server/src/model-prices/prices.tsv'),
  `# provider, model, and US dollars for a million tokens: ${PRICES.map((price) => price.replace(/_per_million_tokens$/, '')).join(', ')}\n${lines.join('\n')}\n`,
);
process.stdout.write(`${lines.length} prices\n`);
