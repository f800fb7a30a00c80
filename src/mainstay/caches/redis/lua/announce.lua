-- Announce an opening; it is forgotten when trials may begin. KEYS[1]: the breaker.
-- ARGV: how long, in milliseconds. Returns its epoch, by the clock: a server that lost
-- all it knew numbers on with other numbers.
local time = redis.call('TIME')
local epoch = time[1] * 1000000 + time[2]
local last = redis.call('GET', KEYS[1])
if last and tonumber(last) >= epoch then
  epoch = tonumber(last) + 1
end
redis.call('SET', KEYS[1], string.format('%.0f', epoch), 'PX', ARGV[1])
return epoch
