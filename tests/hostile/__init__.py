"""Hostile clients on real sockets. The modules that try each attack, by its number in the table of attacks:

1 to 8 messages and headers: test_messages, test_transport, tests/kit/test_hostile. 9 other content types: test_edge.
10, 11 requests that are no calls: test_transport. 12 to 15 deadlines, messages cut off, half-sent, twice:
test_messages, test_transport. 16, 17 resets: test_transport, test_long_runs, test_edge. 18 to 20 floods of frames:
test_edge, pings in test_transport. 21 readers that read nothing, 22 silence: test_transport. HTTP: test_http. 23 to 25
the same id twice, odd numbers, forged tokens, 27 odd texts, 28 card numbers, 29 guessed ids, 30 hoarding: test_callers.
26 waits for the first webhook.
"""
