-- What revision f4a9b2c7d1e6 (MLflow 3.18) adds to dc11669786a5 (MLflow 3.17), for PostgreSQL.

-- Skills

CREATE TABLE skills (
  workspace character varying(63) DEFAULT 'default' NOT NULL,
  organization character varying(64) DEFAULT '' NOT NULL,
  name character varying(128) NOT NULL,
  description text,
  icons json,
  search_text text,
  created_by character varying(256),
  last_updated_by character varying(256),
  created_at bigint NOT NULL,
  last_updated_at bigint NOT NULL,
  CONSTRAINT skills_pk PRIMARY KEY (workspace, organization, name)
);

CREATE TABLE skill_versions (
  workspace character varying(63) DEFAULT 'default' NOT NULL,
  organization character varying(64) DEFAULT '' NOT NULL,
  name character varying(128) NOT NULL,
  version integer NOT NULL,
  source_type character varying(20),
  source character varying(2048),
  ref character varying(2048),
  subpath character varying(2048),
  digest character varying(64),
  status character varying(20) DEFAULT 'active' NOT NULL,
  created_by character varying(256),
  last_updated_by character varying(256),
  created_at bigint NOT NULL,
  last_updated_at bigint NOT NULL,
  CONSTRAINT skill_versions_pk PRIMARY KEY (workspace, organization, name, version),
  CONSTRAINT skill_versions_skill_fkey FOREIGN KEY (workspace, organization, name) REFERENCES skills (workspace, organization, name) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE INDEX ix_skill_versions_latest_lookup ON skill_versions (workspace, organization, name, status, version);

CREATE INDEX ix_skill_versions_digest ON skill_versions (workspace, organization, name, digest);

CREATE TABLE skill_tags (
  workspace character varying(63) DEFAULT 'default' NOT NULL,
  organization character varying(64) DEFAULT '' NOT NULL,
  name character varying(128) NOT NULL,
  key character varying(250) NOT NULL,
  value text,
  CONSTRAINT skill_tags_pk PRIMARY KEY (workspace, organization, name, key),
  CONSTRAINT skill_tags_skill_fkey FOREIGN KEY (workspace, organization, name) REFERENCES skills (workspace, organization, name) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE skill_version_tags (
  workspace character varying(63) DEFAULT 'default' NOT NULL,
  organization character varying(64) DEFAULT '' NOT NULL,
  name character varying(128) NOT NULL,
  version integer NOT NULL,
  key character varying(250) NOT NULL,
  value text,
  CONSTRAINT skill_version_tags_pk PRIMARY KEY (workspace, organization, name, version, key),
  CONSTRAINT skill_version_tags_version_fkey FOREIGN KEY (workspace, organization, name, version) REFERENCES skill_versions (workspace, organization, name, version) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE skill_aliases (
  workspace character varying(63) DEFAULT 'default' NOT NULL,
  organization character varying(64) DEFAULT '' NOT NULL,
  name character varying(128) NOT NULL,
  alias character varying(256) NOT NULL,
  version integer NOT NULL,
  CONSTRAINT skill_aliases_pk PRIMARY KEY (workspace, organization, name, alias),
  CONSTRAINT skill_aliases_skill_fkey FOREIGN KEY (workspace, organization, name) REFERENCES skills (workspace, organization, name) ON DELETE CASCADE ON UPDATE CASCADE
);

-- Issues

ALTER TABLE issues ADD COLUMN last_seen_timestamp bigint;

ALTER TABLE issues ADD COLUMN last_updated_by character varying(255);

ALTER TABLE issues ADD COLUMN metadata text;

CREATE INDEX index_issues_experiment_last_seen ON issues (experiment_id, last_seen_timestamp);

CREATE INDEX index_issues_experiment_updated ON issues (experiment_id, last_updated_timestamp);

CREATE TABLE issue_categories (
  issue_id character varying(36) NOT NULL,
  category_hash character varying(64) NOT NULL,
  category text NOT NULL,
  CONSTRAINT issue_categories_pk PRIMARY KEY (issue_id, category_hash),
  CONSTRAINT fk_issue_categories_issue_id FOREIGN KEY (issue_id) REFERENCES issues (issue_id) ON DELETE CASCADE
);

CREATE INDEX index_issue_categories_hash ON issue_categories (category_hash);
