"""Tables as files of a spreadsheet program (Office Open XML)."""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter

#: how wide the columns are at most, in characters
_WIDEST = 60
#: what a spreadsheet program takes for the name of a sheet
_LONGEST_NAME = 31


def spreadsheet(name: str, rows: Sequence[Sequence[str | float | None]]) -> bytes:
    """Return a workbook of one sheet; the first row is its head and stays in sight. Texts are never formulas."""
    written = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(written, options) as book:
        sheet = book.add_worksheet(name[:_LONGEST_NAME])
        head = book.add_format({"bold": True})
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row, head if number == 0 else None)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(rows) - 1, 0), max(len(rows[0]) - 1, 0) if rows else 0)
        sheet.autofit(_WIDEST * 7)
    return written.getvalue()
