import { writeFileSync } from 'node:fs';
import { apiDescription } from '../packages/server/src/http/api-page.ts';

// Run after a change of the protocol; a test fails while the committed description is stale.
writeFileSync(
  new URL('../docs/openapi.json', import.meta.url),
  `${JSON.stringify(JSON.parse(apiDescription()), null, 1)}\n`,
);
