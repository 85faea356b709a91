import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict


def fresh_database(postgres_url: str, name: str) -> str:
    """The URL of an empty database `name` beside the one that other tests clear."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        wanted = sql.Identifier(name)
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(wanted))
        connection.execute(sql.SQL("create database {}").format(wanted))
    given = conninfo_to_dict(postgres_url)["dbname"]
    head, _, query = postgres_url.partition("?")
    if not head.endswith(f"/{given}"):
        raise ValueError("the URL does not end with its database")
    return head.removesuffix(str(given)) + name + (f"?{query}" if query else "")
