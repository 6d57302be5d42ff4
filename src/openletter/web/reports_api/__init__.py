"""The Reports API of the Shadowserver Foundation, for the clients that speak it: ``POST /api2/<method>``, ``GET /dl/<id>``.

A request is signed: its JSON has ``apikey``, and its header ``HMAC2`` is the HMAC-SHA256 of the body, octet by octet, under the
key's secret. There is no cookie and no form, and no browser is asked for either.

Whoever asks sees the rows that its reports have, or would have. They are what the join of endpoints with the subscriber alone
gives, put down in a file of its own; a filter is only ever asked of that file, and never of the store. So a filter can be wrong
without anything of another subscriber being in reach.

Everything that could tell a stranger whether something is there is one refusal: an unknown key, a wrong HMAC, a subscriber that
is not active, a report that is another's, that was never made, or whose id has expired.
"""
