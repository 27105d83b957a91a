"""The database behind a server under test: a file in its folder, or one on the server that BITACORA_TEST_DATABASE names.

BITACORA_TEST_DATABASE is an SQLAlchemy URI of a PostgreSQL or MySQL server, without a database, such as
`postgresql+psycopg2://user@127.0.0.1:5432`. Folders that are to share a database name it in a file.
"""

import os
import pathlib
import shutil
import uuid

import sqlalchemy

SERVER = os.environ.get("BITACORA_TEST_DATABASE")
IS_SQLITE = SERVER is None
IS_MYSQL = not IS_SQLITE and SERVER.startswith("mysql")


def uri_of(folder):
    """The database of a folder; made empty when the folder has none yet."""
    folder = pathlib.Path(folder)
    if IS_SQLITE:
        return f"sqlite:///{folder}/mlflow.db"
    name = folder / "database.txt"
    if not name.exists():
        name.write_text(f"compat_{uuid.uuid4().hex}")
        execute(f"{SERVER}/{'postgres' if SERVER.startswith('postgresql') else 'mysql'}", f"CREATE DATABASE {name.read_text()}")
    return f"{SERVER}/{name.read_text()}"


def share(folder, target):
    """The files of a folder in another one. A database file is copied; one on a server is the same for both."""
    target.mkdir()
    for name in ("mlflow.db", "database.txt"):
        if (folder / name).exists():
            shutil.copy(folder / name, target / name)
    shutil.copytree(folder / "mlartifacts", target / "mlartifacts")
    return target


def execute(uri, statement):
    engine = sqlalchemy.create_engine(uri, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(statement))
    engine.dispose()


def rows(folder, query):
    engine = sqlalchemy.create_engine(uri_of(folder))
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(sqlalchemy.text(query))]
    engine.dispose()
    return found
