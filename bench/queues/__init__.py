"""One app_queue with many agents and many who wait: when a free agent is offered a call."""
