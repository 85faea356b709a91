"""Databases of the tests: one that may be emptied, and others beside it."""

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

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


def fresh_database(postgres_url: str, name: str) -> str:
    """The URL of an empty database `name` beside the one that other tests clear."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        wanted = sql.Identifier(name)
        drop_database(connection, name)
        connection.execute(sql.SQL("create database {}").format(wanted))
    given = conninfo_to_dict(postgres_url)["dbname"]
    head, _, query = postgres_url.partition("?")
    if not head.endswith(f"/{given}"):
        raise ValueError("the URL does not end with its database")
    return head.removesuffix(str(given)) + name + (f"?{query}" if query else "")


def drop_database(connection: psycopg.Connection, name: str) -> None:
    """Drop `name` and end what is still connected to it. `connection`: in autocommit.

    `with (force)` refuses whoever is no superuser while autovacuum works there, which a plain
    drop cancels and waits for (PostgreSQL, CountOtherDBBackends: 5 s).
    """
    connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = %s and usename = current_user and pid <> pg_backend_pid()",
        (name,),
    )
    connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(name)))
