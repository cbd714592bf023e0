-- POST /bookings over many chargers: each request the next charger, after all of them the next slot.
-- arguments: TOKENS CHARGERS FIRST_SLOT KEY_PREFIX
local tokens, chargers, heads = {}, {}, {}
local n, slot, first, prefix, times = 0, -1, 0, "", ""

function init(args)
  for line in io.lines(args[1]) do tokens[#tokens + 1] = line end
  for line in io.lines(args[2]) do chargers[#chargers + 1] = line end
  first, prefix = tonumber(args[3]), args[4]
  for i, token in ipairs(tokens) do
    heads[i] = "POST /bookings HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n" ..
      "Authorization: Bearer " .. token .. "\r\nContent-Length: "
  end
end

local function at(quarter)
  local tomorrow = (math.floor(os.time() / 86400) + 1) * 86400
  return os.date("!%Y-%m-%dT%H:%M:%SZ", tomorrow + quarter * 900)
end

function request()
  local now = first + math.floor(n / #chargers)
  if now ~= slot then
    slot = now
    times = '","connector":1,"start":"' .. at(slot) .. '","end":"' .. at(slot + 1) .. '"}'
  end
  local body = '{"charger":"' .. chargers[n % #chargers + 1] .. times
  local head = heads[n % #heads + 1]
  n = n + 1
  return head .. #body .. "\r\nIdempotency-Key: " .. prefix .. n .. "\r\n\r\n" .. body
end

function done(summary, latency)
  io.write(string.format('{"requests":%d,"seconds":%f,"refused":%d,"broken":%d,"sent":%d,' ..
    '"p50_ms":%f,"p99_ms":%f}\n', summary.requests, summary.duration / 1e6, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    summary.requests, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
