-- Lease a slice of a model pool: three buckets, each GCRA (ITU-T I.371, annex A) counted
-- from its last change; resilience/pool_bucket.py does the same sums.
-- KEYS[1]: the pool's buckets. KEYS[2]: its block.
-- ARGV, tokens and milliseconds: charge (3), need (3), hand (3), want (3), limit as
-- seen (3), left as seen (3), how long ago that was, when a ramp begins (-1: none).
-- Returns milliseconds of block and of wait; granted (3), limit (3), left (3).
local WINDOW_US, RAMP_US, FLOOR = 60000000, 60000000, 0.05
local KEEP_MS = 3600000
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local arg = {}
for i, value in ipairs(ARGV) do arg[i] = tonumber(value) end

-- The worth of full refill since a ramp began.
local function ramped_us(since_us)
  if since_us <= 0 then return 0 end
  if since_us < RAMP_US then return since_us * since_us / (2 * RAMP_US) end
  return since_us - RAMP_US / 2
end

local at_us, ramp_us, limit, used = now_us, 0, {0, 0, 0}, {0, 0, 0}
local held = redis.call('GET', KEYS[1])
if held then
  local figures = {}
  for figure in string.gmatch(held, '%S+') do figures[#figures + 1] = tonumber(figure) end
  at_us, ramp_us = figures[1], figures[2]
  limit = {figures[3], figures[4], figures[5]}
  used = {figures[6], figures[7], figures[8]}
end
-- A clock that was set back refills nothing, and takes nothing.
local passed_us = math.max(0, ramped_us(now_us - ramp_us) - ramped_us(at_us - ramp_us))
if arg[20] >= 0 then ramp_us = math.max(ramp_us, now_us + arg[20] * 1000) end

local blocked_ms = math.max(0, redis.call('PTTL', KEYS[2]))
local wait_ms = blocked_ms
for n = 1, 3 do
  used[n] = math.max(0, used[n] - passed_us * limit[n] / WINDOW_US)
  local seen, age_us = arg[12 + n], arg[19] * 1000
  if seen > 0 then
    limit[n] = seen
    used[n] = math.max(used[n], seen - arg[15 + n] - age_us * seen / WINDOW_US)
  end
  used[n] = math.min(math.max(0, used[n] + arg[n]), 2 * limit[n])
  if arg[20] >= 0 then used[n] = math.max(used[n], limit[n] * (1 - FLOOR)) end
  local need, free = arg[3 + n], limit[n] * (1 - FLOOR) - used[n]
  if limit[n] > 0 and need > 0 and need > free then
    wait_ms = math.max(wait_ms, math.ceil((need - free) * WINDOW_US / limit[n] / 1000))
  end
end

local granted = {0, 0, 0}
if wait_ms == 0 then
  for n = 1, 3 do
    local need, free = arg[3 + n], limit[n] * (1 - FLOOR) - used[n]
    local hand = math.max(need, arg[6 + n])
    local slice = math.max(hand, arg[9 + n])
    if limit[n] > 0 then
      local part = limit[n] - used[n] >= 0.5 * limit[n] and 4 or 16
      hand = math.floor(math.min(hand, math.max(need, free)))
      local spare = math.max(0, free - hand)
      slice = hand + math.floor(math.min(slice - hand, spare / part))
      used[n] = used[n] + slice
    end
    granted[n] = slice
  end
end

local told = {blocked_ms, wait_ms}
for n = 1, 3 do told[2 + n] = granted[n] end
for n = 1, 3 do told[5 + n] = limit[n] end
for n = 1, 3 do told[8 + n] = math.floor(limit[n] - used[n]) end
if limit[1] + limit[2] + limit[3] > 0 then
  local value = string.format('%.0f %.0f %.0f %.0f %.0f %.3f %.3f %.3f', now_us, ramp_us,
    limit[1], limit[2], limit[3], used[1], used[2], used[3])
  redis.call('SET', KEYS[1], value, 'PX', KEEP_MS)
end
return told
