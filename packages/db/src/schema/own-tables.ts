import type { Dialect } from '../sql.ts';

/** MySQL's TEXT ends at 64 kB, where a prompt may be longer. */
const LONG_TEXT: Readonly<Record<Dialect, string>> = {
  sqlite: 'TEXT',
  postgresql: 'TEXT',
  mysql: 'MEDIUMTEXT',
};

/**
 * Tables that MLflow does not have. It tolerates them; their names begin with `bitacora_`, and none is pointed at by a
 * foreign key, so that Alembic can rebuild its own tables around them.
 */
const TABLES = (dialect: Dialect): readonly (readonly [name: string, columns: string])[] => [
  ['bitacora_settings', `name VARCHAR(100) NOT NULL, value VARCHAR(1000) NOT NULL, PRIMARY KEY (name)`],
  [
    'bitacora_webhook_deliveries',
    `delivery_id VARCHAR(36) NOT NULL,
    webhook_id VARCHAR(256) NOT NULL,
    entity VARCHAR(50) NOT NULL,
    action VARCHAR(50) NOT NULL,
    body ${LONG_TEXT[dialect]} NOT NULL,
    status VARCHAR(20) NOT NULL,
    attempts INTEGER NOT NULL,
    creation_timestamp BIGINT NOT NULL,
    last_attempt_timestamp BIGINT,
    next_attempt_timestamp BIGINT,
    claimed_until BIGINT,
    response_status INTEGER,
    response_excerpt ${LONG_TEXT[dialect]},
    error_message ${LONG_TEXT[dialect]},
    PRIMARY KEY (delivery_id)`,
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
] as const;

/** Statements that make what is missing of our own tables. */
export const ownTableStatements = (dialect: Dialect): readonly string[] =>
  TABLES(dialect).map(([name, columns]) => `CREATE TABLE IF NOT EXISTS ${name} (${columns})`);
