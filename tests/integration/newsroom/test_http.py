"""The newsroom over HTTP: validators, pages, control, and going on after a stop."""

import re

import httpx2

from shared.testing.eventually import eventually
from silkwire.newsroom.sources import sources
from tests.integration.newsroom.conftest import Serve


async def test_a_feed_is_answered_304_until_a_title_is_edited(serve: Serve) -> None:
    async with serve() as client:
        for item in sources():
            path = f"/s/{item.id}/feed"
            first = await client.get(path)
            assert first.status_code == 200
            assert first.headers["content-type"].endswith(f"charset={item.charset}")
            for headers in (
                {"If-None-Match": first.headers["etag"]},
                {"If-None-Match": f'"other", W/{first.headers["etag"]}'},
                {"If-Modified-Since": first.headers["last-modified"]},
                {
                    "If-None-Match": first.headers["etag"],
                    "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT",
                },
            ):
                again = await client.get(path, headers=headers)
                assert (again.status_code, again.content) == (304, b""), headers
                assert again.headers["etag"] == first.headers["etag"]
            for headers in (
                {"If-None-Match": '"other"', "If-Modified-Since": first.headers["last-modified"]},
                {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
                {"If-Modified-Since": "not a date"},
            ):
                assert (await client.get(path, headers=headers)).status_code == 200, headers


async def test_an_edited_title_is_served_with_a_new_validator(serve: Serve) -> None:
    async with serve() as client:
        article = (await client.get("/_control/articles")).json()[0]
        path = f"/s/{article['source']}/feed"
        before = await client.get(path)
        edit = {"source": article["source"], "guid": article["id"], "title": "A corrected title"}
        assert (await client.post("/_control/edit", json=edit)).status_code == 204
        after = await client.get(path, headers={"If-None-Match": before.headers["etag"]})
        assert after.status_code == 200
        assert "A corrected title" in after.text
        assert (await client.get(path, headers={"If-None-Match": after.headers["etag"]})).status_code == 304


async def test_an_edit_of_an_unknown_article_is_a_404(serve: Serve) -> None:
    async with serve() as client:
        edit = {"source": "naryn-wire", "guid": "none", "title": "New"}
        assert (await client.post("/_control/edit", json=edit)).status_code == 404


async def test_two_thousand_numbered_articles_are_all_in_the_feeds(serve: Serve) -> None:
    async with serve() as client:
        assert (await client.post("/_control/publish", json={"count": 2000})).status_code == 204
        found = set()
        for item in sources():
            feed = (await client.get(f"/s/{item.id}/feed")).text
            found |= {int(number) for number in re.findall(r">Numbered notice (\d+)<", feed)}
            found |= {int(number) for number in re.findall(r'"title": "Numbered notice (\d+)"', feed)}
        assert found == set(range(1, 2001))


async def test_a_second_start_serves_the_same_bytes(serve: Serve) -> None:
    async with serve() as client:
        await client.post("/_control/publish", json={"count": 20})
        first = {item.id: await client.get(f"/s/{item.id}/feed") for item in sources()}
    async with serve() as client:
        for item in sources():
            again = await client.get(f"/s/{item.id}/feed")
            assert again.content == first[item.id].content
            assert again.headers["etag"] == first[item.id].headers["etag"]


async def test_articles_arrive_by_themselves_and_control_is_shut_by_default(serve: Serve) -> None:
    async with serve(arrivals_every_s=0.05) as client:
        assert (await client.get("/_control/articles")).status_code == 404
        assert (await client.post("/_control/publish", json={"count": 1})).status_code == 404
        await eventually(lambda: twenty_arrived(client), within_s=60, what="twenty arrivals")


async def twenty_arrived(client: httpx2.AsyncClient) -> bool:
    feeds = [(await client.get(f"/s/{item.id}/feed")).text for item in sources()]
    return sum(len(set(re.findall(r"2026:arrival-[a-z0-9-]+", feed))) for feed in feeds) >= 20


async def test_links_lead_to_pages_that_say_what_they_are(serve: Serve) -> None:
    async with serve() as client:
        feed = (await client.get("/s/caravan-desk/feed")).text
        links = re.findall(r"<link>(http://[^<]+/s/caravan-desk/[^<]+)</link>", feed)
        page = await client.get(links[0])
        assert page.status_code == 200
        for path in (links[0], links[-1], "/", "/s/naryn-wire/"):
            assert "invented" in (await client.get(path)).text
        for path in ("/s/caravan-desk/none", "/s/none/feed", "/s/none/", "/s/naryn-wire/central-asia-asks"):
            assert (await client.get(path)).status_code == 404


async def test_the_banks_answer_on_their_own_paths(serve: Serve) -> None:
    async with serve() as client:
        kinds = {
            "/rss/rates_all.xml": "text/xml",
            "/rss/get_rates.cfm?fdate=01.01.2020": "text/xml",
            "/rss/get_rates.cfm?fdate=nonsense": "text/xml",
            "/XML/daily.xml": "text/xml",
            "/index1.jsp?item=1562&lang=ENG&valuta_id=15&beg_day=31&beg_month=02&beg_year=2026": "text/html",
            "/en/kurs/export_xml.php?date=2026-01-01&export=xmlout": "text/xml",
            "/en/kurs/export_xml.php?date=2026-01-01": "text/html",
            "/ru/kurs/export_xml.php?date=nonsense&export=xmlout": "text/xml",
            "/en/arkhiv-kursov-valyut/json/": "application/json",
            "/uz/arkhiv-kursov-valyut/json/all/2020-01-01/": "application/json",
        }
        for path, kind in kinds.items():
            answer = await client.get(path)
            assert answer.status_code == 200, path
            assert answer.headers["content-type"].startswith(kind), path
        daily = await client.get("/XML/daily.xml")
        again = await client.get("/XML/daily.xml", headers={"If-None-Match": daily.headers["etag"]})
        assert again.status_code == 304
        assert "etag" not in (await client.get("/rss/rates_all.xml")).headers
