-- What revision f4a9b2c7d1e6 (MLflow 3.18) adds to dc11669786a5 (MLflow 3.17), for MySQL and MariaDB.

-- Skills

CREATE TABLE skills (
  workspace varchar(63) DEFAULT 'default' NOT NULL,
  organization varchar(64) DEFAULT '' NOT NULL,
  name varchar(128) NOT NULL,
  description text,
  icons json,
  search_text text,
  created_by varchar(256),
  last_updated_by varchar(256),
  created_at bigint(20) NOT NULL,
  last_updated_at bigint(20) NOT NULL,
  CONSTRAINT skills_pk PRIMARY KEY (workspace, organization, name)
);

CREATE TABLE skill_versions (
  workspace varchar(63) DEFAULT 'default' NOT NULL,
  organization varchar(64) DEFAULT '' NOT NULL,
  name varchar(128) NOT NULL,
  version int(11) NOT NULL,
  source_type varchar(20),
  source varchar(2048),
  ref varchar(2048),
  subpath varchar(2048),
  digest varchar(64),
  status varchar(20) DEFAULT 'active' NOT NULL,
  created_by varchar(256),
  last_updated_by varchar(256),
  created_at bigint(20) NOT NULL,
  last_updated_at bigint(20) NOT NULL,
  CONSTRAINT skill_versions_pk PRIMARY KEY (workspace, organization, name, version),
  CONSTRAINT skill_versions_skill_fkey FOREIGN KEY (workspace, organization, name) REFERENCES skills (workspace, organization, name) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE INDEX ix_skill_versions_latest_lookup ON skill_versions (workspace, organization, name, status, version);

CREATE INDEX ix_skill_versions_digest ON skill_versions (workspace, organization, name, digest);

CREATE TABLE skill_tags (
  workspace varchar(63) DEFAULT 'default' NOT NULL,
  organization varchar(64) DEFAULT '' NOT NULL,
  name varchar(128) NOT NULL,
  `key` varchar(250) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  value mediumtext,
  CONSTRAINT skill_tags_pk PRIMARY KEY (workspace, organization, name, `key`),
  CONSTRAINT skill_tags_skill_fkey FOREIGN KEY (workspace, organization, name) REFERENCES skills (workspace, organization, name) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE skill_version_tags (
  workspace varchar(63) DEFAULT 'default' NOT NULL,
  organization varchar(64) DEFAULT '' NOT NULL,
  name varchar(128) NOT NULL,
  version int(11) NOT NULL,
  `key` varchar(250) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  value mediumtext,
  CONSTRAINT skill_version_tags_pk PRIMARY KEY (workspace, organization, name, version, `key`),
  CONSTRAINT skill_version_tags_version_fkey FOREIGN KEY (workspace, organization, name, version) REFERENCES skill_versions (workspace, organization, name, version) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE skill_aliases (
  workspace varchar(63) DEFAULT 'default' NOT NULL,
  organization varchar(64) DEFAULT '' NOT NULL,
  name varchar(128) NOT NULL,
  alias varchar(256) NOT NULL,
  version int(11) NOT NULL,
  CONSTRAINT skill_aliases_pk PRIMARY KEY (workspace, organization, name, alias),
  CONSTRAINT skill_aliases_skill_fkey FOREIGN KEY (workspace, organization, name) REFERENCES skills (workspace, organization, name) ON DELETE CASCADE ON UPDATE CASCADE
);

-- Issues

ALTER TABLE issues ADD COLUMN last_seen_timestamp bigint(20);

ALTER TABLE issues ADD COLUMN last_updated_by varchar(255);

ALTER TABLE issues ADD COLUMN metadata longtext;

CREATE INDEX index_issues_experiment_last_seen ON issues (experiment_id, last_seen_timestamp);

CREATE INDEX index_issues_experiment_updated ON issues (experiment_id, last_updated_timestamp);

CREATE TABLE issue_categories (
  issue_id varchar(36) NOT NULL,
  category_hash varchar(64) NOT NULL,
  category text NOT NULL,
  CONSTRAINT issue_categories_pk PRIMARY KEY (issue_id, category_hash),
  CONSTRAINT fk_issue_categories_issue_id FOREIGN KEY (issue_id) REFERENCES issues (issue_id) ON DELETE CASCADE
);

CREATE INDEX index_issue_categories_hash ON issue_categories (category_hash);

-- Versions of MCP servers are told apart by upper and lower case. Columns that a foreign key joins must agree, so the keys
-- are taken off for the change.

ALTER TABLE mcp_server_version_tags DROP FOREIGN KEY mcp_server_version_tags_version_fkey;

ALTER TABLE mcp_server_versions MODIFY version varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;

ALTER TABLE mcp_server_version_tags MODIFY version varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;

ALTER TABLE mcp_server_aliases MODIFY version varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;

ALTER TABLE mcp_access_endpoints MODIFY server_version varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL;

ALTER TABLE mcp_server_version_tags ADD CONSTRAINT mcp_server_version_tags_version_fkey FOREIGN KEY (workspace, name, version) REFERENCES mcp_server_versions (workspace, name, version) ON DELETE CASCADE ON UPDATE CASCADE;
