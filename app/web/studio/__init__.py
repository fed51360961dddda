"""The studio: process owners draw, check and publish pathways with their forms and tables."""

from app.web.studio import drafts, drawing, importing, overview, publishing, tables, written
from app.web.studio.place import blueprint

__all__ = ["blueprint", "drafts", "drawing", "importing", "overview", "publishing", "tables", "written"]
