-- What a source showed before it changed, for the connections that have not followed it yet.
CREATE TABLE schema_before (
    connection_id TEXT PRIMARY KEY REFERENCES connection (id),
    streams       TEXT NOT NULL
) WITHOUT ROWID;

-- Failed jobs whose consequences are still to come.
CREATE INDEX job_failed ON job (ended_at) WHERE is_settled = 0 AND outcome = 'failed';
