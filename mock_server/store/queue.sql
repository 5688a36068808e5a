-- What SDKs sent, each message with its ledger record, written before its answer.
CREATE TABLE messages (
    number INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    destinations TEXT NOT NULL,  -- the names of those that are to see it, as JSON
    record BLOB NOT NULL
);
CREATE INDEX messages_of_tenant ON messages (tenant);

-- Requests that were sent, or were about to be, since the record was last written.
CREATE TABLE attempts (
    number INTEGER NOT NULL,
    destination BLOB NOT NULL,
    place INTEGER NOT NULL,      -- which of the destination's parts
    start INTEGER NOT NULL,      -- which start of the server made the attempt
    is_answered INTEGER NOT NULL DEFAULT 0,
    part BLOB NOT NULL,          -- as it was before the attempt, or after its answer
    PRIMARY KEY (number, destination, place)
) WITHOUT ROWID;

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

-- The faults of a tenant, and the workspace that was set up, of nobody.
CREATE TABLE settings (
    name TEXT NOT NULL,
    tenant INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (name, tenant)
) WITHOUT ROWID;

INSERT INTO counters VALUES ('starts', 0), ('last_message', 0);
