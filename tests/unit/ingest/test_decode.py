"""Bytes to text: the encoding that is really there."""

import codecs
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.decoding.decode import decode
from ingest.domain.fetching.outcomes import Reason, UnreadableFeedError

RUSSIAN = "Привет, Бишкек: новости на сегодня"
BODY = f"<rss><channel><title>{RUSSIAN}</title></channel></rss>"


def prolog(encoding: str | None) -> str:
    return "<?xml version='1.0'?>" if encoding is None else f'<?xml version="1.0" encoding="{encoding}"?>'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param((prolog("utf-8") + BODY).encode(), None, id="utf-8, declared"),
        pytest.param(BODY.encode(), None, id="utf-8, no declaration"),
        pytest.param((prolog("windows-1251") + BODY).encode(), None, id="declared windows-1251, bytes utf-8"),
        pytest.param((prolog("windows-1251") + BODY).encode("cp1251"), None, id="windows-1251, declared"),
        pytest.param(
            ("\n\n" + prolog("windows-1251") + BODY).encode("cp1251"), None, id="blank line before prolog"
        ),
        pytest.param((prolog(None) + BODY).encode("cp1251"), None, id="windows-1251, no declaration"),
        pytest.param(BODY.encode("cp1251"), "text/xml; charset=windows-1251", id="by the HTTP header"),
        pytest.param(
            (prolog("utf-8") + BODY).encode("cp1251"), None, id="declared utf-8, bytes windows-1251"
        ),
        pytest.param(
            (prolog("iso-8859-1") + BODY).encode("cp1251"), None, id="declared Latin-1, bytes Cyrillic"
        ),
        pytest.param(
            BODY.encode("cp1251"), "text/xml; charset=ISO-8859-1", id="the server's default charset"
        ),
        pytest.param((prolog("koi8-r") + BODY).encode("koi8-r"), None, id="koi8-r"),
        pytest.param((prolog("win-1251") + BODY).encode("cp1251"), None, id="a nickname of windows-1251"),
        pytest.param(codecs.BOM_UTF8 + (prolog("utf-8") + BODY).encode(), None, id="utf-8 with a mark"),
        pytest.param((prolog("utf-16") + BODY).encode("utf-16"), None, id="utf-16 with a mark"),
        pytest.param((prolog("utf-16") + BODY).encode("utf-16-le"), None, id="utf-16 without a mark"),
        pytest.param((prolog("utf-16") + BODY).encode("utf-16-be"), None, id="utf-16, other end first"),
        pytest.param((prolog("utf-32") + BODY).encode("utf-32"), None, id="utf-32 with a mark"),
        pytest.param((prolog("utf-32") + BODY).encode("utf-32-le"), None, id="utf-32 without a mark"),
        pytest.param((prolog("utf-32") + BODY).encode("utf-32-be"), None, id="utf-32, other end first"),
        pytest.param(BODY.encode("koi8-r"), None, id="koi8-r, no declaration"),
        pytest.param(
            (prolog("windows-1251") + BODY).encode("koi8-r"), None, id="declared windows-1251, koi8-r"
        ),
        pytest.param(BODY.encode("cp866"), None, id="ibm866, no declaration"),
        pytest.param(BODY.encode("cp855"), None, id="ibm855, no declaration"),
        pytest.param(BODY.encode("iso8859-5"), None, id="iso-8859-5, no declaration"),
        pytest.param(
            (prolog("x-mac-cyrillic") + BODY).encode("mac-cyrillic"), None, id="MacCyrillic, declared with x-"
        ),
        pytest.param((prolog("DOS-866") + BODY).encode("cp866"), None, id="a nickname of ibm866"),
        pytest.param((prolog("koi8r") + BODY).encode("koi8-r"), None, id="a nickname of koi8-r"),
        pytest.param(
            (prolog("unicode_escape") + BODY).encode("cp1251"), None, id="a codec that is no encoding"
        ),
        pytest.param(("<br />Warning: x\n" + prolog("utf-8") + BODY).encode(), None, id="PHP warning first"),
        pytest.param(BODY.replace("новости", "ново\x0bсти").encode(), None, id="control character"),
    ],
)
def test_cyrillic_survives_every_label(body: bytes, content_type: str | None) -> None:
    assert decode(body, content_type).text == BODY


def test_one_broken_byte_does_not_make_utf8_something_else() -> None:
    body = BODY.encode().replace("сегодня".encode(), "сегодн".encode() + b"\xd1")
    decoded = decode(body)
    assert decoded.encoding == "utf-8"
    assert decoded.text == BODY.replace("сегодня", "сегодн\ufffd")
    assert decoded.flaw == "characters replaced"


def test_kazakh_letters_are_read_in_their_own_encoding() -> None:
    """Kazakhstan's standard STRK1048 is windows-1251 with other letters in places; some ministries use it."""
    body = "<rss><title>Қазақстанның жаңалықтары: Үкімет әлеуметтік көмек туралы</title></rss>"
    assert decode(body.encode("kz1048")).text == body


def test_a_script_of_its_own_is_believed_by_its_label() -> None:
    """A Greek or Chinese feed is not read as odd Cyrillic."""
    for text, label in (("Ελληνικά νέα από την Αθήνα", "windows-1253"), ("中文新闻今天在北京", "gb2312")):
        body = f'<?xml version="1.0" encoding="{label}"?><rss><title>{text}</title></rss>'
        assert text in decode(body.encode("gb18030" if label == "gb2312" else "cp1253")).text


def test_latin_letters_are_not_taken_for_cyrillic() -> None:
    body = "<rss><title>Café à la carte, naïve façade</title></rss>"
    assert decode(body.encode("latin-1")).text == body


def test_junk_before_the_prolog_is_told() -> None:
    assert "Notice" in (decode(b"Notice: oops <?xml version='1.0'?><rss/>").flaw or "")


@pytest.mark.parametrize(
    "before",
    [
        '{"items": [{"content_html": "',
        "<rss><description><![CDATA[",
        "<!DOCTYPE html><html><title>News</title><body>",
    ],
    ids=["JSON Feed", "RSS", "a page"],
)
def test_the_declaration_of_a_picture_within_a_document_is_not_its_beginning(before: str) -> None:
    """An SVG in the first article took the whole feed with it."""
    document = f"{before}<?xml version='1.0' encoding='UTF-8'?><svg/> and so on"
    assert decode(document.encode()).text == document


def test_a_feed_that_a_script_printed_into_a_page_is_found() -> None:
    assert decode(b"<html><body>\n<?xml version='1.0'?>\n<rss><channel/></rss>").text.startswith("<rss>")


@pytest.mark.parametrize(
    "body",
    [b"", b"  \n ", codecs.BOM_UTF8, b"\x00\x01", b"<?xml version='1.0'?>\n"],
    ids=["nothing", "blank", "mark", "controls", "a declaration alone"],
)
def test_a_body_without_text_is_empty(body: bytes) -> None:
    with pytest.raises(UnreadableFeedError) as caught:
        decode(body)
    assert caught.value.reason is Reason.EMPTY


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Cf"])))
def test_utf8_text_comes_back_as_it_was(text: str) -> None:
    document = f"<rss>{text}</rss>"
    assert decode(document.encode()).text == document.strip()


@given(st.binary(min_size=1), st.one_of(st.none(), st.text(max_size=60)))
def test_no_bytes_and_no_header_crash_it(body: bytes, content_type: str | None) -> None:
    with suppress(UnreadableFeedError):
        assert decode(body, content_type).text
