-- Read openings. KEYS: the breakers. Returns epoch and milliseconds left for each; an
-- epoch of 0 for one that nobody announced, or whose time is over.
local found = {}
for _, key in ipairs(KEYS) do
  found[#found + 1] = tonumber(redis.call('GET', key)) or 0
  found[#found + 1] = redis.call('PTTL', key)
end
return found
