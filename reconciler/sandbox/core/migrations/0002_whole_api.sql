-- Definitions, tags, jobs, states, discovery, people; and what lists need to page quickly.

-- Set on what a deleted workspace left behind: live rows that no list without ids shows.
ALTER TABLE actor ADD COLUMN orphan INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connection ADD COLUMN orphan INTEGER NOT NULL DEFAULT 0;
UPDATE actor SET orphan = 1
    WHERE workspace_id IN (SELECT id FROM workspace WHERE tombstone = 1);
UPDATE connection SET orphan = 1
    WHERE workspace_id IN (SELECT id FROM workspace WHERE tombstone = 1);
DROP INDEX actor_position;
CREATE INDEX actor_page ON actor (role, orphan, tombstone, position);
CREATE INDEX actor_page_deleted ON actor (role, orphan, position);
CREATE INDEX actor_definition ON actor (definition_id);
CREATE INDEX connection_page ON connection (orphan, position, status);
CREATE INDEX workspace_page_deleted ON workspace (position);

ALTER TABLE workspace ADD COLUMN region_id TEXT;
ALTER TABLE connection ADD COLUMN status_reason TEXT;

CREATE TABLE organization (
    id    TEXT PRIMARY KEY,
    name  TEXT NOT NULL,
    email TEXT NOT NULL
);
INSERT INTO organization VALUES
    ('00000000-0000-0000-0000-000000000000', 'Default Organization', 'admin@example.com');

CREATE TABLE person (
    id    TEXT PRIMARY KEY,
    name  TEXT NOT NULL,
    email TEXT NOT NULL
);
INSERT INTO person VALUES
    ('00000000-0000-0000-0000-000000000000', 'Admin', 'admin@example.com');

CREATE TABLE permission (
    id              TEXT PRIMARY KEY,
    type            TEXT NOT NULL,
    person_id       TEXT NOT NULL REFERENCES person (id),
    workspace_id    TEXT,
    organization_id TEXT,
    position        INTEGER NOT NULL,
    CHECK ((workspace_id IS NULL) <> (organization_id IS NULL))
);
CREATE UNIQUE INDEX permission_workspace ON permission (person_id, workspace_id);
CREATE UNIQUE INDEX permission_organization ON permission (person_id, organization_id);
INSERT INTO permission VALUES (
    '00000000-0000-0000-0000-0000000000aa', 'organization_admin',
    '00000000-0000-0000-0000-000000000000', NULL, '00000000-0000-0000-0000-000000000000', 0
);

CREATE TABLE region (
    id              TEXT PRIMARY KEY,
    name            TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    enabled         INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    tombstone       INTEGER NOT NULL DEFAULT 0,
    position        INTEGER NOT NULL
);
CREATE UNIQUE INDEX region_name ON region (organization_id, name) WHERE tombstone = 0;
INSERT INTO region VALUES (
    '00000000-0000-0000-0000-0000000000bb', 'auto',
    '00000000-0000-0000-0000-000000000000', 1, 0, 0, 0, 0
);

-- Custom connectors: docker ones belong to a workspace, declarative ones to its organization.
CREATE TABLE definition (
    id           TEXT PRIMARY KEY,
    role         TEXT NOT NULL CHECK (role IN ('source', 'destination')),
    form         TEXT NOT NULL CHECK (form IN ('docker', 'declarative')),
    workspace_id TEXT NOT NULL REFERENCES workspace (id),
    name         TEXT NOT NULL,
    version      INTEGER NOT NULL,
    document     TEXT NOT NULL,  -- repository, tag and address; or the manifest
    tombstone    INTEGER NOT NULL DEFAULT 0,
    position     INTEGER NOT NULL
);
CREATE INDEX definition_workspace ON definition (role, form, workspace_id, tombstone, position);

CREATE TABLE tag (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspace (id),
    name         TEXT NOT NULL,
    color        TEXT NOT NULL,
    position     INTEGER NOT NULL
);
CREATE UNIQUE INDEX tag_name ON tag (workspace_id, name);

CREATE TABLE connection_tag (
    connection_id TEXT NOT NULL REFERENCES connection (id),
    tag_id        TEXT NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
    PRIMARY KEY (connection_id, tag_id)
) WITHOUT ROWID;
CREATE INDEX connection_tag_tag ON connection_tag (tag_id);

-- A job's course is fixed when it is made; its status follows from the clock. Times in seconds.
CREATE TABLE job (
    id            INTEGER PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connection (id),
    workspace_id  TEXT NOT NULL,
    type          TEXT NOT NULL,
    created_at    REAL NOT NULL,
    started_at    REAL NOT NULL,
    ended_at      REAL NOT NULL,
    outcome       TEXT NOT NULL,
    streams       TEXT NOT NULL,  -- the catalogue that it works on, whatever is patched meanwhile
    rows_synced   INTEGER,
    bytes_synced  INTEGER,
    is_settled    INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX job_connection ON job (connection_id, created_at);
CREATE INDEX job_created ON job (created_at);
CREATE INDEX job_unsettled ON job (connection_id) WHERE is_settled = 0;

-- How far a stream has been read.
CREATE TABLE state (
    connection_id TEXT NOT NULL REFERENCES connection (id),
    namespace     TEXT NOT NULL,
    stream        TEXT NOT NULL,
    job_id        INTEGER NOT NULL,
    PRIMARY KEY (connection_id, namespace, stream)
) WITHOUT ROWID;

-- What a source would show to a discovery, where it is not what its connector shows by itself.
CREATE TABLE source_schema (
    source_id TEXT PRIMARY KEY REFERENCES actor (id),
    streams   TEXT NOT NULL
);

-- Discovered catalogues, and which source has which under which configuration.
CREATE TABLE catalogue (
    digest  TEXT PRIMARY KEY,
    streams TEXT NOT NULL
);
CREATE TABLE discovery (
    source_id     TEXT NOT NULL REFERENCES actor (id),
    image_tag     TEXT NOT NULL,
    configuration TEXT NOT NULL,  -- a digest of it
    catalogue     TEXT NOT NULL REFERENCES catalogue (digest),
    PRIMARY KEY (source_id, image_tag, configuration)
) WITHOUT ROWID;

CREATE TABLE oauth_override (
    organization_id TEXT NOT NULL REFERENCES organization (id),
    role            TEXT NOT NULL,
    name            TEXT NOT NULL,
    configuration   TEXT NOT NULL,
    PRIMARY KEY (organization_id, role, name)
) WITHOUT ROWID;
