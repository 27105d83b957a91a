import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { openDatabaseFile } from '../schema/open.ts';
import { raw, sql } from '../sql.ts';
import { SqliteConnection } from './connection.ts';
import { GroupCommit } from './group-commit.ts';
import { SqliteStore } from './store.ts';

async function open() {
  const folder = await mkdtemp(join(tmpdir(), 'bitacora-db-'));
  const path = join(folder, 'mlflow.db');
  openDatabaseFile(path);
  const store = new SqliteStore(path);
  const names = async () =>
    (await store.db.all(sql<{ name: string }>`SELECT name FROM experiments ORDER BY name`)).map(
      ({ name }) => name,
    );
  const add = (name: string) =>
    store.write(async (tx) => {
      await tx.run(sql`INSERT INTO experiments (name, lifecycle_stage) VALUES (${name}, 'active')`);
      return name;
    });
  return {
    path,
    store,
    names,
    add,
    async [Symbol.asyncDispose]() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

describe('reads', () => {
  test('that follow each other see one moment; the next ones what was committed meanwhile', async () => {
    await using own = await open();
    using other = new DatabaseSync(own.path);
    const seen = [own.names()];
    other.exec("INSERT INTO experiments (name) VALUES ('by another')");
    seen.push(own.names());
    expect(await Promise.all(seen)).toEqual([[], []]);
    await new Promise(setImmediate);
    expect(await own.names()).toEqual(['by another']);
  });

  test('that one callback asks for see one moment, also where it begins with the first of them', async () => {
    await using own = await open();
    using other = new DatabaseSync(own.path);
    const seen = await new Promise((resolve) => {
      setImmediate(async () => {
        const before = await own.names();
        other.exec("INSERT INTO experiments (name) VALUES ('by another')");
        resolve([before, await own.names()]);
      });
    });
    expect(seen).toEqual([[], []]);
    await new Promise(setImmediate);
    expect(await own.names()).toEqual(['by another']);
  });

  test('see what this server has committed, whatever was read just before', async () => {
    await using own = await open();
    for (let count = 1; count <= 20; count++) {
      await own.store.write(async (tx) => {
        await tx.run(sql`INSERT INTO experiments (name) VALUES (${`e${count}`})`);
        expect(await own.names()).toHaveLength(count - 1);
      });
      expect(await own.names()).toHaveLength(count);
    }
  });

  test('need not look again for what others have written where nobody has', async () => {
    await using own = await open();
    using other = new DatabaseSync(own.path);
    expect(own.store.hasNews()).toBe(true);
    await own.add('ours');
    expect([await own.names(), own.store.hasNews()]).toEqual([['ours'], false]);
    other.exec("INSERT INTO experiments (name) VALUES ('theirs')");
    expect([own.store.hasNews(), own.store.hasNews()]).toEqual([true, false]);
  });

  test('go on after one that failed', async () => {
    await using own = await open();
    const outcomes = await Promise.allSettled([
      own.store.db.all(sql`SELECT * FROM nothing`),
      own.names(),
      own.add('a'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(await own.names()).toEqual(['a']);
  });
});

describe('group commit', () => {
  test('gives each caller its own outcome: one that fails takes nothing with it', async () => {
    await using own = await open();
    const outcomes = await Promise.allSettled([
      own.add('a'),
      own.add('b'),
      own.add('a'),
      own.store.write(async (tx) => {
        await tx.run(sql`INSERT INTO experiments (name) VALUES ('half')`);
        throw new Error('changed its mind');
      }),
      own.add('c'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(await own.names()).toEqual(['a', 'b', 'c']);
  });

  test('lets a transaction read its own writes, which no one else sees before it is committed', async () => {
    await using own = await open();
    const seen: number[] = [];
    await own.store.write(async (tx) => {
      await tx.run(sql`INSERT INTO experiments (name) VALUES ('mine')`);
      const count = sql<{ n: number }>`SELECT count(*) AS n FROM experiments`;
      seen.push((await tx.get(count))?.n ?? -1, (await own.store.db.get(count))?.n ?? -1);
    });
    expect(seen).toEqual([1, 0]);
  });

  test('keeps a thousand concurrent writes, and closes into one plain file', async () => {
    await using own = await open();
    await Promise.all(Array.from({ length: 1000 }, (_, index) => own.add(`e${index}`)));
    expect(await own.names()).toHaveLength(1000);
    await own.store.close();
    expect(existsSync(`${own.path}-wal`)).toBe(false);
    const file = new DatabaseSync(own.path, { readOnly: true });
    expect(file.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' });
    expect(file.prepare('SELECT count(*) AS n FROM experiments').get()).toEqual({ n: 1000 });
    file.close();
    Object.assign(own.store, { close: async () => undefined });
  });

  test('begins its log anew although someone is writing all the time', { timeout: 60_000 }, async () => {
    await using own = await open();
    await own.add('first');
    const log = openSync(`${own.path}-wal`, 'r');
    // How often the log has begun, at offset 12: https://sqlite.org/fileformat2.html#walformat
    const beginning = () => {
      const header = Buffer.alloc(16);
      readSync(log, header, 0, 16, 0);
      return header.readUInt32BE(12);
    };
    const first = beginning();
    const text = 'x'.repeat(256 * 1024);
    let written = 0;
    const writeOn = async () => {
      while (beginning() === first) await own.add(`${text}${written++}`);
    };
    await Promise.all([writeOn(), writeOn(), writeOn()]);
    // Beyond that SQLite itself would have copied it within a commit, and everyone would have stood still.
    expect(fstatSync(log).size).toBeLessThan(50_000 * 4096);
    closeSync(log);
  });

  test('waits for another process that holds the file, without standing still', async () => {
    await using own = await open();
    const other = new DatabaseSync(own.path);
    other.exec("BEGIN IMMEDIATE; INSERT INTO experiments (name) VALUES ('of another')");
    const written = own.add('patient');
    let turns = 0;
    while (turns < 20) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      turns++;
    }
    expect(await own.names()).toEqual([]);
    other.exec('COMMIT');
    other.close();
    await written;
    expect(await own.names()).toEqual(['of another', 'patient']);
  });

  test('says that the disk is full, keeps nothing of it, and goes on when there is room', async () => {
    await using own = await open();
    await own.add('before');
    // The database may not grow any further: what SQLite reports is what a full disk reports.
    const limit = (pages: number) =>
      own.store.write((tx) => tx.all(sql`PRAGMA max_page_count = ${raw(String(pages))}`));
    await limit(1);
    const big = own.store.write((tx) =>
      tx.run(
        sql`INSERT INTO experiment_tags (key, value, experiment_id) VALUES ('k', ${'x'.repeat(1_000_000)}, 1)`,
      ),
    );
    await expect(big).rejects.toMatchObject({ name: 'DatabaseUnavailable', reason: 'full' });
    await limit(1_000_000);
    await own.add('after');
    expect(await own.names()).toEqual(['after', 'before']);
  });
});

describe('a sync of the disk', () => {
  /** Group commit over a disk that takes as long to sync as the test says. */
  async function openSlow() {
    const folder = await mkdtemp(join(tmpdir(), 'bitacora-db-'));
    const path = join(folder, 'mlflow.db');
    openDatabaseFile(path);
    const connection = new SqliteConnection(path, { readOnly: false });
    const syncs: PromiseWithResolvers<void>[] = [];
    const commits = new GroupCommit(connection, {
      sync: () => {
        syncs.push(Promise.withResolvers<void>());
        return syncs.at(-1)!.promise;
      },
      onCommit: () => undefined,
    });
    const add = (name: string) =>
      commits.write((tx) => tx.run(sql`INSERT INTO experiments (name) VALUES (${name})`));
    const begun = async (count: number) => {
      while (syncs.length < count) await new Promise((resolve) => setImmediate(resolve));
    };
    return {
      add,
      begun,
      syncs,
      commits,
      names: () => connection.rows<{ name: string }>('SELECT name FROM experiments').map(({ name }) => name),
      async [Symbol.asyncDispose]() {
        connection.close();
        await rm(folder, { recursive: true });
      },
    };
  }

  test('comes before a write is acknowledged, and what arrives meanwhile shares the next one', async () => {
    await using own = await openSlow();
    const told: string[] = [];
    const add = (name: string) => own.add(name).then(() => told.push(name));
    const first = add('first');
    await own.begun(1);
    const second = add('second');
    await new Promise((resolve) => setTimeout(resolve, 30));
    const third = add('third');
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(told).toEqual([]);
    expect(own.syncs).toHaveLength(1);
    own.syncs[0]!.resolve();
    await first;
    await own.begun(2);
    expect(told).toEqual(['first']);
    own.syncs[1]!.resolve();
    await Promise.all([second, third]);
    await own.commits.settle();
    expect(own.syncs).toHaveLength(2);
    expect(own.names()).toEqual(['first', 'second', 'third']);
  });

  test('that fails leaves open what became of its writes, and nothing is written after it', async () => {
    await using own = await openSlow();
    const lost = own.add('lost');
    await own.begun(1);
    const next = own.add('next');
    own.syncs[0]!.reject(new Error('EIO: i/o error, fdatasync'));
    await expect(lost).rejects.toMatchObject({ reason: 'io', isUncertain: true });
    await expect(next).rejects.toMatchObject({ reason: 'io', isUncertain: false });
    await expect(own.add('later')).rejects.toMatchObject({ reason: 'io', isUncertain: false });
    await own.commits.settle();
    expect(own.names()).toEqual(['lost']);
  });
});

test('a database that may only be read refuses writes as such, and still answers', async () => {
  await using own = await open();
  await own.add('before');
  await own.store.write((tx) => tx.all(sql`PRAGMA query_only = ON`));
  await expect(own.add('after')).rejects.toMatchObject({ name: 'DatabaseUnavailable', reason: 'read-only' });
  expect(await own.names()).toEqual(['before']);
});

describe('values', () => {
  test('come back exact: integers beyond 2^53 as bigint, others as numbers', async () => {
    await using own = await open();
    await own.store.write((tx) =>
      tx.run(
        sql`INSERT INTO experiments (name, creation_time, last_update_time) VALUES ('big', ${9007199254740993n}, 5)`,
      ),
    );
    const row = await own.store.db.get(sql<object>`SELECT creation_time, last_update_time FROM experiments`);
    expect(row).toEqual({ creation_time: 9007199254740993n, last_update_time: 5 });
  });

  test('stay values, whatever they hold', async () => {
    await using own = await open();
    const hostile = "'; DROP TABLE experiments; --";
    await own.add(hostile);
    expect(await own.store.db.get(sql<object>`SELECT name FROM experiments WHERE name = ${hostile}`)).toEqual(
      { name: hostile },
    );
  });

  test('are compared with the case of their letters, as MLflow has it', async () => {
    await using own = await open();
    await own.add('Churn');
    expect(
      await own.store.db.get(sql<object>`SELECT 1 AS found FROM experiments WHERE name LIKE 'churn'`),
    ).toBeUndefined();
  });
});

describe('many rows at once', () => {
  const tags = {
    into: 'experiment_tags',
    columns: ['key', 'value', 'experiment_id'],
    onConflict: { key: ['key', 'experiment_id'], set: ['value'] },
  };
  const rows = (count: number, value: string) =>
    Array.from({ length: count }, (_, index) => [`k${index}`, value, 1]);

  test.each([0, 1, 4, 5, 6, 99, 100, 126, 1357])(
    '%i are all there, whatever they are cut into',
    async (count) => {
      await using own = await open();
      await own.add('a');
      expect(await own.store.write((tx) => tx.insert(tags, rows(count, 'old')))).toBe(count);
      // Of rows that share a key the last one counts, also within one statement.
      expect(
        await own.store.write((tx) => tx.insert(tags, [...rows(count, 'new'), ...rows(count, 'last')])),
      ).toBe(count * 2);
      const stored = await own.store.db.all(
        sql<{ key: string; value: string }>`SELECT key, value FROM experiment_tags ORDER BY rowid`,
      );
      expect(stored).toEqual(rows(count, 'last').map(([key, value]) => ({ key, value })));
    },
  );

  test('of which one is refused leave nothing behind', async () => {
    await using own = await open();
    await own.add('a');
    const { onConflict: _, ...plain } = tags;
    await expect(
      own.store.write((tx) => tx.insert(plain, [...rows(120, 'x'), ...rows(1, 'again')])),
    ).rejects.toThrow('UNIQUE');
    expect(await own.store.db.all(sql`SELECT key FROM experiment_tags`)).toEqual([]);
  });
});

test('two servers that start together on one new file make one schema', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bitacora-db-'));
  const path = join(folder, 'deep/er/mlflow.db');
  const { Worker } = await import('node:worker_threads');
  const code = `import { openDatabaseFile } from ${JSON.stringify(new URL('../schema/open.ts', import.meta.url).href)};
    import { parentPort, workerData } from 'node:worker_threads';
    parentPort.postMessage(openDatabaseFile(workerData).created);`;
  const starts = Array.from(
    { length: 4 },
    () =>
      new Promise((resolve, reject) =>
        new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData: path })
          .on('message', resolve)
          .on('error', reject),
      ),
  );
  expect((await Promise.all(starts)).filter(Boolean)).toHaveLength(1);
  expect(openDatabaseFile(path)).toEqual({ created: false, revision: 'dc11669786a5' });
  await rm(folder, { recursive: true });
});
