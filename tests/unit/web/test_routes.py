"""Routes read addresses, and still write them for whoever asks."""

from flask import Flask, url_for

from app.web.routes import ReadingRule


def test_an_address_is_written_when_it_is_asked_for_as_flask_would_write_it():
    written = []
    for kind in (Flask.url_rule_class, ReadingRule):
        app = Flask("app", static_folder=None)
        app.url_rule_class = kind
        app.add_url_rule("/cases/<key>/plan/<int:number>", "plan", lambda key, number: f"{key} {number}")
        with app.test_request_context():
            written.append([url_for("plan", key="ä 1", number=7, after="x y"), url_for("plan", key="b", number=8)])
        assert app.test_client().get("/cases/c/plan/9").text == "c 9"
    assert (
        written[0]
        == written[1]
        == [
            "/cases/%C3%A4%201/plan/7?after=x+y",
            "/cases/b/plan/8",
        ]
    )
