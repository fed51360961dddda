"""The client's own door: one's path, forms, what one may tell, documents, permissions, who has looked at one's data."""

from app.web.own import contact, path, records, rights, sign_in, strong, tasks
from app.web.own.door import client_frame, install
from app.web.own.place import PATH

__all__ = ["PATH", "client_frame", "contact", "install", "path", "records", "rights", "sign_in", "strong", "tasks"]
