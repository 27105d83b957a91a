import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSchema } from './create-schema.ts';
import { INDEXES } from './indexes.ts';
import { openDatabaseFile, SchemaError } from './open.ts';
import { FRESH } from './revisions.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bitacora-open-'));
  path = join(folder, 'mlflow.db');
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

const OPENED = { created: false, revision: FRESH.revision };
const CREATED = { ...OPENED, created: true };

/** Makes or changes the file as another program would. */
function edit(statements: string, file = path): void {
  const db = new DatabaseSync(file);
  try {
    db.exec(statements);
  } finally {
    db.close();
  }
}

/** A database as MLflow leaves it: without our indexes. */
function makeMlflow(file = path): void {
  const db = new DatabaseSync(file);
  createSchema(db);
  db.close();
}

const revisionOf = (file: string) => {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return db.prepare('SELECT version_num FROM alembic_version').get()?.version_num;
  } finally {
    db.close();
  }
};

/** Every file below the folder with a hash of its bytes. */
const fingerprint = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
    .map((file) => `${file} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`);

function refusal(file = path): string {
  try {
    openDatabaseFile(file);
  } catch (error) {
    if (error instanceof SchemaError) return error.message;
    throw error;
  }
  throw new Error('the file was not refused');
}

describe('creates', () => {
  test('a database where there is none, with its folders', () => {
    path = join(folder, 'a/b ü %41#?/mlflow.db');
    expect(openDatabaseFile(path)).toEqual(CREATED);
    expect(openDatabaseFile(path)).toEqual(OPENED);
    expect(readdirSync(dirname(path))).toEqual(['mlflow.db']);
  });

  test('the schema that is asked for', () => {
    const NEWER = { created: false, revision: 'f4a9b2c7d1e6' };
    expect(openDatabaseFile(path, { schema: '3.18' })).toEqual({ ...NEWER, created: true });
    // What is there stays what it is.
    expect(openDatabaseFile(path, { schema: '3.17' })).toEqual(NEWER);
    expect(openDatabaseFile(path)).toEqual(NEWER);
  });

  test('nothing for a schema that is not known', () => {
    expect(() => openDatabaseFile(path, { schema: '3.16' })).toThrow(
      'MLflow 3.16 is not known: use 3.17 or 3.18',
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test('the tables in an empty file', () => {
    writeFileSync(path, '');
    expect(openDatabaseFile(path)).toEqual(CREATED);
  });

  test('the tables in a database that has none', () => {
    edit('CREATE TABLE t (a); DROP TABLE t');
    expect(statSync(path).size).toBeGreaterThan(0);
    expect(openDatabaseFile(path)).toEqual(CREATED);
  });

  test('nothing without an experiment of its own: that is for the server to add', () => {
    openDatabaseFile(path);
    const db = new DatabaseSync(path, { readOnly: true });
    expect(db.prepare('SELECT * FROM experiments').all()).toEqual([]);
    db.close();
  });

  test('once, when several processes start together', async () => {
    const script = `
      import { openDatabaseFile } from ${JSON.stringify(new URL('open.ts', import.meta.url).href)};
      while (Date.now() < Number(process.argv[2])) {}
      process.stdout.write(JSON.stringify(openDatabaseFile(process.argv[1])));`;
    const start = Date.now() + 1500;
    const processes = Array.from({ length: 5 }, () =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, path, String(start)]),
    );
    const opened = (await Promise.all(processes)).map(({ stdout }) => JSON.parse(stdout));
    expect(opened.toSorted((a, b) => b.created - a.created)).toEqual([
      CREATED,
      OPENED,
      OPENED,
      OPENED,
      OPENED,
    ]);
    expect(readdirSync(folder)).toEqual(['mlflow.db']);
  });

  test('after it has waited for another program that holds the file', async () => {
    const holder = spawn(process.execPath, [
      '-e',
      `const db = new (require('node:sqlite').DatabaseSync)(process.argv[1]);
      db.exec('BEGIN EXCLUSIVE');
      process.stdout.write('held');
      setTimeout(() => db.exec('COMMIT'), 500);`,
      path,
    ]);
    await new Promise((held) => holder.stdout.once('data', held));
    expect(openDatabaseFile(path)).toEqual(CREATED);
  });
});

describe('opens in place', () => {
  test('a database of MLflow, to which it only adds our indexes', () => {
    makeMlflow();
    edit("INSERT INTO experiments (experiment_id, name) VALUES (7, 'kept')");
    const missingIndexes = INDEXES.map(({ name }) => name);
    expect(openDatabaseFile(path, { addsIndexes: false })).toEqual({ ...OPENED, missingIndexes });
    expect(openDatabaseFile(path)).toEqual(OPENED);
    const before = fingerprint();
    expect(openDatabaseFile(path, { addsIndexes: false })).toEqual(OPENED);
    expect(openDatabaseFile(path)).toEqual(OPENED);
    expect(fingerprint()).toEqual(before);
  });

  test('a database through a link', () => {
    makeMlflow();
    symlinkSync(path, join(folder, 'link.db'));
    expect(openDatabaseFile(join(folder, 'link.db'))).toMatchObject({ created: false });
  });

  test('a database with tables of others beside those of MLflow', () => {
    openDatabaseFile(path);
    edit('CREATE TABLE users (id INTEGER); CREATE TABLE alembic_version_auth (version_num TEXT)');
    expect(openDatabaseFile(path)).toEqual(OPENED);
  });

  test('a database in WAL mode', () => {
    openDatabaseFile(path);
    edit('PRAGMA journal_mode = WAL');
    expect(openDatabaseFile(path)).toEqual(OPENED);
    expect(readdirSync(folder)).toEqual(['mlflow.db']);
  });

  test('a database that another program has open in WAL mode', () => {
    openDatabaseFile(path);
    const other = new DatabaseSync(path);
    other.exec("PRAGMA journal_mode = WAL; INSERT INTO experiments (name) VALUES ('in the log')");
    expect(openDatabaseFile(path)).toEqual(OPENED);
    other.exec("INSERT INTO experiments (name) VALUES ('later')");
    other.close();
  });

  test('a database whose last transaction a killed program left half written', () => {
    openDatabaseFile(path);
    const killed = leaveHalfWritten();
    expect(existsSync(`${killed}-journal`)).toBe(true);
    expect(openDatabaseFile(killed)).toEqual(OPENED);
    expect(readdirSync(dirname(killed))).toEqual(['mlflow.db']);
    const db = new DatabaseSync(killed, { readOnly: true });
    expect(db.prepare('SELECT count(*) AS n FROM experiments').get()).toEqual({ n: 0 });
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    db.close();
  });
});

/** Copies the file out of the middle of a write that no longer fits into memory. */
function leaveHalfWritten(): string {
  const copy = join(folder, 'killed/mlflow.db');
  mkdirSync(dirname(copy));
  const writer = new DatabaseSync(path);
  writer.exec('PRAGMA cache_size = 10; BEGIN');
  const insert = writer.prepare('INSERT INTO experiments (name, lifecycle_stage) VALUES (?, ?)');
  for (let i = 0; i < 2000; i++) insert.run(`experiment ${i} ${'x'.repeat(200)}`, 'active');
  copyFileSync(path, copy);
  copyFileSync(`${path}-journal`, `${copy}-journal`);
  writer.close();
  return copy;
}

const OLDER = "UPDATE alembic_version SET version_num = 'c8d9e0f1a2b3'";

describe('refuses, and leaves as it is,', () => {
  const CASES: readonly (readonly [title: string, make: () => void, says: readonly string[]])[] = [
    [
      'a database of an older MLflow',
      () => {
        makeMlflow();
        edit(OLDER);
      },
      [
        "'c8d9e0f1a2b3'",
        'dc11669786a5 (MLflow 3.17) and f4a9b2c7d1e6 (MLflow 3.18)',
        "pip install 'mlflow==3.17.*' && mlflow db upgrade 'sqlite:///",
      ],
    ],
    [
      'a database that was left on the way from 3.17 to 3.18',
      () => {
        makeMlflow();
        edit("UPDATE alembic_version SET version_num = '8b6ad64cb8f5'");
      },
      ["'8b6ad64cb8f5'", "pip install 'mlflow==3.18.*' && mlflow db upgrade 'sqlite:///"],
    ],
    [
      'a database that says 3.18 and lacks its tables',
      () => {
        makeMlflow();
        edit("UPDATE alembic_version SET version_num = 'f4a9b2c7d1e6'");
      },
      [
        'lacks the tables skills, skill_versions, skill_tags, skill_version_tags, skill_aliases, issue_categories',
      ],
    ],
    [
      'a database of a newer MLflow',
      () => {
        makeMlflow();
        edit("UPDATE alembic_version SET version_num = 'ffffffffffff'");
      },
      [
        "'ffffffffffff'",
        'dc11669786a5 (MLflow 3.17) and f4a9b2c7d1e6 (MLflow 3.18)',
        'newer version of this server',
        'mlflow server --backend-store-uri',
      ],
    ],
    [
      'an older database in WAL mode',
      () => {
        makeMlflow();
        edit(`PRAGMA journal_mode = WAL; ${OLDER}`);
      },
      ["'c8d9e0f1a2b3'"],
    ],
    [
      'an older database whose log was copied with it',
      () => {
        const original = join(folder, 'original.db');
        makeMlflow(original);
        const db = new DatabaseSync(original);
        db.exec(`PRAGMA journal_mode = WAL; ${OLDER}`);
        copyFileSync(original, path);
        copyFileSync(`${original}-wal`, `${path}-wal`);
        db.close();
        expect(revisionOf(original)).toBe('c8d9e0f1a2b3');
      },
      ["'c8d9e0f1a2b3'"],
    ],
    [
      'an older database that was left half written',
      () => {
        makeMlflow();
        edit(OLDER);
        copyInPlace(leaveHalfWritten());
      },
      ["'c8d9e0f1a2b3'"],
    ],
    [
      'a database without a revision',
      () => {
        makeMlflow();
        edit('DELETE FROM alembic_version');
      },
      ['does not say at which revision', 'Restore a backup'],
    ],
    [
      'a database of which only a part was made',
      () => {
        makeMlflow();
        edit('PRAGMA foreign_keys = OFF; DROP TABLE spans; DROP TABLE jobs');
      },
      ['lacks the tables spans, jobs', 'Restore a backup'],
    ],
    [
      'a database of another program',
      () => edit('CREATE TABLE users (id)'),
      ['not one of MLflow', '--backend-store-uri'],
    ],
    [
      'a file that is no database',
      () => writeFileSync(path, 'a,b\n1,2\n'.repeat(2000)),
      ['not an SQLite database'],
    ],
    ['a short file that is no database', () => writeFileSync(path, '{}'), ['not an SQLite database']],
    [
      'an encrypted database',
      () => writeFileSync(path, randomBytes(16_384)),
      ['not an SQLite database, or it is encrypted'],
    ],
    [
      'a database that is cut short',
      () => {
        makeMlflow();
        truncateSync(path, 40_000);
      },
      ['damaged or cut short', 'Restore a backup'],
    ],
    [
      'a database that is cut in its first page',
      () => {
        makeMlflow();
        truncateSync(path, 60);
      },
      ['damaged or cut short'],
    ],
    [
      'a database that is damaged',
      () => {
        makeMlflow();
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.fill(0xaa, 100, 20_000));
      },
      ['damaged'],
    ],
    ['a folder', () => mkdirSync(path), ['is not a file']],
  ];

  test.each(CASES)('%s', (_, make, says) => {
    make();
    const before = fingerprint();
    const message = refusal();
    for (const words of [path, ...says]) expect(message).toContain(words);
    expect(fingerprint()).toEqual(before);
  });

  function copyInPlace(copy: string): void {
    for (const end of ['', '-journal']) copyFileSync(copy + end, path + end);
    rmSync(dirname(copy), { recursive: true });
  }

  test('a path that leads through a file', () => {
    writeFileSync(path, '');
    expect(refusal(join(path, 'mlflow.db'))).toContain('is a file where a folder is needed');
    expect(refusal(join(path, 'a/mlflow.db'))).toContain('is a file where a folder is needed');
  });

  describe.skipIf(process.platform === 'win32')('what it is not allowed to', () => {
    /** Root may do everything: then the attempt is made by a process that has become somebody else. */
    async function refusalToStranger(file = path): Promise<string> {
      const script = `
        import { openDatabaseFile, SchemaError } from ${JSON.stringify(new URL('open.ts', import.meta.url).href)};
        if (process.getuid() === 0) {
          process.setgroups([]);
          process.setgid(65534);
          process.setuid(65534);
        }
        try { console.log(openDatabaseFile(process.argv[1])); }
        catch (error) { console.log(error instanceof SchemaError ? error.message : error); }`;
      return (await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, file]))
        .stdout;
    }

    test.each([
      ['read the file', () => chmodSync(path, 0o000)],
      ['write the file', () => chmodSync(path, 0o444)],
      ['write in its folder', () => [chmodSync(path, 0o666), chmodSync(folder, 0o555)]],
      ['enter its folder', () => chmodSync(folder, 0o000)],
    ])('%s', async (_, forbid) => {
      makeMlflow();
      chmodSync(folder, 0o777);
      forbid();
      expect(await refusalToStranger()).toContain(`${path} cannot be opened: permission denied`);
      chmodSync(folder, 0o700);
      expect(readdirSync(folder)).toEqual(['mlflow.db']);
    });

    test('make the file', async () => {
      chmodSync(folder, 0o555);
      expect(await refusalToStranger()).toContain('permission denied');
      expect(await refusalToStranger(join(folder, 'a/mlflow.db'))).toContain('permission denied');
    });
  });
});
