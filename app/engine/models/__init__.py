"""Models as they are drawn: what a draft is called, what changed from one to the next, importing, tables by cell."""

from app.engine.models.comparing import compare
from app.engine.models.dialects.schemas import form_id_of
from app.engine.models.importing import Imported, import_model
from app.engine.models.naming import Named, kind_of, name_model
from app.engine.models.table import Cell, DecisionTable, Row, decisions_in, read_table, rewrite_table

__all__ = [
    "Cell",
    "DecisionTable",
    "Imported",
    "Named",
    "Row",
    "compare",
    "decisions_in",
    "form_id_of",
    "import_model",
    "kind_of",
    "name_model",
    "read_table",
    "rewrite_table",
]
