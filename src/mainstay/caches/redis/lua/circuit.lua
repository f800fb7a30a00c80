-- Breakers as all processes know them. KEYS, two a breaker: what is known, a hash; and
-- the trials that are out, by when they are given up. ARGV: a verb and its arguments;
-- every verb but `look` is about the first breaker. Returns eleven values a breaker.
-- Epochs are times of the server: one that lost all it knew numbers on with other ones.
local KEPT_MS = 3600000
local verb = ARGV[1]
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now_ms = math.floor(now_us / 1000)

local function read(key)
  local known, flat = {}, redis.call('HGETALL', key)
  for i = 1, #flat, 2 do
    known[flat[i]] = flat[i + 1]
  end
  for _, name in ipairs({'epoch', 'until', 'closed', 'ramps', 'reopened', 'quick', 'slow',
                         'word', 'word_until'}) do
    known[name] = tonumber(known[name]) or 0
  end
  return known
end

local function write(known, fields)
  local flat = {}
  for name, value in pairs(fields) do
    flat[#flat + 1] = name
    flat[#flat + 1] = type(value) == 'number' and string.format('%.0f', value) or value
    known[name] = value
  end
  redis.call('HSET', KEYS[1], unpack(flat))
  local last = math.max(now_ms, known['until'], known.word_until)
  redis.call('PEXPIRE', KEYS[1], last - now_ms + KEPT_MS)
end

local granted = 0

if verb == 'open' then
  local epoch, for_ms = tonumber(ARGV[2]), tonumber(ARGV[3])
  local known = read(KEYS[1])
  -- Who knows of a later one than the server does knows what the server lost.
  if known.epoch <= epoch or known.epoch == 0 then
    local ends = now_ms + for_ms
    if known.closed == 0 then
      ends = math.max(ends, known['until'])
    end
    write(known, {epoch = math.max(now_us, epoch + 1), ['until'] = ends, closed = 0,
                  quick = 0, slow = 0, ramps = ARGV[4], reopened = ARGV[5]})
    redis.call('DEL', KEYS[2])
  end
elseif verb == 'probe' then
  local epoch, place = tonumber(ARGV[2]), ARGV[3]
  local limit, lost_ms = tonumber(ARGV[4]), tonumber(ARGV[5])
  local known = read(KEYS[1])
  if known.epoch == 0 or known.epoch < epoch then
    if epoch == 0 then
      epoch = now_us
    end
    write(known, {epoch = epoch, ['until'] = now_ms, closed = 0, quick = 0, slow = 0,
                  ramps = 1})
    redis.call('DEL', KEYS[2])
  end
  if known.closed == 0 and known['until'] <= now_ms then
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now_ms)
    if redis.call('ZCARD', KEYS[2]) < limit then
      redis.call('ZADD', KEYS[2], now_ms + lost_ms, place)
      redis.call('PEXPIRE', KEYS[2], lost_ms)
      granted = 1
    end
    write(known, {['until'] = known['until']})
  end
elseif verb == 'begin' then
  local known = read(KEYS[1])
  if known.epoch == tonumber(ARGV[2]) and known['until'] > now_ms then
    write(known, {['until'] = now_ms})
  end
elseif verb == 'report' then
  local epoch, place = tonumber(ARGV[2]), ARGV[3]
  local result, successes = ARGV[4], tonumber(ARGV[5])
  local known = read(KEYS[1])
  local counts = known.epoch == epoch or result == 'none'
  if counts and redis.call('ZREM', KEYS[2], place) == 1 then
    if result == 'quick' and known.quick + 1 >= successes then
      write(known, {closed = 1, quick = 0})
      redis.call('DEL', KEYS[2])
    elseif result ~= 'none' then
      write(known, {[result] = known[result] + 1})
    end
  end
elseif verb == 'force' then
  local state, ends = ARGV[2], now_ms + tonumber(ARGV[3])
  local known = read(KEYS[1])
  local was_open = known.word_state == 'open' and known.word_until > now_ms
  write(known, {word = math.max(now_us, known.word + 1), word_state = state,
                word_until = ends, word_reason = ARGV[4]})
  if state == 'auto' and was_open then
    write(known, {['until'] = now_ms})
  elseif state ~= 'auto' then
    write(known, {epoch = math.max(now_us, known.epoch + 1), quick = 0, slow = 0,
                  ramps = 1, reopened = 0, closed = state == 'closed' and 1 or 0,
                  ['until'] = state == 'open' and ends or now_ms})
    redis.call('DEL', KEYS[2])
  end
end

local told = {}
for i = 1, #KEYS, 2 do
  local known = read(KEYS[i])
  local state = 'half_open'
  if known.closed == 1 or known.epoch == 0 then
    state = 'closed'
  elseif known['until'] > now_ms then
    state = 'open'
  end
  for _, value in ipairs({
    known.epoch, state, math.max(0, known['until'] - now_ms), known.ramps, known.reopened,
    known.slow, granted, known.word, known.word_state or '',
    math.max(0, known.word_until - now_ms), known.word_reason or '',
  }) do
    told[#told + 1] = value
  end
end
return told
