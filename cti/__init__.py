"""Who is talking: the AMI link, live state, screen-pop, the agents' socket and HTTP API."""
