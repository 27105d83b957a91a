import type { Dialect } from '../sql.ts';

/** MySQL's TEXT ends at 64 kB, where a prompt may be longer. */
const LONG_TEXT: Readonly<Record<Dialect, string>> = {
  sqlite: 'TEXT',
  postgresql: 'TEXT',
  mysql: 'MEDIUMTEXT',
};

/** For text that comes from anywhere: MySQL's databases may have a character set that lacks some of it. */
const FOREIGN_TEXT: Readonly<Record<Dialect, string>> = {
  sqlite: 'TEXT',
  postgresql: 'TEXT',
  mysql: 'TEXT CHARACTER SET utf8mb4',
};

/** What a table calls itself: a UUID by the protocol, and any text by a broken writer. */
const FOREIGN_NAME: Readonly<Record<Dialect, string>> = {
  sqlite: 'VARCHAR(255)',
  postgresql: 'VARCHAR(255)',
  mysql: 'VARCHAR(255) CHARACTER SET utf8mb4',
};

/** As long as a column's text may be: a table has thousands of columns at most. */
const LONG_FOREIGN_TEXT: Readonly<Record<Dialect, string>> = {
  sqlite: 'TEXT',
  postgresql: 'TEXT',
  mysql: 'MEDIUMTEXT CHARACTER SET utf8mb4',
};

/**
 * Tables that MLflow does not have. It tolerates them; their names begin with `bitacora_`, and none is pointed at by a
 * foreign key, so that Alembic can rebuild its own tables around them.
 */
const TABLES = (dialect: Dialect): readonly (readonly [name: string, columns: string])[] => [
  ['bitacora_settings', `name VARCHAR(100) NOT NULL, value VARCHAR(1000) NOT NULL, PRIMARY KEY (name)`],
  [
    'bitacora_webhook_deliveries',
    // The body comes last: SQLite finds what stands after a long value only by walking over it.
    `delivery_id VARCHAR(36) NOT NULL,
    webhook_id VARCHAR(256) NOT NULL,
    entity VARCHAR(50) NOT NULL,
    action VARCHAR(50) NOT NULL,
    status VARCHAR(20) NOT NULL,
    attempts INTEGER NOT NULL,
    creation_timestamp BIGINT NOT NULL,
    last_attempt_timestamp BIGINT,
    next_attempt_timestamp BIGINT,
    claimed_by VARCHAR(36),
    claimed_until BIGINT,
    response_status INTEGER,
    response_excerpt ${FOREIGN_TEXT[dialect]},
    error_message ${FOREIGN_TEXT[dialect]},
    body ${LONG_TEXT[dialect]} NOT NULL,
    PRIMARY KEY (delivery_id)`,
  ],
  [
    'bitacora_delta_tables',
    `location_id VARCHAR(32) NOT NULL,
    location ${FOREIGN_TEXT[dialect]} NOT NULL,
    table_id ${FOREIGN_NAME[dialect]},
    latest_version BIGINT,
    latest_timestamp BIGINT,
    checked_timestamp BIGINT,
    next_check_timestamp BIGINT,
    error_message ${FOREIGN_TEXT[dialect]},
    PRIMARY KEY (location_id)`,
  ],
  [
    'bitacora_delta_snapshots',
    `snapshot_id VARCHAR(32) NOT NULL,
    location_id VARCHAR(32) NOT NULL,
    table_id ${FOREIGN_NAME[dialect]} NOT NULL,
    version BIGINT NOT NULL,
    commit_timestamp BIGINT,
    file_count BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    row_count BIGINT,
    file_list_digest VARCHAR(64) NOT NULL,
    table_schema ${LONG_FOREIGN_TEXT[dialect]} NOT NULL,
    column_statistics ${LONG_FOREIGN_TEXT[dialect]} NOT NULL,
    PRIMARY KEY (snapshot_id)`,
  ],
  [
    'bitacora_delta_inputs',
    `delta_input_id VARCHAR(32) NOT NULL,
    run_id VARCHAR(32) NOT NULL,
    dataset_name VARCHAR(500) NOT NULL,
    dataset_digest VARCHAR(36) NOT NULL,
    location_id VARCHAR(32) NOT NULL,
    named_version BIGINT,
    version BIGINT,
    logged_timestamp BIGINT NOT NULL,
    status VARCHAR(20) NOT NULL,
    attempts INTEGER NOT NULL,
    next_attempt_timestamp BIGINT,
    claimed_by VARCHAR(36),
    claimed_until BIGINT,
    table_id ${FOREIGN_NAME[dialect]},
    snapshot_id VARCHAR(32),
    source ${FOREIGN_TEXT[dialect]} NOT NULL,
    error_message ${FOREIGN_TEXT[dialect]},
    PRIMARY KEY (delta_input_id)`,
  ],
];

export const OWN_INDEXES = [
  {
    name: 'bitacora_webhook_deliveries_due',
    on: 'bitacora_webhook_deliveries (status, next_attempt_timestamp)',
  },
  {
    name: 'bitacora_webhook_deliveries_by_webhook',
    on: 'bitacora_webhook_deliveries (webhook_id, creation_timestamp)',
  },
  // What is old goes away.
  {
    name: 'bitacora_webhook_deliveries_by_age',
    on: 'bitacora_webhook_deliveries (creation_timestamp)',
  },
  { name: 'bitacora_delta_inputs_by_run', on: 'bitacora_delta_inputs (run_id)' },
  { name: 'bitacora_delta_inputs_by_table', on: 'bitacora_delta_inputs (location_id, version)' },
  { name: 'bitacora_delta_inputs_by_version', on: 'bitacora_delta_inputs (version, run_id)' },
  { name: 'bitacora_delta_inputs_due', on: 'bitacora_delta_inputs (status, next_attempt_timestamp)' },
  { name: 'bitacora_delta_inputs_by_snapshot', on: 'bitacora_delta_inputs (snapshot_id)' },
  { name: 'bitacora_delta_tables_due', on: 'bitacora_delta_tables (next_check_timestamp)' },
] as const;

/** Statements that make what is missing of our own tables. */
export const ownTableStatements = (dialect: Dialect): readonly string[] =>
  TABLES(dialect).map(([name, columns]) => `CREATE TABLE IF NOT EXISTS ${name} (${columns})`);
