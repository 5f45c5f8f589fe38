"""What Redis does in one stroke, in Lua. Arguments come as one MessagePack map (cmsgpack): some
forty of them a customer would cost the worker more than all else it does for the projection.

Numbers are passed as text: Lua's are doubles, and money may be larger.
"""

from __future__ import annotations

TAKEN_OVER, REFUSED, OTHERS = "taken over", "refused", "others"

#: Begin to write to a partition (KEYS[1]). The answer: [word, position], `position` being empty
#: where what is held can't be gone on from and must be cleared away first.
#: Words: TAKEN_OVER, or OTHERS where another state's worker writes there at this moment.
TAKE_OVER = """
local ask = cmsgpack.unpack(ARGV[1])
local now = tonumber(redis.call('TIME')[1])
local fields = {'state_id', 'position', 'caught_up_at', 'begun_at'}
local held = redis.call('HMGET', KEYS[1], unpack(fields))
if not held[1] then
  held = {ask.state_id, '0', false, now}
  redis.call('HSET', KEYS[1], 'state_id', ask.state_id, 'position', '0', 'begun_at', now)
end
local idle = now - tonumber(held[3] or held[4])
local ours = held[1] == ask.state_id
if not ours and idle < ask.alive_seconds then
  return {'others', ''}
end
if not ours then
  redis.call('DEL', ask.demo_key)
end
local usable = ours and held[2] ~= '' and tonumber(held[2]) <= ask.end_offset
if not usable or idle > ask.longest_gap_seconds then
  redis.call('HSET', KEYS[1], 'position', '', 'begun_at', now)
  redis.call('HDEL', KEYS[1], 'caught_up_at')
  held[2] = ''
end
redis.call('HSET', KEYS[1], 'owner', ask.owner)
return {'taken over', held[2]}
"""

#: Replace customers (`set`), take others away (`gone`), end alerts whose time has come, and write
#: fields of the partition's hash (KEYS[1]). Word TAKEN_OVER, or REFUSED where the partition has
#: another owner or position than the writer believes: then nothing is written.
WRITE = """
local ask = cmsgpack.unpack(ARGV[1])
local held = redis.call('HMGET', KEYS[1], 'owner', 'position')
if held[1] ~= ask.owner or held[2] ~= ask.position then
  return 'refused'
end
local function alerts(manager)
  if not manager or manager == '' then manager = ask.unassigned end
  return ask.app .. ':alerts:' .. manager
end
local ends = ask.app .. ':alerts-end:' .. ask.partition
local function leave(id, key)
  local old = redis.call('HMGET', key, 'tier', 'alert', 'account_manager')
  if old[1] then
    redis.call('ZREM', ask.app .. ':tier:' .. old[1], id)
  end
  if old[2] then
    redis.call('ZREM', alerts(old[3]), id)
    redis.call('ZREM', ends, id)
  end
  redis.call('DEL', key)
end
for _, id in ipairs(ask.gone) do
  leave(id, ask.app .. ':customer:' .. id)
end
for _, each in ipairs(ask.set) do
  local id, fields, tier, revenue, alert = each[1], each[2], each[3], each[4], each[5]
  local key = ask.app .. ':customer:' .. id
  leave(id, key)
  redis.call('HSET', key, unpack(fields))
  redis.call('ZADD', ask.app .. ':tier:' .. tier, revenue, id)
  if #alert > 0 then
    redis.call('ZADD', ask.app .. ':alerts:' .. alert[1], alert[2], id)
    redis.call('ZADD', ends, alert[3], id)
  end
end
if ask.now then
  local ended = redis.call('ZRANGEBYSCORE', ends, '-inf', ask.now, 'LIMIT', 0, ask.at_most)
  for _, id in ipairs(ended) do
    local manager = redis.call('HGET', ask.app .. ':customer:' .. id, 'account_manager')
    redis.call('ZREM', alerts(manager), id)
    redis.call('ZREM', ends, id)
  end
end
if ask.caught_up then
  redis.call('HSET', KEYS[1], 'caught_up_at', redis.call('TIME')[1])
end
if #ask.fields > 0 then
  redis.call('HSET', KEYS[1], unpack(ask.fields))
end
return 'taken over'
"""
