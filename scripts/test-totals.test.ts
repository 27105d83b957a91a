import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readJunit } from './test-totals.ts';

test('cases are counted, and those that failed named with what was said of them', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'bitacora-totals-'));
  writeFileSync(
    join(folder.path, 'a.xml'),
    `<testsuite><testcase classname="a.test" name="holds" time="1"/>
       <testcase classname="a.test" name="x &lt; 1 &amp; y"><failure message="expected 1&#10;found 2">at line 3</failure></testcase>
       <testcase classname="a.test" name="breaks"><error>no message</error></testcase></testsuite>`,
  );
  writeFileSync(
    join(folder.path, 'b.xml'),
    '<testcase classname="b" name="not here"><skipped/></testcase><testcase classname="b" name="holds">said</testcase>',
  );
  expect(readJunit(folder.path)).toEqual({
    ...{ passed: 2, failed: 2, skipped: 1 },
    failures: ['a.test\nx < 1 & y\nexpected 1\nfound 2', 'a.test\nbreaks\n'],
  });
  expect(readJunit(join(folder.path, 'none.xml'))).toEqual({
    ...{ passed: 0, failed: 0, skipped: 0, failures: [] },
  });
});
