"""The ways out. Each fits `messages.model.Driver`."""
