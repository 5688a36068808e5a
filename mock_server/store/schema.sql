-- A tenant is what one API token's name stands for; 0 is nobody, for a missing or unknown token.
CREATE TABLE tenants (
    id INTEGER PRIMARY KEY,
    name TEXT UNIQUE,
    folded INTEGER NOT NULL DEFAULT 0,  -- the last entry that is in `people`
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

-- One row a request. Items and events are counted where the request was taken, else they are 0.
CREATE TABLE entries (
    number INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    at REAL NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,              -- cut where it is very long
    status INTEGER NOT NULL,
    items INTEGER NOT NULL,
    events INTEGER NOT NULL,
    events_before INTEGER NOT NULL,  -- events of the tenant since its last reset
    token TEXT,                      -- the last characters of the key
    encoding TEXT,
    problems TEXT,
    fault TEXT,
    body BLOB,
    answer TEXT,                     -- of a refusal or a fault; others follow from the path
    query TEXT NOT NULL DEFAULT '',
    headers TEXT NOT NULL DEFAULT '[]'  -- pairs, as they came, secrets masked
);
CREATE INDEX entries_of_tenant ON entries (tenant, number);

-- Profiles and accounts as merged so far, and the times at which events name somebody.
CREATE TABLE people (
    tenant INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    place INTEGER NOT NULL,  -- 1, 2, 3 … in order of first appearance
    entry INTEGER NOT NULL,  -- the last entry that changed it
    time,                    -- the earliest: integer, real or null
    item TEXT,
    PRIMARY KEY (tenant, kind, id)
) WITHOUT ROWID;
CREATE INDEX people_in_order ON people (tenant, kind, place);

-- How many of a kind there ever were since the last reset, the dropped ones too.
CREATE TABLE made (
    tenant INTEGER NOT NULL,
    kind TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind)
) WITHOUT ROWID;

CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('next_number', 1);  -- numbers go on after a reset
