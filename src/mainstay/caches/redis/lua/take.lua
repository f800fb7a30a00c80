-- Take one request out of a bucket: GCRA (ITU-T I.371, annex A), counted from its last
-- change. KEYS[1]: the bucket. ARGV: requests a minute; requests that a full one holds.
-- Returns whether it was let through, and how much is used now, in ticks: there are
-- `rate` of them in a microsecond, so that one request takes a whole number of them.
-- All is exact while it stays below 2^53: up to 10^8 requests, until the year 2255.
local TICKS = 60000000
local rate, capacity = tonumber(ARGV[1]), tonumber(ARGV[2]) * TICKS
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local used = 0
local held = redis.call('GET', KEYS[1])
if held then
  local at_us, then_used = string.match(held, '^(%d+) (%d+)$')
  -- A clock that was set back refills nothing, and takes nothing.
  local passed_us = math.max(0, now_us - at_us)
  used = math.max(0, then_used - passed_us * rate)
end
if used + TICKS > capacity then
  return {0, used}
end
used = used + TICKS
local value = string.format('%.0f %.0f', now_us, used)
-- It is full again at the end of this, and a full bucket needs no memory.
redis.call('SET', KEYS[1], value, 'PX', math.floor(used / rate / 1000) + 1)
return {1, used}
