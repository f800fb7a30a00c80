-- A store's past, of $C conversations: each with five turns of a customer's message and a
-- reply, a step a turn; an effect in one turn of ten; and what waits for people. $O of the
-- conversations are open, spread over the whole: half due, a quarter leased, a quarter
-- overdue.

-- name: conversations
INSERT INTO conversations (id, customer_id, channel, metadata, lease_epoch, last_seq,
                           last_event, created_at_ms)
SELECT 'conv_' || lpad(n::text, 26, '0'), 'customer_' || n % ($C / 2 + 1), 'web', '{}',
       5, 10, 15, 1700000000000 + n
FROM generate_series(1, $C) n;

-- name: turns
INSERT INTO turns (id, conversation_id, first_seq, last_seq, state, attempt,
                   accepted_at_ms, answer_by_ms, claimed_at_ms, answered_at_ms, reply_seq,
                   usage, cost_usd, timings)
SELECT 'turn_' || lpad((n * 5 + k)::text, 26, '0'), 'conv_' || lpad(n::text, 26, '0'),
       2 * k + 1, 2 * k + 1, 'answered', 1, 1700000000000 + n, 1700000028000 + n,
       1700000000020 + n, 1700000003000 + n, 2 * k + 2,
       '{"input_tokens":1800,"output_tokens":120,"cache_read_tokens":1500}', 0.004,
       '{"model":2810.5,"tools":12.25}'
FROM generate_series(1, $C) n, generate_series(0, 4) k;

-- name: spend
INSERT INTO spend (day, customer_id, share, tokens, usd)
SELECT now_ms() / 86400000 - d, 'customer_' || n, 0, 3420, 0.004
FROM generate_series(0, $C / 2) n, generate_series(0, 1) d;

-- name: messages
INSERT INTO messages (conversation_id, seq, id, role, text, turn_id, level, model,
                      created_at_ms)
SELECT 'conv_' || lpad(n::text, 26, '0'), s, 'msg_' || lpad((n * 10 + s)::text, 26, '0'),
       CASE s % 2 WHEN 1 THEN 'customer' ELSE 'agent' END,
       'Where is my order ' || n || '? It was to come last week, and nobody told me.',
       'turn_' || lpad((n * 5 + (s - 1) / 2)::text, 26, '0'),
       CASE s % 2 WHEN 0 THEN 0 END, CASE s % 2 WHEN 0 THEN 'a-model' END,
       1700000000000 + n
FROM generate_series(1, $C) n, generate_series(1, 10) s;

-- name: steps
INSERT INTO steps (turn_id, n, kind, attempt, body, at_ms)
SELECT 'turn_' || lpad((n * 5 + k)::text, 26, '0'), 1, 'model', 1,
       '{"model":"a-model","content":[{"type":"text","text":"Order ' || n ||
       ' left our house on Monday; the carrier expects to bring it tomorrow."}],' ||
       '"stop_reason":"end_turn","usage":{}}', 1700000000000 + n
FROM generate_series(1, $C) n, generate_series(0, 4) k;

-- name: events
INSERT INTO events (conversation_id, id, kind, seq, data)
SELECT 'conv_' || lpad(n::text, 26, '0'), e,
       CASE e % 3 WHEN 0 THEN 'turn' ELSE 'message' END,
       CASE e % 3 WHEN 0 THEN NULL ELSE e - e / 3 END,
       CASE e % 3 WHEN 0 THEN '{"turn_id":"turn_' ||
         lpad((n * 5 + e / 3 - 1)::text, 26, '0') || '","state":"answered"}' END
FROM generate_series(1, $C) n, generate_series(1, 15) e;

-- name: audit
INSERT INTO audit (chain, n, at_ms, actor, action, subject, detail, hash)
SELECT 'chain_' || lpad((n % 50)::text, 26, '0'), n / 50 + 1, 1700000000000 + n,
       'customer:' || n % 1000, 'message.accepted', 'msg_' || lpad(n::text, 26, '0'), '{}',
       sha256('')
FROM generate_series(1, $C * 10) n;

-- name: effects
INSERT INTO effects (key, conversation_id, turn_id, tool, args, state, result, statement,
                     unique_key, at_ms)
SELECT 'turn_' || lpad((n * 5)::text, 26, '0') || ':1', 'conv_' || lpad(n::text, 26, '0'),
       'turn_' || lpad((n * 5)::text, 26, '0'), 'refund', '{"order":"' || n || '"}',
       'committed', '{"ok":true}', 'A refund was made.', 'refund:' || n, 1700000000000 + n
FROM generate_series(1, $C, 2) n;

-- name: idempotency
INSERT INTO idempotency (conversation_id, key, digest, message_id, seq, turn_id, at_ms)
SELECT 'conv_' || lpad(n::text, 26, '0'), 'key:' || n, 'digest',
       'msg_' || lpad((n * 10 + 9)::text, 26, '0'), 9,
       'turn_' || lpad((n * 5 + 4)::text, 26, '0'), now_ms() - 1000
FROM generate_series(1, $C) n;

-- name: escalations
INSERT INTO escalations (id, conversation_id, turn_id, cause, created_at_ms,
                         resolved_at_ms)
SELECT 'esc_' || lpad(n::text, 26, '0'), 'conv_' || lpad(n::text, 26, '0'), NULL,
       'level 4', 1700000000000 + n, CASE WHEN n % 100 <> 1 THEN 1700000000000 + n END
FROM generate_series(1, $C, 10) n;

-- name: approvals
INSERT INTO approvals (id, conversation_id, turn_id, tool, args, key, state, created_at_ms)
SELECT 'appr_' || lpad(n::text, 26, '0'), 'conv_' || lpad(n::text, 26, '0'),
       'turn_' || lpad((n * 5)::text, 26, '0'), 'refund', '{}', 'key:' || n,
       CASE WHEN n % 100 <> 1 THEN 'approved' ELSE 'waiting' END, 1700000000000 + n
FROM generate_series(1, $C, 20) n;

-- name: open
WITH chosen AS (
  SELECT 'conv_' || lpad((i * ($C / $O))::text, 26, '0') AS id, i % 4 AS part
  FROM generate_series(1, $O) i
), now AS (SELECT now_ms() AS ms), todo AS (
  UPDATE turns t SET state = 'pending', attempt = 0, usage = NULL, answered_at_ms = NULL,
         accepted_at_ms = ms - 1000,
         answer_by_ms = CASE part WHEN 0 THEN ms - 1000 ELSE ms + 3600000 END
  FROM chosen, now WHERE t.conversation_id = chosen.id AND t.first_seq = 9
)
UPDATE conversations c
SET ready_at_ms = ms - 60000,
    lease_owner = CASE part WHEN 1 THEN 'another' END,
    lease_until_ms = CASE part WHEN 1 THEN ms + 36000000 ELSE 0 END
FROM chosen, now WHERE c.id = chosen.id;
