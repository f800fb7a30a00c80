-- A conversation is the unit of scheduling: one row says who owns it, who works on
-- it, whether it has work, and which numbers come next.
CREATE TABLE conversations (
  id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL,
  channel TEXT NOT NULL,
  metadata TEXT NOT NULL,
  owner TEXT NOT NULL DEFAULT 'ai' CHECK (owner IN ('ai', 'human')),
  owner_epoch INTEGER NOT NULL DEFAULT 0,
  lease_epoch INTEGER NOT NULL DEFAULT 0,
  lease_owner TEXT,
  lease_until_ms INTEGER NOT NULL DEFAULT 0,
  ready_at_ms INTEGER,
  hidden_until_ms INTEGER NOT NULL DEFAULT 0,
  last_seq INTEGER NOT NULL DEFAULT 0,
  last_event INTEGER NOT NULL DEFAULT 0,
  created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX conversations_ready ON conversations (ready_at_ms)
  WHERE ready_at_ms IS NOT NULL;

CREATE INDEX conversations_leased ON conversations (lease_owner)
  WHERE lease_owner IS NOT NULL;

CREATE TABLE messages (
  conversation_id TEXT NOT NULL REFERENCES conversations (id),
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('customer', 'agent', 'human')),
  text TEXT NOT NULL,
  turn_id TEXT,
  level INTEGER CHECK (level BETWEEN 0 AND 4),
  model TEXT,
  created_at_ms INTEGER NOT NULL,
  PRIMARY KEY (conversation_id, seq)
) STRICT, WITHOUT ROWID;

-- One customer turn: strikes count attempts that did not end in an orderly way.
CREATE TABLE turns (
  id TEXT PRIMARY KEY,
  conversation_id TEXT NOT NULL REFERENCES conversations (id),
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('pending', 'running', 'waiting_approval', 'answered', 'handed_off', 'dead')),
  attempt INTEGER NOT NULL DEFAULT 0,
  strikes INTEGER NOT NULL DEFAULT 0,
  accepted_at_ms INTEGER NOT NULL,
  answer_by_ms INTEGER NOT NULL,
  claimed_at_ms INTEGER,
  held_at_ms INTEGER,
  answered_at_ms INTEGER,
  reply_seq INTEGER,
  approval_id TEXT,
  usage TEXT,
  cost_usd REAL NOT NULL DEFAULT 0,
  timings TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX turns_open ON turns (conversation_id, first_seq, id)
  WHERE state IN ('pending', 'running');

CREATE INDEX turns_overdue ON turns (answer_by_ms)
  WHERE state IN ('pending', 'running') AND held_at_ms IS NULL;

CREATE INDEX turns_dead ON turns (answer_by_ms) WHERE state = 'dead';

CREATE TABLE steps (
  turn_id TEXT NOT NULL REFERENCES turns (id),
  n INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('model', 'intent', 'result')),
  attempt INTEGER NOT NULL,
  body TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (turn_id, n)
) STRICT, WITHOUT ROWID;

-- The effect ledger: one row a call that changes the world.
CREATE TABLE effects (
  key TEXT PRIMARY KEY,
  conversation_id TEXT NOT NULL,
  turn_id TEXT NOT NULL REFERENCES turns (id),
  tool TEXT NOT NULL,
  args TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('intended', 'committed', 'failed', 'unknown')),
  result TEXT,
  statement TEXT NOT NULL DEFAULT '',
  unique_key TEXT,
  at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX effects_of_conversation ON effects (conversation_id);

CREATE INDEX effects_of_turn ON effects (turn_id);

CREATE INDEX effects_intended ON effects (turn_id) WHERE state = 'intended';

CREATE UNIQUE INDEX effects_unique ON effects (unique_key)
  WHERE unique_key IS NOT NULL AND state <> 'failed';

-- Durable events; an event of kind message carries its seq and no copy of the text.
CREATE TABLE events (
  conversation_id TEXT NOT NULL REFERENCES conversations (id),
  id INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('message', 'turn', 'owner')),
  seq INTEGER,
  data TEXT,
  PRIMARY KEY (conversation_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
  conversation_id TEXT NOT NULL,
  key TEXT NOT NULL,
  digest TEXT NOT NULL,
  message_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  turn_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (conversation_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_age ON idempotency (at_ms);

-- A hash chain: hash = SHA-256 (hash of n - 1, then this row's canonical JSON).
CREATE TABLE audit (
  n INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT;

CREATE TABLE escalations (
  id TEXT PRIMARY KEY,
  conversation_id TEXT NOT NULL,
  turn_id TEXT,
  cause TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  resolved_at_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX escalations_open ON escalations (conversation_id)
  WHERE resolved_at_ms IS NULL;

CREATE TABLE approvals (
  id TEXT PRIMARY KEY,
  conversation_id TEXT NOT NULL,
  turn_id TEXT NOT NULL,
  tool TEXT NOT NULL,
  args TEXT NOT NULL,
  key TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'denied')),
  created_at_ms INTEGER NOT NULL,
  decided_at_ms INTEGER,
  decided_by TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX approvals_waiting ON approvals (created_at_ms) WHERE state = 'waiting';

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('client', 'operator', 'admin')),
  name TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  revoked_at_ms INTEGER
) STRICT;

CREATE TABLE processes (
  owner TEXT PRIMARY KEY,
  lock_path TEXT NOT NULL,
  role TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Earlier answers to first messages: who asked is kept as a hash, three at most.
CREATE TABLE answers (
  id INTEGER PRIMARY KEY,
  scope TEXT NOT NULL,
  question TEXT NOT NULL,
  answer TEXT NOT NULL,
  askers TEXT NOT NULL,
  reviewed INTEGER NOT NULL DEFAULT 0,
  at_ms INTEGER NOT NULL,
  UNIQUE (scope, question)
) STRICT;

CREATE VIRTUAL TABLE answers_text USING fts5 (
  question, content = 'answers', content_rowid = 'id', tokenize = 'porter unicode61'
);

CREATE TABLE articles (
  id INTEGER PRIMARY KEY,
  scope TEXT NOT NULL,
  source TEXT NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  digest TEXT NOT NULL,
  UNIQUE (scope, source)
) STRICT;

CREATE VIRTUAL TABLE articles_text USING fts5 (
  title, body, content = 'articles', content_rowid = 'id', tokenize = 'porter unicode61'
);
