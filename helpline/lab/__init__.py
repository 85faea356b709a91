"""A laboratory that speaks the real protocols: SIPp as citizens, trunk and agents' phones.

Used by the demo, the tests and the benches; never by a running helpline.
"""
