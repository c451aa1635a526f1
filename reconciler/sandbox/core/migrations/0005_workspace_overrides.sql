CREATE TABLE workspace_oauth_override (
    workspace_id  TEXT NOT NULL REFERENCES workspace (id),
    role          TEXT NOT NULL,
    name          TEXT NOT NULL,
    configuration TEXT NOT NULL,
    PRIMARY KEY (workspace_id, role, name)
);
