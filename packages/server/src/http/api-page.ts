import { type Endpoint, endpoints, openApi, stringifyJson, transfers } from '@bitacora/protocol';
import type { FastifyInstance } from 'fastify';
import packageJson from '../../package.json' with { type: 'json' };

const all = Object.values(endpoints) as unknown as readonly Endpoint[];

/** The text of `/openapi.json`. */
export const apiDescription = (): string =>
  stringifyJson(openApi({ version: packageJson.version, endpoints: all }));

/** `/openapi.json`, and the same to read as a page that needs nothing from elsewhere. */
export function mountApiPage(app: FastifyInstance, prefix: string): void {
  const description = apiDescription();
  app.get(`${prefix}/openapi.json`, (_request, reply) =>
    reply.header('content-type', 'application/json').send(description),
  );
  app.get(`${prefix}/api-docs`, (_request, reply) =>
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .send(page()),
  );
}

const escapeHtml = (text: string) =>
  text.replace(
    /[&<>"]/g,
    (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char] ?? char,
  );

function page(): string {
  const groups = Map.groupBy(
    all,
    ({ path }) => path.split('/').find((part) => part !== '' && !/^(api|[0-9.]+|mlflow)$/.test(part)) ?? '',
  );
  const body = [...groups]
    .map(([group, calls]) => `<h2>${escapeHtml(group)}</h2>${calls.map(section).join('')}`)
    .join('');
  const files = transfers
    .map(
      ({ method, path, summary }) =>
        `<details><summary><b>${method}</b> <code>${escapeHtml(path)}</code> ${escapeHtml(summary)}</summary></details>`,
    )
    .join('');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Bitácora API</title>
<style>
  :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  details { border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: 6px; margin: .4rem 0; padding: .4rem .8rem; }
  summary { cursor: pointer; } b { display: inline-block; min-width: 4.5rem; }
  table { border-collapse: collapse; margin: .5rem 0; } td, th { text-align: left; padding: .15rem 1rem .15rem 0; vertical-align: top; }
</style>
<h1>Bitácora API</h1>
<p>MLflow’s REST API. Every path below <code>/api</code> is served below <code>/ajax-api</code> too. <a href="openapi.json">OpenAPI 3.1</a></p>
${body}
<h2>Files</h2>${files}
</html>
`;
}

function section(endpoint: Endpoint): string {
  const path = endpoint.ajaxOnly ? endpoint.path.replace(/^\/api/, '/ajax-api') : endpoint.path;
  const { permission } = endpoint;
  const rule =
    typeof permission === 'string'
      ? permission
      : `${permission.level} on ${permission.on} (${permission.id})`;
  return `<details id="${endpoint.name}"><summary><b>${endpoint.method}</b> <code>${escapeHtml(path)}</code></summary>
<p>${escapeHtml(endpoint.summary)}</p><p>Permission: ${escapeHtml(rule)}${endpoint.errors.length > 0 ? `. Errors: ${endpoint.errors.join(', ')}` : ''}</p>
${table('Request', endpoint.request.fields)}${table('Response', endpoint.response.fields)}</details>`;
}

function table(title: string, fields: Endpoint['request']['fields']): string {
  const rows = Object.entries(fields).map(([name, { schema, presence, describe, fallback }]) => {
    const note = [
      presence === 'required' ? 'required' : '',
      fallback === undefined ? '' : `default ${JSON.stringify(fallback)}`,
      describe ?? '',
    ]
      .filter((part) => part !== '')
      .join('; ');
    return `<tr><td><code>${escapeHtml(name)}</code><td>${escapeHtml(typeName(schema))}<td>${escapeHtml(note)}`;
  });
  return rows.length === 0
    ? `<p>${title}: empty.</p>`
    : `<table><tr><th>${title}<th>type<th>${rows.join('')}</table>`;
}

function typeName(schema: { readonly [keyword: string]: unknown }): string {
  if (Array.isArray(schema.enum)) return schema.enum.join(' | ');
  if (schema.type === 'array')
    return `array of ${typeName(schema.items as { readonly [keyword: string]: unknown })}`;
  if (schema.type === 'object') return `{ ${Object.keys((schema.properties ?? {}) as object).join(', ')} }`;
  return String(schema.format ?? schema.type ?? 'number or text');
}
