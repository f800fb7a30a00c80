-- References are kept by the functions, which lock the conversation before they write:
-- a foreign key would look it up once more for each row.

-- A conversation is the unit of scheduling: one row says who owns it, who works on
-- it, whether it has work, and which numbers come next.
CREATE TABLE conversations (
  id text COLLATE "C" PRIMARY KEY,
  customer_id text COLLATE "C" NOT NULL,
  channel text NOT NULL,
  metadata text NOT NULL,
  owner text NOT NULL DEFAULT 'ai' CHECK (owner IN ('ai', 'human')),
  owner_epoch bigint NOT NULL DEFAULT 0,
  lease_epoch bigint NOT NULL DEFAULT 0,
  lease_owner text COLLATE "C",
  lease_until_ms bigint NOT NULL DEFAULT 0,
  ready_at_ms bigint,
  hidden_until_ms bigint NOT NULL DEFAULT 0,
  last_seq integer NOT NULL DEFAULT 0,
  last_event bigint NOT NULL DEFAULT 0,
  created_at_ms bigint NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX conversations_ready ON conversations (ready_at_ms)
  WHERE ready_at_ms IS NOT NULL;

CREATE INDEX conversations_leased ON conversations (lease_owner)
  WHERE lease_owner IS NOT NULL;

CREATE TABLE messages (
  conversation_id text COLLATE "C" NOT NULL,
  seq integer NOT NULL,
  id text COLLATE "C" NOT NULL,
  role text NOT NULL CHECK (role IN ('customer', 'agent', 'human')),
  text text NOT NULL,
  turn_id text COLLATE "C",
  level integer CHECK (level BETWEEN 0 AND 4),
  model text,
  created_at_ms bigint NOT NULL,
  PRIMARY KEY (conversation_id, seq)
);

-- One customer turn: strikes count attempts that did not end in an orderly way.
CREATE TABLE turns (
  id text COLLATE "C" PRIMARY KEY,
  conversation_id text COLLATE "C" NOT NULL,
  first_seq integer NOT NULL,
  last_seq integer NOT NULL,
  state text NOT NULL CHECK (state IN
    ('pending', 'running', 'waiting_approval', 'answered', 'handed_off', 'dead')),
  attempt integer NOT NULL DEFAULT 0,
  strikes integer NOT NULL DEFAULT 0,
  accepted_at_ms bigint NOT NULL,
  answer_by_ms bigint NOT NULL,
  claimed_at_ms bigint,
  held_at_ms bigint,
  answered_at_ms bigint,
  reply_seq integer,
  approval_id text COLLATE "C",
  usage text,
  cost_usd double precision NOT NULL DEFAULT 0,
  timings text
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX turns_open ON turns (conversation_id, first_seq, id)
  WHERE state IN ('pending', 'running');

CREATE INDEX turns_overdue ON turns (answer_by_ms)
  WHERE state IN ('pending', 'running') AND held_at_ms IS NULL;

CREATE INDEX turns_dead ON turns (answer_by_ms) WHERE state = 'dead';

CREATE TABLE steps (
  turn_id text COLLATE "C" NOT NULL,
  n bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('model', 'intent', 'result')),
  attempt integer NOT NULL,
  body text NOT NULL,
  at_ms bigint NOT NULL,
  PRIMARY KEY (turn_id, n)
);

-- The effect ledger: one row a call that changes the world.
CREATE TABLE effects (
  key text COLLATE "C" PRIMARY KEY,
  conversation_id text COLLATE "C" NOT NULL,
  turn_id text COLLATE "C" NOT NULL,
  tool text NOT NULL,
  args text NOT NULL,
  state text NOT NULL CHECK (state IN ('intended', 'committed', 'failed', 'unknown')),
  result text,
  statement text NOT NULL DEFAULT '',
  unique_key text COLLATE "C",
  at_ms bigint NOT NULL,
  n bigint GENERATED ALWAYS AS IDENTITY
);

CREATE INDEX effects_of_conversation ON effects (conversation_id, n);

CREATE INDEX effects_of_turn ON effects (turn_id);

CREATE INDEX effects_intended ON effects (turn_id) WHERE state = 'intended';

CREATE UNIQUE INDEX effects_unique ON effects (unique_key)
  WHERE unique_key IS NOT NULL AND state <> 'failed';

-- Durable events; an event of kind message carries its seq and no copy of the text.
CREATE TABLE events (
  conversation_id text COLLATE "C" NOT NULL,
  id bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('message', 'turn', 'owner')),
  seq integer,
  data text,
  PRIMARY KEY (conversation_id, id)
);

CREATE TABLE idempotency (
  conversation_id text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  digest text NOT NULL,
  message_id text COLLATE "C" NOT NULL,
  seq integer NOT NULL,
  turn_id text COLLATE "C" NOT NULL,
  at_ms bigint NOT NULL,
  PRIMARY KEY (conversation_id, key)
);

CREATE INDEX idempotency_age ON idempotency (at_ms);

-- Hash chains, one a writing connection, so that writers do not wait for each other:
-- hash = SHA-256 (hash of n - 1, then this row as a JSON array).
CREATE TABLE audit (
  chain text COLLATE "C" NOT NULL,
  n bigint NOT NULL,
  at_ms bigint NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  detail text NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (chain, n)
);

CREATE TABLE escalations (
  id text COLLATE "C" PRIMARY KEY,
  conversation_id text COLLATE "C" NOT NULL,
  turn_id text COLLATE "C",
  cause text NOT NULL,
  created_at_ms bigint NOT NULL,
  resolved_at_ms bigint
);

CREATE INDEX escalations_open ON escalations (conversation_id)
  WHERE resolved_at_ms IS NULL;

CREATE INDEX escalations_inbox ON escalations (created_at_ms, id)
  WHERE resolved_at_ms IS NULL;

CREATE TABLE approvals (
  id text COLLATE "C" PRIMARY KEY,
  conversation_id text COLLATE "C" NOT NULL,
  turn_id text COLLATE "C" NOT NULL,
  tool text NOT NULL,
  args text NOT NULL,
  key text COLLATE "C" NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'approved', 'denied')),
  created_at_ms bigint NOT NULL,
  decided_at_ms bigint,
  decided_by text
);

CREATE INDEX approvals_waiting ON approvals (created_at_ms, id) WHERE state = 'waiting';

CREATE INDEX approvals_of_turn ON approvals (turn_id) WHERE state = 'waiting';

CREATE TABLE api_keys (
  id text COLLATE "C" PRIMARY KEY,
  digest bytea NOT NULL UNIQUE,
  role text NOT NULL CHECK (role IN ('client', 'operator', 'admin')),
  name text NOT NULL,
  created_at_ms bigint NOT NULL,
  revoked_at_ms bigint
);

-- Each process holds an advisory lock under its number for as long as it lives.
CREATE TABLE processes (
  owner text COLLATE "C" PRIMARY KEY,
  lock text NOT NULL,
  role text NOT NULL,
  started_at_ms bigint NOT NULL
);

-- Earlier answers to first messages: who asked is kept as a hash, three at most.
CREATE TABLE answers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  scope text NOT NULL,
  question text NOT NULL,
  answer text NOT NULL,
  askers text[] NOT NULL,
  reviewed boolean NOT NULL DEFAULT false,
  at_ms bigint NOT NULL,
  words tsvector GENERATED ALWAYS AS (to_tsvector('english', question)) STORED,
  UNIQUE (scope, question)
);

CREATE INDEX answers_words ON answers USING gin (words);

CREATE TABLE articles (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  scope text NOT NULL,
  source text NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  digest text NOT NULL,
  words tsvector GENERATED ALWAYS AS
    (setweight(to_tsvector('english', title), 'A') || to_tsvector('english', body))
    STORED,
  UNIQUE (scope, source)
);

CREATE INDEX articles_words ON articles USING gin (words);

-- The store's clock, Unix time in milliseconds: leases of all machines are judged by it.
CREATE FUNCTION now_ms() RETURNS bigint LANGUAGE sql VOLATILE PARALLEL SAFE AS
  'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint';
