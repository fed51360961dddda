import io
import zipfile

import pytest

from app.domain.errors import InvalidInput
from app.engine.forms import LARGEST_FILE_BYTES, Upload
from app.engine.forms.uploads import accept_file


def container(*names, first=()):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in first:
            archive.writestr(zipfile.ZipInfo(name), text)
        for name in names:
            archive.writestr(name, "x")
    return content.getvalue()


ODT_MARK = ("mimetype", "application/vnd.oasis.opendocument.text")
WORD = ("[Content_Types].xml", "word/document.xml")


@pytest.fixture
def asked(form):
    return form.field_at(("liitteet",))


def code_of(upload, asked):
    with pytest.raises(InvalidInput) as caught:
        accept_file(upload, asked=asked)
    return caught.value.problems[0].code


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("lausunto.PDF", b"%PDF-1.7\n", "application/pdf"),
        ("kuva.png", b"\x89PNG\r\n\x1a\n...", "image/png"),
        ("kuva.jpeg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("muistio.txt", "äiti\r\n".encode(), "text/plain"),
        ("kirje.docx", container(*WORD), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("kirje.odt", container("content.xml", first=[ODT_MARK]), "application/vnd.oasis.opendocument.text"),
    ],
)
def test_a_file_is_what_its_content_says(asked, name, content, media_type):
    assert accept_file(Upload(name, content), asked=asked).media_type == media_type


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("lausunto.pdf", b"MZ\x90\x00"),
        ("ohjelma.exe", b"MZ\x90\x00"),
        ("sivu.html", b"<script>"),
        ("kuva.svg", b"<svg onload='x'/>"),
        ("lausunto.pdf.exe", b"%PDF-1.7"),
        ("lausunto", b"%PDF-1.7"),
        ("kuva.png", b"\xff\xd8\xff"),
        ("muistio.txt", b"\x00\x01"),
        ("muistio.txt", b"\xff\xfe"),
        ("kirje.docx", b"PK\x03\x04" + b"rubbish" * 20),
        ("kirje.docx", container("muu.xml")),
        ("kirje.docx", container(*WORD, "word/vbaProject.bin")),
        ("kirje.odt", container("content.xml", "Basic/Standard/script-lb.xml", first=[ODT_MARK])),
        ("kirje.odt", container(*WORD)),
    ],
)
def test_other_files_are_refused(asked, name, content):
    assert code_of(Upload(name, content), asked) == "file_type"


def test_a_file_has_a_largest_size_and_is_not_empty(asked):
    assert code_of(Upload("a.pdf", b"%PDF-" + b" " * LARGEST_FILE_BYTES), asked) == "file_too_large"
    assert code_of(Upload("a.pdf", b""), asked) == "file_empty"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\fakepath\\lausunto.pdf", "lausunto.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("a\x00b\u202egpj.pdf", "abgpj.pdf"),
        ("ä" * 300 + ".pdf", "ä" * 146 + ".pdf"),
    ],
)
def test_a_file_name_is_only_a_name(asked, sent, kept):
    assert accept_file(Upload(sent, b"%PDF-1"), asked=asked).name == kept


def test_the_content_does_not_show_in_a_log(asked):
    upload = Upload("Matti Meikäläinen.pdf", b"%PDF-1 salaista")
    assert "salaista" not in repr(upload) + repr(accept_file(upload, asked=asked))
    assert "Matti" not in repr(upload) + repr(accept_file(upload, asked=asked))
