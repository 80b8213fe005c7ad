"""Parameters of an address that say where a reader came from, never what is shown.

Gathered from the cleaners of other readers (miniflux `internal/reader/urlcleaner`, whose Russian ones are only
Yandex's) and from addresses of the region's publishers, who mark their own feeds by `from=rss` and the like.
"""

import re

_ALWAYS = re.compile(
    r"(?:utm_\w*|mtm_\w+|pk_(?:campaign|kwd|keyword|source|medium|content)|piwik_\w+"  # any counter, Matomo
    r"|_openstat|yclid|ysclid|ymclid|yadclid|yadordid|etext|rb_clickid|frommail|vk_ref|ok_ref"  # Russian services
    r"|fbclid|fb_(?:action_ids|action_types|comment_id|ref|source)|mibextid|igshid|igsh|twclid|ttclid|li_fat_id"
    r"|__twitter_impression|gclid|gclsrc|dclid|gbraid|wbraid|gad_(?:source|campaignid)|srsltid|_ga|_gl|msclkid"
    r"|mc_(?:cid|eid|tc)|mkt_tok|_hs(?:enc|mi)|__hs(?:fp|sc|tc)|hsctatracking|hsa_\w+|vero_(?:id|conv)|wickedid"
    r"|oly_(?:anon|enc)_id|ml_subscriber(?:_hash)?|ck_subscriber_id|sc_cid|s_cid|s_kwcid|zanpid|spm|xtor|cmpid|ncid"
    r"|at_(?:medium|campaign|custom\d|format|link_\w+|recipient_\w+)|ns_(?:campaign|mchannel|source|linkname|fee)"
    r"|guccounter|guce_referrer(?:_sig)?|feed(?:name|type)|sr_share|share_from|shared_from|rss_feed_id"
    r"|phpsessid|jsessionid|aspsessionid\w*|cftoken)\Z",  # another one for each visit
    re.IGNORECASE,
)
_BY_VALUE = re.compile(
    r"(?:from|ref|referer|referrer|source|src|partner|emc|cmp|via|rss)"
    r"(?:=(?:rss(?:[._-]?\w*)?|feed|feedburner|atom|yandex(?:[._-]?\w*)?|dzen|zen|google(?:[._-]?news)?|telegram|tg"
    r"|facebook|fb|twitter|vk|whatsapp|push|mailru|rambler(?:[._-]?\w*)?)?)?\Z",
    re.IGNORECASE,
)
"""Names that others use for what is shown: tracking only with such a value, or with none."""


def is_tracking(pair: str) -> bool:
    """Return whether `name=value` of a query only tells where the reader came from."""
    return bool(_ALWAYS.match(pair.split("=", 1)[0]) or _BY_VALUE.match(pair))
