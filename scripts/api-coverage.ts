import { writeFileSync } from 'node:fs';
import { coverageTable } from './coverage-table.ts';

// Run after a change of routes; a test fails while the committed table is stale.
const { text } = await coverageTable();
writeFileSync(new URL('../docs/api-coverage.md', import.meta.url), text);
