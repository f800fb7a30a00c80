-- Block a pool, for no shorter than it is blocked already. KEYS[1]: the pool.
-- ARGV: how long, in milliseconds.
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
end
return 1
