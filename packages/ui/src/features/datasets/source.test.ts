import { describe, expect, test } from 'vitest';
import { loadInPython } from './load-in-python.ts';
import { readSource } from './source.ts';

const read = (type: string, source: unknown) => readSource(type, JSON.stringify(source));

describe('a source', () => {
  test('on the web is linked to, and nothing else that could stand there', () => {
    const url = 'https://data.example/wine.csv?v=1';
    expect(read('http', { url })).toEqual({
      kind: 'Web address',
      location: url,
      link: { href: url, label: 'Open' },
      facts: [],
    });
    for (const bad of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'no address', '']) {
      expect(read('http', { url: bad }).link, bad).toBeUndefined();
    }
  });

  test('on Hugging Face is linked to where its path is one of the hub, at its revision', () => {
    const path = 'databricks/databricks-dolly-15k';
    const fields = { config_name: 'default', data_dir: null, data_files: null, split: 'train' };
    expect(read('hugging_face', { path, ...fields, revision: 'a/b' })).toEqual({
      kind: 'Hugging Face',
      location: path,
      link: {
        href: 'https://huggingface.co/datasets/databricks/databricks-dolly-15k/tree/a%2Fb',
        label: 'Look it up on Hugging Face',
      },
      facts: [
        { label: 'Configuration', value: 'default' },
        { label: 'Split', value: 'train' },
        { label: 'Revision', value: 'a/b' },
      ],
    });
    for (const local of ['csv', './data', '/data/x', '../a/b', 'a/b/c', 'a/..', 'owner/name?x=1']) {
      expect(read('hugging_face', { path: local, split: 'None' }), local).toEqual({
        kind: 'Hugging Face',
        location: local,
        facts: [],
      });
    }
  });

  test('in code says whose', () => {
    const tags = { 'mlflow.user': 'ana', 'mlflow.source.name': 'train.py', own: 1 };
    expect(read('code', { tags })).toEqual({
      kind: 'Code',
      facts: [
        { label: 'User', value: 'ana' },
        { label: 'Made by', value: 'train.py' },
        { label: 'own', value: '1' },
      ],
    });
  });

  test('anywhere else has its address to copy', () => {
    expect(read('s3', { uri: 's3://bucket/a.csv' })).toEqual({
      kind: 'Amazon S3',
      location: 's3://bucket/a.csv',
      facts: [],
    });
    expect(read('delta_table', { path: 's3://b/t', delta_table_version: 7 })).toMatchObject({
      location: 's3://b/t',
      facts: [{ label: 'Version', value: '7' }],
    });
    expect(read('spark', { sql: 'SELECT 1' }).location).toBe('SELECT 1');
    expect(read('of_a_plugin', { where: { is: 'it' } })).toEqual({
      kind: 'of_a_plugin',
      facts: [{ label: 'where', value: '{"is":"it"}' }],
    });
  });

  test('that is no JSON is shown as it stands', () => {
    expect(readSource('local', 'no JSON')).toEqual({ kind: 'Local files', location: 'no JSON', facts: [] });
    expect(readSource('local', '')).toEqual({ kind: 'Local files', facts: [] });
    expect(readSource('http', '["https://a"]').link).toBeUndefined();
  });
});

describe('loading in Python', () => {
  const load = (
    source_type: string,
    source: unknown,
    name = 'wine',
    pinned?: number,
    isOtherKept?: boolean,
  ) =>
    loadInPython(
      { name, digest: 'a1', source_type, source: JSON.stringify(source) },
      'f00',
      'http://localhost:5000',
      { pinned, isOtherKept },
    );

  test('goes by the run, and by name and digest of the data set', () => {
    expect(load('http', { url: 'https://x/w.csv' }, 'the "best" wine\\')).toBe(`import mlflow

mlflow.set_tracking_uri("http://localhost:5000")
run = mlflow.get_run("f00")
dataset = next(
    each for each in run.inputs.dataset_inputs
    if (each.dataset.name, each.dataset.digest) == ("the \\"best\\" wine\\\\", "a1")
)
source = mlflow.data.get_source(dataset)
path = source.load()  # downloads it, and says where to`);
  });

  test('says what comes of it, and another way to read a Delta table', () => {
    expect(load('spark', { path: '/x' })).toContain('df = source.load()');
    expect(load('delta_table', { path: '/t', delta_table_version: 0 })).toContain(
      'df = DeltaTable("/t", version=0).to_pandas()',
    );
    expect(load('delta_table', { path: '/t' })).toContain('df = DeltaTable("/t").to_pandas()');
    expect(load('delta_table', { path: '/t' }, 'wine', 4)).toContain(
      'no version was named. As it was read (pip install deltalake):\nfrom deltalake import DeltaTable\n\ndf = DeltaTable("/t", version=4)',
    );
    expect(load('delta_table', { path: '/t', delta_table_version: 2 }, 'wine', 2)).toContain('version=2)');
    expect(load('delta_table', { path: '/t', delta_table_version: 2 }, 'wine', 2, true)).toContain(
      'first run with this name and digest has read. What this run has (pip install deltalake):\nfrom deltalake import DeltaTable\n\ndf = DeltaTable("/t", version=2)',
    );
    expect(load('delta_table', { delta_table_name: 'a.b' })).not.toContain('DeltaTable(');
  });

  test('of a data set of Hugging Face without a split does not ask for one called None', () => {
    const source = { path: 'json', config_name: null, data_dir: null, data_files: ['a.json'], split: 'None' };
    expect(load('hugging_face', source)).toBe(
      'import datasets\n\ndata = datasets.load_dataset("json", data_files=["a.json"])',
    );
    expect(load('hugging_face', { ...source, split: 'train' })).toContain('data = source.load()');
  });

  test('takes what a client has stored for values, never for code', () => {
    const version = '1); import os; os.system("x"';
    expect(load('delta_table', { path: '/t', delta_table_version: version })).toContain(
      'version="1); import os; os.system(\\"x\\"")',
    );
    const source = { path: 'csv', data_files: { train: ['null.csv'], all: [true, null] }, split: 'None' };
    expect(load('hugging_face', source)).toContain('data_files={"train": ["null.csv"], "all": [True, None]}');
  });

  test('is cut where a source is nested without end', () => {
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    const source = `{"path": "csv", "data_files": ${deep}, "split": "None"}`;
    const dataset = { name: 'a', digest: 'b', source_type: 'hugging_face', source };
    expect(loadInPython(dataset, 'f00', 'http://localhost:5000')).toContain('load_dataset("csv"');
    expect(readSource('hugging_face', source).facts).toHaveLength(1);
  });

  test('is not offered where the source cannot', () => {
    expect(load('code', { tags: {} })).toBeUndefined();
    expect(load('uc_volume', { path: '/Volumes/a/b' })).toBeUndefined();
  });
});
