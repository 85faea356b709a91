"""A database that tests may empty."""

import psycopg

from db.migrate import migrate


def migrate_to_be_emptied(url: str) -> None:
    """Our schema, but for its refusal to empty what is append-only.

    The product has no setting that does so: only who owns the tables can.
    """
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        for (table,) in connection.execute(
            "select tgrelid::regclass::text from pg_trigger where tgname = 'is_not_emptied'"
        ).fetchall():
            connection.execute(f"drop trigger is_not_emptied on {table}")
