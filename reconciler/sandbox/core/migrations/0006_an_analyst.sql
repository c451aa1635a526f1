-- Somebody besides the administrator, who may do nothing yet.
INSERT INTO person VALUES
    ('00000000-0000-0000-0000-000000000001', 'Analyst', 'analyst@example.com');
