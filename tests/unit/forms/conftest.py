from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.domain.answers import StoredFile
from app.domain.forms import Option
from app.engine.forms import Around, read_form

EXAMPLE = Path(__file__).parent / "example_form.json"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Europe/Helsinki"))


def option(value, text):
    return Option(value, {"fi": text, "sv": text, "en": text})


CHOICES = {
    "languages": [option("fi", "suomi"), option("sv", "ruotsi"), option("muu", "muu")],
    "services": [option(f"sv_{number}", f"Palvelu {number}") for number in range(8)],
    "users": [option("101", "Riikka Ranta"), option("102", "Oskari Oja")],
    "organisations": [option("o_sote_keskus", "Sote-keskus"), option("o_kela", "Kela")],
}
STORED = StoredFile(key="77", name="lausunto.pdf", media_type="application/pdf", size=1200, sha256="ab" * 32)


@pytest.fixture(scope="session")
def form():
    return read_form(EXAMPLE.read_bytes())


@pytest.fixture
def around():
    return Around(now=NOW, contexts={"asia": {"ika": 25}}, choices=CHOICES, documents={"77": STORED})


@pytest.fixture
def filled():
    """A right submission of the example form, as a browser sends it."""
    return {
        "hetu_puuttuu": ["false"],
        "hetu": ["140590-903d"],
        "nimi": ["Matti Meikäläinen"],
        "puhelin": ["040 123 4567"],
        "kieli": ["fi"],
        "turvakielto": [""],
        "yhteydenoton_syy": ["Flunssa on\r\npitkittynyt"],
        "tyotilanne": ["tyoton"],
        "tyoterveyshuolto": ["ei_tietoa"],
        "tyottomyys_alkanut": ["1.10.2024"],
        "kaynnit_12kk": [" 12 "],
        "tyokyky": ["7,5"],
        "tarpeet": ["N01", "N02"],
        "kiireellinen": ["false"],
        "aika": ["9.3.2026 klo 13.00"],
        "paatos": ["TIIMI"],
        "vastuuhenkilo": ["101"],
        "taho": ["o_kela"],
        "suostumus_id": [""],
        "toimenpiteet-0-_row": ["1"],
        "toimenpiteet-0-toimenpide": ["Varaa aika"],
        "toimenpiteet-0-palvelu": ["sv_1"],
        "toimenpiteet-0-toistaiseksi": ["false"],
        "toimenpiteet-0-valmis": ["2026-04-01"],
        "toimenpiteet-0-huomio": ["Selkä"],
        "toimenpiteet-7-_row": ["1"],
        "toimenpiteet-7-toimenpide": ["Soita"],
        "toimenpiteet-7-toistaiseksi": ["true"],
    }
