"""Measurements: `python -m bench [name ...]`. Each writes `var/bench/<name>.json`."""
