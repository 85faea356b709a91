"""Whom we call: the outbound dialer, its pacing, retries and calling window."""
