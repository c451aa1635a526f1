-- When the active connections with a cron are due next. What stands here may be out of date: whoever
-- comes to start a sync looks whether the connection still has that schedule.
CREATE TABLE timetable (
    connection_id TEXT PRIMARY KEY REFERENCES connection (id),
    expression    TEXT NOT NULL,
    zone          TEXT NOT NULL,
    at            REAL NOT NULL  -- seconds since the epoch
) WITHOUT ROWID;
CREATE INDEX timetable_at ON timetable (at, connection_id);

-- A sandbox that starts puts them forward to what comes next.
INSERT INTO timetable
    SELECT id, json_extract(fields, '$.schedule.cronExpression'),
           coalesce(json_extract(fields, '$.schedule.zone'), 'UTC'), 0
    FROM connection
    WHERE status = 'active' AND json_extract(fields, '$.schedule.scheduleType') = 'cron';
