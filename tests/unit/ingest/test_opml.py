"""The list of sources."""

import pytest

from ingest.domain.sources.opml import OpmlError, parse_opml
from ingest.domain.sources.source import Source


def opml(body: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0"><body>{body}</body></opml>'.encode()


def sources(body: str) -> tuple[Source, ...]:
    listed = parse_opml(opml(body), "list.opml")
    assert listed.faults == ()
    return listed.sources


def test_a_row_gives_all_its_attributes() -> None:
    (source,) = sources(
        '<outline text="T" title="24.kg" xmlUrl="https://24.kg/rss/" htmlUrl="https://24.kg" language="ru-RU" '
        'id="24-kg" outlet="24.kg news" country="kg" rights="full" interval="300"/>'
    )
    assert source == Source(
        id="24-kg", url="https://24.kg/rss/", name="24.kg", outlet="24.kg news", country="KG", language="ru",
        rights="full", interval_s=300.0, link="https://24.kg/",
    )  # fmt: skip


def test_what_is_not_said_has_a_default() -> None:
    (source,) = sources('<outline text="T" xmlUrl="https://www.24.kg/rss/"/>')
    assert (source.name, source.outlet, source.rights) == ("T", "24.kg", "excerpt")
    assert (source.country, source.language, source.interval_s, source.link) == (None, None, None, None)
    assert source.id.startswith("24-kg-")


def test_an_id_is_the_same_at_every_reading() -> None:
    row = '<outline text="T" xmlUrl="https://24.kg/rss/"/>'
    assert sources(row) == sources(row)


def test_groups_hand_their_attributes_down() -> None:
    first, second = sources(
        '<outline text="Kyrgyzstan" country="KG" language="ky" rights="title">'
        '<outline text="A" xmlUrl="https://a.kg/rss"/>'
        '<outline text="B" xmlUrl="https://b.kg/rss" language="ru"/></outline>'
    )
    assert (first.country, first.language, first.rights) == ("KG", "ky", "title")
    assert (second.country, second.language, second.rights) == ("KG", "ru", "title")


@pytest.mark.parametrize(
    ("attributes", "complaint"),
    [
        ('xmlUrl="ftp://a.kg/rss"', "no http or https address"),
        ('xmlUrl="https://me:secret@a.kg/rss"', "holds a user name"),
        ('xmlUrl="https://a.kg/rss" country="Kyrgyzstan"', "country is not two letters"),
        ('xmlUrl="https://a.kg/rss" language="кыргызча"', "language is not a code"),
        ('xmlUrl="https://a.kg/rss" rights="all"', "rights is none of title, excerpt, full"),
        ('xmlUrl="https://a.kg/rss" interval="often"', "interval is not a number"),
        ('xmlUrl="https://a.kg/rss" interval="-5"', "interval is not between"),
        ('xmlUrl="https://a.kg/rss" interval="nan"', "interval is not between"),
        ('xmlUrl="https://a.kg/rss" id="Ä b"', "id has other than"),
        ('xmlUrl="http://good.kg/rss/"', "a second row with the same address"),
    ],
)
def test_a_bad_row_is_told_and_the_others_kept(attributes: str, complaint: str) -> None:
    good = '<outline text="Good" xmlUrl="https://good.kg/rss"/>'
    listed = parse_opml(opml(f'{good}<outline text="Bad" {attributes}/>'), "list.opml")
    assert [source.name for source in listed.sources] == ["Good"]
    (fault,) = listed.faults
    assert fault.row == "Bad"
    assert complaint in fault.reason


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"outlet\tcountry\nA\tKG\n", r"list\.opml, line 1: not XML", id="a table"),
        pytest.param(b"", r"list\.opml, line 1: not XML", id="nothing"),
        pytest.param(
            b"<opml>\n<body>\n<outline></body></opml>", r"list\.opml, line 3: not XML", id="wrong nesting"
        ),
        pytest.param(b"<html><body/></html>", r"list\.opml: the root element is <html>", id="HTML"),
        pytest.param(b'<!DOCTYPE o [<!ENTITY a "x">]><opml>&a;</opml>', "declares entities", id="entities"),
    ],
)
def test_what_is_no_opml_names_file_and_line(data: bytes, message: str) -> None:
    with pytest.raises(OpmlError, match=message):
        parse_opml(data, "list.opml")


def test_a_mislabelled_list_is_read() -> None:
    body = '<outline text="Новости" xmlUrl="https://a.kg/rss"/>'
    data = f'<?xml version="1.0" encoding="utf-8"?><opml><body>{body}</body></opml>'.encode("cp1251")
    assert parse_opml(data, "list.opml").sources[0].name == "Новости"


def test_full_text_and_time_zone_are_settings_of_a_source_and_groups_hand_them_down() -> None:
    """The list says which feeds carry only a beginning, and in whose clock a publisher writes."""
    listed = parse_opml(
        b'<opml><body><outline text="g" fullText="true" timeZone="Asia/Bishkek">'
        b'<outline text="a" xmlUrl="https://a.kg/rss"/>'
        b'<outline text="b" xmlUrl="https://b.kg/rss" fullText="false" timeZone="Asia/Almaty"/></outline></body></opml>',
        "s.opml",
    )
    assert [(one.full_text, one.time_zone) for one in listed.sources] == [
        (True, "Asia/Bishkek"),
        (False, "Asia/Almaty"),
    ]


def test_a_wrong_full_text_flag_or_time_zone_costs_its_row_and_says_what_would_be_right() -> None:
    """The others of the list are kept."""
    listed = parse_opml(
        b'<opml><body><outline text="a" xmlUrl="https://a.kg/rss" fullText="yes"/>'
        b'<outline text="b" xmlUrl="https://b.kg/rss" timeZone="Bishkek"/>'
        b'<outline text="c" xmlUrl="https://c.kg/rss"/></body></opml>',
        "s.opml",
    )
    assert [one.name for one in listed.sources] == ["c"]
    assert [fault.reason for fault in listed.faults] == [
        "fullText is neither true nor false: yes",
        "timeZone is no IANA name, such as Asia/Bishkek: Bishkek",
    ]
