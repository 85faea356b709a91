"""What was said: capture, integrity, store, signed links."""
