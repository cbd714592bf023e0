-- GET /bookings/{id} by its renter, over and over the ids it is given.
-- arguments: IDS, a file of lines "TOKEN ID"
local requests, n = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local token, id = line:match("(%S+) (%S+)")
    requests[#requests + 1] = "GET /bookings/" .. id ..
      " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " .. token .. "\r\n\r\n"
  end
end

function request()
  n = n + 1
  return requests[n % #requests + 1]
end

function done(summary, latency)
  io.write(string.format('{"requests":%d,"seconds":%f,"refused":%d,"broken":%d,' ..
    '"p50_ms":%f,"p99_ms":%f}\n', summary.requests, summary.duration / 1e6, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
