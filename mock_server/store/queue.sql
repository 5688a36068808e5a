-- The messages of SDKs, each with its ledger record, written before its answer.
CREATE TABLE messages (
    number INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    destinations TEXT NOT NULL,  -- the names of the destinations that get it, as JSON
    record BLOB NOT NULL
);
CREATE INDEX messages_of_tenant ON messages (tenant);

CREATE TABLE message_ids (
    number INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL,
    at REAL NOT NULL
);

-- How many records of each outcome were dropped because there were too many.
CREATE TABLE forgotten (
    tenant INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (tenant, outcome)
) WITHOUT ROWID;

-- The faults of each tenant, and the workspace as it was changed, under the tenant 0.
CREATE TABLE settings (
    name TEXT NOT NULL,
    tenant INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (name, tenant)
) WITHOUT ROWID;

INSERT INTO counters VALUES ('starts', 0), ('last_message', 0);
