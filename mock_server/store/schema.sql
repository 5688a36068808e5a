-- A tenant belongs to the name of an API token; 0 is for requests with a missing or unknown token.
CREATE TABLE tenants (
    id INTEGER PRIMARY KEY,
    name TEXT UNIQUE,
    folded INTEGER NOT NULL DEFAULT 0,  -- the last entry that was merged into `people`
    entries_dropped INTEGER NOT NULL DEFAULT 0,
    events_dropped INTEGER NOT NULL DEFAULT 0
);
INSERT INTO tenants (id, name) VALUES (0, NULL);

CREATE TABLE tokens (
    digest BLOB PRIMARY KEY,
    tenant INTEGER NOT NULL,
    ending TEXT NOT NULL,
    created REAL NOT NULL,
    expires REAL,
    revoked REAL
);

-- One row per request. Items and events are those of an accepted request, else 0.
CREATE TABLE entries (
    number INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    at REAL NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,              -- cut if it is very long
    status INTEGER NOT NULL,
    items INTEGER NOT NULL,
    events INTEGER NOT NULL,
    events_before INTEGER NOT NULL,  -- events of the tenant since its last reset
    token TEXT,                      -- the last characters of the key
    encoding TEXT,
    problems TEXT,
    fault TEXT,
    body BLOB,
    answer TEXT,                     -- only of refusals and faults; others follow from the path
    query TEXT NOT NULL DEFAULT '',
    headers TEXT NOT NULL DEFAULT '[]'  -- pairs in wire order, with secrets masked
);
CREATE INDEX entries_of_tenant ON entries (tenant, number);

-- Profiles and accounts as merged so far, and the earliest times at which events name them.
CREATE TABLE people (
    tenant INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    place INTEGER NOT NULL,  -- 1, 2, 3 … in order of first appearance since the last reset
    entry INTEGER NOT NULL,  -- the last entry that changed it
    time,                    -- the earliest: integer, real or null
    item TEXT,
    PRIMARY KEY (tenant, kind, id)
) WITHOUT ROWID;
CREATE INDEX people_in_order ON people (tenant, kind, place);

CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('next_number', 1);  -- numbers continue after a reset
