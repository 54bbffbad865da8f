-- SPDX-License-Identifier: ISC
-- For wrk: sends the requests of a file in turn.  They are separated by \1; the
-- mark in a request is replaced by a unique number.
--
--	wrk -s post.lua URL -- FILE PREFIX [RATE]
--
-- RATE limits the requests per second of each thread.

local mark = ("@"):rep(20)
local threads = 0

function setup(thread)
	thread:set("thread", threads)
	threads = threads + 1
end

local function split(text)
	local parts, from = {}, 1
	while true do
		local first, last = text:find(mark, from, true)
		parts[#parts + 1] = text:sub(from, first and first - 1)
		if not first then
			return parts
		end
		from = last + 1
	end
end

function init(args)
	local file = assert(io.open(args[1], "rb"))
	requests = {}
	for text in file:read("*a"):gmatch("[^\1]+") do
		requests[#requests + 1] = split(text)
	end
	file:close()
	prefix = args[2] .. ("%02d"):format(thread)
	count = 0
	if args[3] then
		pace(tonumber(args[3]))
	end
end

-- Gives each request its time.  Requests that are late are not made up for.
function pace(rate)
	local ffi = require("ffi")
	local clock_monotonic = 1
	ffi.cdef([[
		struct pace_time { long seconds, nanoseconds; };
		int clock_gettime(int, struct pace_time *);
	]])
	local now, due = ffi.new("struct pace_time"), 0
	-- Called by wrk before each request; returns milliseconds.
	function delay()
		ffi.C.clock_gettime(clock_monotonic, now)
		local at = tonumber(now.seconds) * 1e3 +
		    tonumber(now.nanoseconds) / 1e6
		due = math.max(due + 1e3 / rate, at)
		return math.floor(due - at + 0.5)
	end
end

function request()
	local number = prefix .. ("%010d"):format(count)
	local parts = requests[(count * 2 + thread) % #requests + 1]
	count = count + 1
	return table.concat(parts, number)
end

function done(summary, latency)
	local errors = summary.errors
	io.write(('\n{"requests": %d, "refused": %d, "seconds": %f, ' ..
	    '"broken": %d, "p50": %f, "p99": %f}\n'):format(
	    summary.requests, errors.status, summary.duration / 1e6,
	    errors.connect + errors.read + errors.write + errors.timeout,
	    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
