class PostgresError(Exception):
    """The embedded PostgreSQL cannot be used; the message says why."""


class AlreadyRunningError(PostgresError):
    """Another process runs a PostgreSQL on this data folder."""
