"""Recorded conversations through the whole product, beside Asterisk with MixMonitor alone."""
