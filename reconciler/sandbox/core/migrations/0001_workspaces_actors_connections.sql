-- The whole state of a sandbox. Ids are UUIDs as text; documents are JSON.
-- `position` stands for a row's place in the heap of a table without ORDER BY: an update moves it.

CREATE TABLE workspace (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    notifications TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    tombstone     INTEGER NOT NULL DEFAULT 0,
    position      INTEGER NOT NULL
);
CREATE INDEX workspace_position ON workspace (tombstone, position);

-- Sources and destinations. A deleted one keeps its row and loses its configuration.
CREATE TABLE actor (
    id                  TEXT PRIMARY KEY,
    role                TEXT NOT NULL CHECK (role IN ('source', 'destination')),
    workspace_id        TEXT NOT NULL REFERENCES workspace (id),
    definition_id       TEXT NOT NULL,
    name                TEXT NOT NULL,
    configuration       TEXT,
    resource_allocation TEXT,
    created_at          INTEGER NOT NULL,
    tombstone           INTEGER NOT NULL DEFAULT 0,
    position            INTEGER NOT NULL
);
CREATE INDEX actor_workspace ON actor (role, workspace_id, tombstone, position);
CREATE INDEX actor_position ON actor (role, tombstone, position);

CREATE TABLE connection (
    id             TEXT PRIMARY KEY,
    workspace_id   TEXT NOT NULL REFERENCES workspace (id),
    source_id      TEXT NOT NULL REFERENCES actor (id),
    destination_id TEXT NOT NULL REFERENCES actor (id),
    name           TEXT NOT NULL,
    status         TEXT NOT NULL,
    fields         TEXT NOT NULL,  -- schedule, namespace, prefix, behaviour, streams
    created_at     INTEGER NOT NULL,
    position       INTEGER NOT NULL
);
CREATE INDEX connection_workspace ON connection (workspace_id, position);
CREATE INDEX connection_source ON connection (source_id);
CREATE INDEX connection_destination ON connection (destination_id);

-- Raw secret values by coordinate; a rewrite is a new coordinate.
CREATE TABLE secret (
    coordinate TEXT PRIMARY KEY,
    value      TEXT NOT NULL
);

-- One row: the next place in the heap.
CREATE TABLE heap (next INTEGER NOT NULL);
INSERT INTO heap VALUES (1);
