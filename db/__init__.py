"""SQL text, the pool and what belongs to the database alone. Imports no domain code."""
