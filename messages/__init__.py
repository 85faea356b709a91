"""What we write to people: its wording, its length in parts, and its delivery until it is known.

Knows nothing of complaints: a message has a key, a channel, a recipient and a body.
"""
