import { describe, expect, test } from 'vitest';
import { BackendStoreUriError, parseBackendStoreUri, redactUri } from './uri.ts';

const options = (text = '') => Object.fromEntries(new URLSearchParams(text));

// What SQLAlchemy 2.1.9's make_url and MLflow 3.17.2's local_file_uri_to_path answer for the same texts.
describe('parseBackendStoreUri', () => {
  test.each([
    ['sqlite:///mlflow.db', 'mlflow.db', ''],
    ['sqlite:////var/lib/mlflow.db', '/var/lib/mlflow.db', ''],
    ['SQLite+pysqlite:///a/b.db?timeout=30', 'a/b.db', 'timeout=30'],
    ['sqlite:///C:\\data\\mlflow.db', 'C:\\data\\mlflow.db', ''],
    ['sqlite:///a%20b.db', 'a b.db', ''],
    ['sqlite:///100%.db', '100%.db', ''],
    ['sqlite:///run#1 ü.db', 'run#1 ü.db', ''],
  ])('finds the file of %s', (text, path, query) => {
    expect(parseBackendStoreUri(text)).toEqual({ kind: 'sqlite', path, options: options(query) });
  });

  test.each([
    [
      'postgresql+psycopg2://u%40:p%2Fw@h:5432/db?sslmode=require&application_name=1&application_name=2',
      {
        kind: 'postgresql',
        user: 'u@',
        password: 'p/w',
        host: 'h',
        port: 5432,
        database: 'db',
        options: options('sslmode=require&application_name=1&application_name=2'),
      },
    ],
    ['postgres://h/db', { kind: 'postgresql', host: 'h', database: 'db', options: options() }],
    [
      'postgresql:///db?host=/var/run',
      { kind: 'postgresql', database: 'db', options: options('host=/var/run') },
    ],
    [
      'postgresql://[::1]:5432/db',
      { kind: 'postgresql', host: '::1', port: 5432, database: 'db', options: options() },
    ],
    [
      'postgresql://u:a+b@h/d%20b',
      { kind: 'postgresql', user: 'u', password: 'a+b', host: 'h', database: 'd b', options: options() },
    ],
    [
      'mysql+pymysql://u:p/w@h/db',
      { kind: 'mysql', user: 'u', password: 'p/w', host: 'h', database: 'db', options: options() },
    ],
    [
      'postgresql://u:@h/db',
      { kind: 'postgresql', user: 'u', password: '', host: 'h', database: 'db', options: options() },
    ],
    [
      'mssql+pyodbc://scott:tiger@mydsn',
      { kind: 'mssql', user: 'scott', password: 'tiger', host: 'mydsn', options: options() },
    ],
    [
      'mssql+pyodbc:///?odbc_connect=DRIVER%3Dx',
      { kind: 'mssql', options: options('odbc_connect=DRIVER%3Dx') },
    ],
  ])('splits %s', (text, expected) => {
    expect(parseBackendStoreUri(text)).toEqual(expected);
  });

  test.each([
    ['mlruns', 'mlruns'],
    ['sqlite', 'sqlite'],
    ['./mlruns', './mlruns'],
    ['/data/ml runs', '/data/ml runs'],
    ['/x%20y', '/x y'],
    ['C:\\mlruns', 'C:\\mlruns'],
    ['./a:b', './a:b'],
    ['file:a', 'a'],
    ['file:./x%20y', './x y'],
    ['file:///a%20b', '/a b'],
    ['file:/a/b', '/a/b'],
    ['file:///C:/mlruns', 'C:/mlruns'],
    ['file://localhost/a', '/a'],
  ])('takes %s as a folder', (text, path) => {
    expect(parseBackendStoreUri(text)).toEqual({ kind: 'file', path });
  });

  test.each([
    '',
    '  ',
    'sqlite:',
    'sqlite://',
    'sqlite:///',
    'sqlite:///:memory:',
    'sqlite://?mode=memory',
    'sqlite:///x.db?mode=memory&uri=true',
    'sqlite:///file::memory:?cache=shared&uri=true',
    'sqlite:///file:/x.db?mode=ro&uri=true',
    'sqlite:mlflow.db',
    'sqlite:/mlflow.db',
    'sqlite://mlflow.db',
    'postgresql://',
    'postgresql:host',
    'postgresql://h:port/db',
    'postgresql+a+b://h/db',
    'oracle://h/db',
    'http://localhost:5000',
    's3://bucket/mlruns',
    'file://elsewhere/mlruns',
    'file:',
    'localhost:5432/db',
    'postgresql://h/db?sslmod=require',
    'postgresql://h/db?sslmode=always',
    'postgresql://a,b/db',
    'postgresql:///db?host=a,b',
    'mysql://h/db?sslmode=require',
    'mysql://h/db?ssl_mode=always',
    'mysql://h/db?init_command=x',
    'sqlite:///x.db?sslmode=require',
  ])("refuses '%s'", (text) => {
    expect(() => parseBackendStoreUri(text)).toThrow(BackendStoreUriError);
  });

  test('tells what to write instead', () => {
    expect(() => parseBackendStoreUri('sqlite://')).toThrow(
      'three slashes and a file, as in sqlite:///mlflow.db',
    );
    expect(() => parseBackendStoreUri('sqlite://x.db')).toThrow('three slashes');
    expect(() => parseBackendStoreUri('postgresql://u:sesame@h/db?sslmod=require')).toThrow(
      "'postgresql://u:***@h/db?sslmod=require' has the option 'sslmod', which is not known here. Known are host, port,",
    );
    expect(() => parseBackendStoreUri('postgresql://h/db?sslmode=always')).toThrow(
      "has 'always' as its sslmode. Use disable, allow, prefer, require, verify-ca, verify-full.",
    );
    expect(() => parseBackendStoreUri('oracle://h/db')).toThrow("'oracle://h/db' has no form that is known");
    expect(() => parseBackendStoreUri('oracle://h/db')).toThrow('sqlite:////absolute/path.db');
  });

  test.each([
    'oracle://user:sesame@host/db',
    'postgresql+a+b://user:sesame@host/db',
    'postgresql://user:sesame@host:port/db',
    'postgresql://user:ses/ame:sesame@host:port/db',
    'postgresql://me@corp.com:sesame@host:port/db',
    'postgresql://user:p@sesame@host:port/db',
    'postgresql:/user:sesame@host/db',
    'sqlite://user:sesame@host/db',
    'user:sesame@host/db',
    'oracle://host/db?user=u&password=sesame&x=1',
    'oracle://host/db?odbc_connect=PWD%3Dsesame',
  ])('shows no password of %s', (text) => {
    expect(() => parseBackendStoreUri(text)).toThrow(BackendStoreUriError);
    expect(() => parseBackendStoreUri(text)).not.toThrow('sesame');
  });
});

test('redactUri keeps all but the password', () => {
  expect(redactUri('postgresql+psycopg2://user:p@ss/word@host:5432/db?sslmode=require')).toBe(
    'postgresql+psycopg2://user:***@host:5432/db?sslmode=require',
  );
  expect(redactUri('postgresql://host/db?password=x&sslmode=require')).toBe(
    'postgresql://host/db?password=***&sslmode=require',
  );
  for (const plain of [
    'sqlite:////data/mlflow.db',
    'postgresql://user@host:5432/db',
    's3://bucket/a@b',
    './a@b',
  ])
    expect(redactUri(plain)).toBe(plain);
});
