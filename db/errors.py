"""What can go wrong at the database's edge."""

import asyncio

import asyncpg


class DatabaseError(Exception):
    """The base of this package's errors."""


class JournalFullError(DatabaseError):
    """Too many rows wait for the database: {pending}. The caller must be told, not kept waiting."""

    def __init__(self, pending: int) -> None:
        super().__init__(f"{pending} rows already wait for the database")


class MigrationError(DatabaseError):
    """The database's schema could not be brought up to date."""


#: The database is away, restarting, out of room or refuses connections: nothing is wrong with what
#: was asked of it, and the same call may succeed later. Error classes are PostgreSQL's, appendix A.
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,  # class 08
    asyncpg.InvalidAuthorizationSpecificationError,  # class 28: a password that is being changed
    asyncpg.InvalidCatalogNameError,  # 3D: the database is being restored
    asyncpg.ReadOnlySQLTransactionError,  # we still reach the old primary
    asyncpg.TransactionRollbackError,  # class 40: deadlock
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,  # class 53: disk full, too many connections
    asyncpg.OperatorInterventionError,  # class 57: shutdown, crash, start-up, statement cancelled
    asyncpg.PostgresSystemError,  # class 58: input and output errors of its own
    asyncpg.InterfaceError,  # a connection or pool that was closed under us
)


def stop_if_cancelled() -> None:
    """Raise `CancelledError` in a task that was asked to end. For loops that handle `AWAY`.

    A task that is cancelled rolls back and gives its connection back; if the connection breaks
    in that, its error replaces the cancellation, and a loop that waits and tries again never ends.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
