from helpline.errors import OperatorError


class PostgresError(OperatorError):
    """The embedded PostgreSQL cannot be used; the message says why."""


class AlreadyRunningError(PostgresError):
    """Another process runs a PostgreSQL on this data folder."""
