"""Measurements: `python -m bench [name ...]`. Each prints a table and writes `var/bench/<name>.json`."""
