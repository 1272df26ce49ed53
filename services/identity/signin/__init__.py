"""Sign-in: access codes, passwords, refresh tokens, gates, and the limits on guessing.

authenticator.py has a method for each way in: by an access code, a password, a gate's secret, the operator's secret, or
a refresh token. Each takes a proof and returns tokens. A new way in is a method there, with these beside it:
code_transactions.py sends access codes, redeem_transactions.py takes one as the proof of an address and merges
sessions, gate_transactions.py knows devices, transactions.py begins and ends sign-ins, attempt_transactions.py counts
wrong tries against limits.py. ../keys.py makes the digits of a code. notifications writes the mail, in texts.py and its
templates.
"""
