import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  createLoggedModel,
  getLoggedModel,
  previewLoggedModelArtifact,
  previewLoggedModelArtifactText,
  previewRunArtifact,
} from '@bitacora/protocol';
import { buildExperiment, buildRun, putArtifact, testApp } from '@bitacora/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge } from './sniff.ts';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name));
const utf16 = (text: string) => Buffer.from(text, 'utf16le');

describe('what a file is', () => {
  test.each<[name: string, content: string | Buffer, format: string, views: string]>([
    ['data', fixture('table-snappy.parquet'), 'parquet', 'ROWS'],
    ['x.csv', fixture('table-snappy.parquet'), 'parquet', 'ROWS'],
    ['x', fixture('table-lz4.feather'), 'arrow file', 'ROWS'],
    ['x', fixture('table.arrows'), 'arrow stream', 'ROWS'],
    ['x.txt', fixture('int64.npy'), 'npy', 'ARRAY'],
    ['x.txt', fixture('wide.png'), 'png', 'PICTURE'],
    ['x', fixture('turned.jpg'), 'jpeg', 'PICTURE'],
    ['x', fixture('picture.webp'), 'webp', 'PICTURE'],
    ['model.png', 'not a picture at all', 'text', 'TEXT'],
    ['x.parquet', 'a,b\n1,2\n3,4\n', 'csv', 'TEXT,ROWS'],
    ['part-00000', 'a,b\n1,2\n3,4\n', 'csv', 'ROWS,TEXT'],
    ['one-column.csv', 'a\n1\n2\n', 'csv', 'ROWS,TEXT'],
    ['x.csv', 'a;b\n1,5;2\n3,5;4\n', 'csv', 'ROWS,TEXT'],
    ['train.log', '10:00:00,123 one\n10:00:01,456 two\n10:00:02,789 three\n', 'text', 'TEXT'],
    ['x.md', 'a, b\nc, d\ne, f\n', 'text', 'TEXT'],
    ['MLmodel', 'a: b, c\nd: e, f\ng: h, i\n', 'text', 'TEXT'],
    ['events', '{"a": 1}\n{"b": [2]}\n', 'jsonl', 'ROWS,TEXT'],
    ['one.jsonl', '{"a": 1}', 'jsonl', 'ROWS,TEXT'],
    ['x.json', '{\n "a": 1\n}\n', 'json', 'JSON,TEXT'],
    ['x.json', '[1, 2]', 'json', 'JSON,TEXT'],
    ['x.txt', '[2024-01-01] begun\n[2024-01-02] done\n', 'text', 'TEXT'],
    ['x.json', '{"cells": [], "metadata": {}, "nbformat": 4}', 'notebook', 'NOTEBOOK,JSON,TEXT'],
    ['x.ipynb', '{"nbformat": 4, "cells": [{"cell_type": "code"}]}', 'notebook', 'NOTEBOOK,JSON,TEXT'],
    ['x.ipynb', 'nothing of the kind', 'text', 'TEXT'],
    ['x', '<?xml version="1.0"?>\n<!-- by hand --><svg xmlns="…"></svg>', 'svg', 'PICTURE,TEXT'],
    ['x.html', '<html><svg></svg></html>', 'text', 'TEXT'],
    ['x', Buffer.from([0x80, 4, 0x95, 0, 0, 0]), 'pickle', ''],
    ['x.txt', gzipSync('text'), 'gzip', ''],
    ['x', Buffer.from([1, 2, 3, 0, 200, 255]), 'unknown', ''],
    ['x', 'BMW, a car', 'text', 'TEXT'],
    ['x', 'ORCA is a whale', 'text', 'TEXT'],
    ['x', '', 'empty', ''],
  ])('%s is told by its content ($#)', (name, content, format, views) => {
    const head = Buffer.from(content as string);
    expect(judge(head, name, true)).toMatchObject({ format, views: views === '' ? [] : views.split(',') });
  });

  test.each<[string, Buffer, string, number]>([
    ['UTF-8 with its mark', Buffer.from('\ufeffañb'), 'utf-8', 3],
    ['UTF-16 with its mark', utf16('\ufeffañb'), 'utf-16le', 2],
    ['UTF-16 the other way round', utf16('\ufeffañb').swap16(), 'utf-16be', 2],
    ['UTF-16 without a mark', utf16('some text'), 'utf-16le', 0],
    ['big-endian UTF-16 without a mark', utf16('some text').swap16(), 'utf-16be', 0],
    ['Latin letters of one byte', Buffer.from('a\xf1o\xf1o text', 'latin1'), 'windows-1252', 0],
    ['UTF-8 whose last character is cut', Buffer.from('añ').subarray(0, 2), 'utf-8', 0],
    ['a log with zeros in it', Buffer.from(`${'text '.repeat(50)}\0\0\0`), 'utf-8', 0],
  ])('the encoding of %s is seen', (_, head, encoding, first_byte) => {
    expect(judge(head, 'x.log', false)).toMatchObject({ format: 'text', encoding, first_byte });
  });

  test('is judged of any bytes, in no time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (bytes, name) => {
        expect(judge(Buffer.from(bytes), name, true).format).toBeTruthy();
      }),
    );
    const started = performance.now();
    for (const begin of ['<!--a-->', '<', '{"a":1}\n', '"', '{"cells":[', ',', ' ', '[[', '<!x>'])
      judge(Buffer.from(begin.repeat(65_536 / begin.length)), 'x', false);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('the preview of a file', () => {
  test('names what is there, of a run and of a logged model', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    await putArtifact(app, run_id, 'a folder/ñ & co.csv', 'a,b\n1,2\n3,4\n');
    const path = 'a folder/ñ & co.csv';
    const answer = await app.call(previewRunArtifact, { run_id, path });
    expect(answer).toMatchObject({
      path,
      size_bytes: 12,
      format: 'csv',
      encoding: 'utf-8',
      views: ['ROWS', 'TEXT'],
    });
    expect(answer.etag).not.toBe('');
    const experiment_id = await buildExperiment(app);
    const { model } = await app.call(createLoggedModel, { experiment_id });
    const { model_id } = model.info;
    const root = (await app.call(getLoggedModel, { model_id })).model.info.artifact_uri;
    await app.inject({
      method: 'PUT',
      url: `/api/2.0/mlflow-artifacts/artifacts/${root.replace('mlflow-artifacts:/', '')}/MLmodel`,
      headers: { 'content-type': 'application/octet-stream' },
      payload: 'flavors: {}\n',
    });
    expect(await app.call(previewLoggedModelArtifact, { model_id, path: 'MLmodel' })).toMatchObject({
      format: 'text',
      views: ['TEXT'],
    });
    expect(await app.call(previewLoggedModelArtifactText, { model_id, path: 'MLmodel' })).toMatchObject({
      lines: ['flavors: {}'],
    });
  });

  test('is refused for what is no file', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    await putArtifact(app, run_id, 'folder/a.txt', 'x');
    const refused = (path: string) => app.call(previewRunArtifact, { run_id, path }).catch((error) => error);
    expect(await refused('none.txt')).toMatchObject({ status: 404 });
    expect(await refused('folder')).toMatchObject({ status: 400 });
    expect(await refused('../../other')).toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
    expect(await refused('%2e%2e/x')).toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
    expect(await refused('')).toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
    expect(
      await app.call(previewRunArtifact, { run_id: 'f'.repeat(32), path: 'x' }).catch((error) => error),
    ).toMatchObject({ status: 404 });
  });
});
