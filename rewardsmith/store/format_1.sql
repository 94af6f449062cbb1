CREATE TABLE study (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE candidates (
    id TEXT PRIMARY KEY,
    position INTEGER NOT NULL UNIQUE,
    state TEXT NOT NULL,
    score REAL,
    record TEXT NOT NULL
);
CREATE TABLE calls (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    candidate TEXT NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX calls_by_request ON calls (json_extract(record, '$.request'));
CREATE TABLE finals (id TEXT PRIMARY KEY, record TEXT NOT NULL);
PRAGMA user_version = 1;
