"""
Anonymous questions: a store of its own, from which nothing leads to a person or a case (docs/decisions/0080).

No column of these tables holds the key of a client, user, case, task, instance or job, nor a moment. Answers have
random keys of their own and none in common: what one person answered to two questions cannot be put together.
"""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from app.storage.tables.base import metadata
from app.storage.types import Json, Key

survey = Table(
    "survey",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("form_id", Text, nullable=False),
    Column("area_id", Text, nullable=False),
    Column("opens_on", Date, nullable=False),
    Column("closes_on", Date, nullable=False),
    Column("closed", Boolean, nullable=False, server_default="0"),
    Column("invited", Integer, nullable=False, server_default="0"),
    Column("answered", Integer, nullable=False, server_default="0"),
    UniqueConstraint("form_id", "area_id", "opens_on"),
    Index(None, "closed", "closes_on"),
)

#: a link that has not been used; gone once it has been, or once its round is over
survey_ticket = Table(
    "survey_ticket",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("survey_key", Key, ForeignKey("survey.key"), nullable=False),
    Index(None, "survey_key"),
    # else SQLite would keep the rows in the order in which they came
    sqlite_with_rowid=False,
)

#: the answer to one question; of several choices each for itself
survey_answer = Table(
    "survey_answer",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("survey_key", Key, ForeignKey("survey.key"), nullable=False),
    Column("field", Text, nullable=False),
    Column("value", Json),  # a code, a number, yes or no
    Column("written", LargeBinary),  # AES-GCM of what was written freely
    Index(None, "survey_key", "field"),
    sqlite_with_rowid=False,
)
