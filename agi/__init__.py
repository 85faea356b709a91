"""What a caller hears: the FastAGI server, and one module per call flow."""
