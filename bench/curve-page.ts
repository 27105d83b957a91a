import { CURVE_QUERIES, CURVE_SHAPE, type Curve } from './curve.ts';
import { show } from './measure.ts';
import type { Plan } from './plans.ts';
import { machine, versions } from './report.ts';
import type { Engine } from './targets.ts';

const ENGINES: Readonly<Record<Engine, string>> = { sqlite: 'SQLite', postgresql: 'PostgreSQL' };

/**
 * A search may take so many times as long among the most runs as among the fewest and still be called flat: the fewest
 * fit in the caches whole, and a B-tree of a thousand times as many entries is twice as deep.
 */
const FLAT = 3;

/** The page `docs/search-speed.md`. */
export function curvePage({ points, plans }: Curve, postgresql: string): string {
  const { metrics, params, tags } = CURVE_SHAPE;
  const labels = Object.keys(CURVE_QUERIES);
  const sections = (Object.keys(ENGINES) as Engine[]).map((engine) => {
    const of = points.filter((point) => point.engine === engine);
    const largest = of.at(-1)?.runs.toLocaleString('en');
    const growth = labels.map((label) => {
      const [first, last] = [of[0]?.times[label] ?? Number.NaN, of.at(-1)?.times[label] ?? Number.NaN];
      return `${show(last / first)}${last / first <= FLAT ? '' : ' (not flat)'}`;
    });
    return `## ${ENGINES[engine]}

| runs | ${labels.map((label) => `${label}, ms`).join(' | ')} |
|---:|${labels.map(() => '---:|').join('')}
${of.map(({ runs, times }) => `| ${[runs.toLocaleString('en'), ...labels.map((label) => show(times[label] ?? Number.NaN))].join(' | ')} |`).join('\n')}
| last to first | ${growth.join(' | ')} |

${plansOf(plans[engine] ?? {})
  .map(([label, shown]) => `### ${ENGINES[engine]}: ${label}, among ${largest} runs\n\n${shown}`)
  .join('\n\n')}
`;
  });
  return `# How the time of a search grows

Written by \`npm run bench -- --curve --write-docs\`. A first page of 25 runs of one experiment, asked through the REST API of a server that has been asked before; medians of 25 answers. Only ratios mean anything: the client shares the machine's cores with the server.

- ${machine().join('\n- ')}
- ${versions(postgresql).join(', ')}
- Runs are put straight into the tables, each with ${metrics} metrics, ${params} params and ${tags} tags beside its name. A run of people's has more, but a search reads no others than those that it names and those of the runs on the page; of the history of metrics it reads nothing, and so there is none.

| query | filter | order | runs on the page |
|---|---|---|---:|
${Object.entries(CURVE_QUERIES)
  .map(
    ([label, { filter, order_by, max_results }]) =>
      `| ${label} | ${filter ? `\`${filter}\`` : ''} | ${order_by ? `\`${order_by.join(', ')}\`` : ''} | ${max_results} |`,
  )
  .join('\n')}

Below each curve stand the statements of the server's own search (\`packages/server/src/runs/search.ts\`), recorded as it ran, and how the engine carries them out: \`EXPLAIN QUERY PLAN\` on SQLite, \`EXPLAIN ANALYZE\` on PostgreSQL. What the page shows is fetched by the same statements whatever the query.

${sections.join('\n')}`;
}

/** What each query asks for, and last what all of them ask about the runs that are on the page. */
function plansOf(plans: Readonly<Record<string, readonly Plan[]>>): (readonly [string, string])[] {
  const finds = (own: readonly Plan[]) => own.filter(({ statement }) => !FETCHES.test(statement));
  const [first = []] = Object.values(plans);
  const fetches = first.filter(({ statement }) => FETCHES.test(statement));
  return [
    ...Object.entries(plans).map(([label, own]) => [label, shown(finds(own))] as const),
    ['what the page shows', shown(fetches)],
  ];
}

/** Statements about runs that are known by then. */
const FETCHES = /(run_uuid|destination_id) (IN|= ANY) \((?!SELECT c\.run_uuid)/;

const shown = (plans: readonly Plan[]) =>
  plans
    .map(({ statement, plan }) => `\`\`\`sql\n${wrap(statement)}\n\`\`\`\n\`\`\`text\n${plan}\n\`\`\``)
    .join('\n\n');

/** Lines of a width that is read without scrolling. */
function wrap(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + word.length > 120) lines.push(`  ${word}`);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join('\n');
}
