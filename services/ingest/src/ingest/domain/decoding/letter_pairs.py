"""How common pairs of Cyrillic letters are, in nine languages together: what tells one Cyrillic encoding from another.

Made by tests/experiments/letter_pairs.py from the training sentences of SIB-200 (Russian, Kazakh, Kyrgyz, Tajik,
Uzbek, Ukrainian, Bulgarian, Bashkir, Mongolian). A letter of the table is a rounded logarithm of how often a pair is
met, A for the most common and two thirds of a nat less for each letter after it.
"""

LETTERS = " абвгдежзийклмнопрстуфхцчшщъыьэюяёәіңғүұқөһӣӯҷҳўїєґ"
"""First and second letters, in the order of rows and columns; the space is the edge of a word."""

_ROWS = (
    "WHHHJHJJIILHJHHHHJHHJKJLJJMWLWJMKMLLWNLNKKLWPMKWPOS",  # ' '
    "GKKJJJLLJLIJHJHPLHIILLKLLKNNWWQLKNWWNLWWLWNTWPLWPNW",  # 'а'
    "LIQPSPKWSJWPLQNIWLOQKWOUTUONKTOROTNMWWMNSMWQTWQWWWW",  # 'б'
    "IISNOOJPOJWMLOLJOLLMMRPPNNRNLONWNQSLWUUWRQWPWQRWWWW",  # 'в'
    "JIPQPMKQUJWPLQNISKONLUQQNRWRMWLSWWMMWWMWWMWPRWQWWWW",  # 'г'
    "JHQLNMJMQJWNLPKJOLMOKWQPQPUOKOLQNPMLWWNSQMWQSWQWWWW",  # 'д'
    "HMLLKJMMKPKJJJHMLIJIONMNLLMQWWROOPWUMUNWSWPSWSOWSSU",  # 'е'
    "LKPTRMJRWLWPOSLMWPRQNWUWQWWTNSNUSSMPWUNPWPWWWWWWWWW",  # 'ж'
    "JJNLMLMRRKWNNLLLONPPMWRSRSUQMPORORUNWQNWUPWQSWPWWWU",  # 'з'
    "GLLKKKKMJKJJIJILMJJJOMKLKKPURWQMJNQQOPWWMWSSWPNWSSW",  # 'и'
    "IRONLLOPPMUOLNKNQMLLRUORPOWULWWUQONOWRQWRPPUWWQWWWW",  # 'й'
    "JITNQPJNSIUNLNOIRLLKKWQNPOPOMUPTUSMLWWLWULSRPSRWWWW",  # 'к'
    "JHNQKKIMPIWMLMLJQRLLKSOPOQTPKJMLKOMLWMNWPMPPUWPWWWW",  # 'л'
    "IINROLINQJUMMNLJLOONKQRQOPWQLONSNQMMWRNPUNURQSPWWWW",  # 'м'
    "HHOPJIIPOHWLMPKIQOKKKNNMMNRPILMPLPMLWONSRNSOQPNWWTT",  # 'н'
    "HOJIJJLKKKJKIJILKIIINMLMLLNTWWPMLOWWOOWWMWTQWQMWNQW",  # 'о'
    "KJUTRTKWULWPLTOININMLUWRQQTNNPURPUSMWWSURTWSSWSWWWW",  # 'п'
    "IHNMKJINOISLLLKIPNLKJPMONMSOJNMPMPNLWMNSNNPOOSOWWWU",  # 'р'
    "JJNLONJUWJWJKMLJKMLHKOOOOOTMKLMQKONMWWNROMTQRURWWWW",  # 'с'
    "IHNKNNITSIULLNKHPJKKJQPTNQSOJJMPMQMLWTLOPMRPQWOWWWW",  # 'т'
    "IMMLLKNMMONLJLJPLJKKKPNPLLNTMWOLPRTOONWWOWUWWPOWSOW",  # 'у'
    "NLWWPTMWRLWSNWRLWMQNNNWWUSWURRTWWWQPWSUWUWSRWWTWWWW",  # 'ф'
    "JKRPQQNUULWUPPMKUOONMTRRUPWSOPMTPWOPWWNWUOWTQWTWWWW",  # 'х'
    "NMRRSRLWSKWQQURPWURROWTWWWWSPPOQOWWMWWSWWQWWWWWWWWW",  # 'ц'
    "MKTPSQJTWKWNOSLNUPRLMWRUQOWTNPQWTOWPWWNWUPWRUWTWWWW",  # 'ч'
    "KKQOOOKUWKWMMPNMRNRLLRRWRUWUMPQSTSPMWSOSOORSUTQWWWW",  # 'ш'
    "QMWWWWLWWMWWWWRMWSWSPWWWWWWWWQWWUQWSWWWWWWWWWWWWWWW",  # 'щ'
    "QQQPQOOROQRPOOOQPMONUTSSQUPWWWWRPRWWWWWWUWWTWWSWWWW",  # 'ъ'
    "IWOMMOLOMRLMKLJWMLLMMULWOMTWWWWUOWWWLMWWMWQWWWWWWWW",  # 'ы'
    "JWPPRNNRNSRMUOLNQWLNWQWPRMSWWWWNNRTWWUWWWWWWWWWWUUU",  # 'ь'
    "MWQNLMSNRWNMLMLUQLMLWPNQSPWQWWLWTWWWPWWWWUWWWTPWWWW",  # 'э'
    "KQOPPNUPPURPONOWTPPLPUWQNQMWWWUQWWWUURWWQWWWWWWWWRW",  # 'ю'
    "IQOMNMNPNPQLLMLWONMKQWNOOPOSWWWNQWWWPPWWOWOWWURWWRW",  # 'я'
    "MWQQRPWTPSROPPNUTNPNSQQWWQWWWWWWWWWWWWWWSWWUWTOWWWW",  # 'ё'
    "KWPUOPWQTTMMMMKWQLOMQRPWWPWWWRWWWWUWTPOWWWPWWWWWWWW",  # 'ә'
    "JPPMNMTPMWNMLNKPOLMNTSQQOOSWWWWPOWWUNWWWWWWWWWWWNPU",  # 'і'
    "KPTWOPPWWPWRQUTSWWTQQWWWUTWWNWUWWWSOWOQWSWWWWWWWWWW",  # 'ң'
    "SKUUTPUURQRWQWROWTWSQWWWWWWWLWWWWWOWWWTUWUWUWWSWWWW",  # 'ғ'
    "LUPTNONSNWMNMNLWOLNNWWOSNNWWWWWWWWSWQWLWWWWWWWWWWWW",  # 'ү'
    "TWSWWTWRQWQWNQQWSNPSWWRWWQWWWWWWTWWWTSWTQWWWWWWWWWW",  # 'ұ'
    "LKUTWPQUULUTOTRMQQOMOWSWRPWWNWWWWRWWWWSOOWWRUWTWWWW",  # 'қ'
    "LWPOMNWRNUOOLNLWNLNMWWPUQOWWWWWWWWWWQUQWWMRWWWWWWWW",  # 'ө'
    "WNUWWWNWWPWWWWWQWWWUOWWWWWWWMWWWWWMWWWQWWQWWWWWWWWW",  # 'һ'
    "LWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",  # 'ӣ'
    "PWTWWRWWOPSTRTWWUPSSWSTWUQWRWWWWSTWWWUWWWWWUWUPWWWW",  # 'ӯ'
    "RNUWWWSWUPWWUSWNWRWUOWWWWUWWWWUWWWWWWWWWWWWTRSSWWWW",  # 'ҷ'
    "OKRRUQPWTMWSQPQKUOPONUUWWSWWWWUUWUWWWWWWSWWPWWQWWWW",  # 'ҳ'
    "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",  # 'ў'
    "MWWTWUWRQWSWTSPWUWTSWWQWWWWWWWWWWWWWWWWWWWWWWWWWRWW",  # 'ї'
    "NWWRUQWWWWWRWSRWWRSOWUWUWWWWWWWQWWWWWWWWWWWWWWWWRWW",  # 'є'
    "WUWWWWWWWWWWUWWSWTUWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",  # 'ґ'
)
_STEP_NATS = 2 / 3
_RARE = -25 * _STEP_NATS
"""What a pair of letters that no language of the table has costs."""

_NO_LETTER = _RARE * 1.5
"""What a letter beside something that belongs into no word costs: a box, a control, half a capital."""

_PAIRS = {
    first + second: -_STEP_NATS * (ord(mark) - ord("A"))
    for first, row in zip(LETTERS, _ROWS, strict=True)
    for second, mark in zip(LETTERS, row, strict=True)
}
_ASCII_EDGES = frozenset(" \t\n\r!\"#$%&'()*+,-./0123456789:;<=>?@[\\]^_`{|}~")
_SYMBOL_NATS = {
    **dict.fromkeys("«»—\xa0", -4.0),
    **dict.fromkeys("“”„–…№’", -5.5),
    **dict.fromkeys("‘‚‹›•§©®™°·€", -8.0),
}
"""What a sign between words costs on each of its sides: no less than a letter, or signs would win over capitals."""

_SILENT = "\xad"


def plausibility(first: str, second: str) -> float:
    """Return the logarithm of how likely two characters are side by side in a Cyrillic text; 0 for two of ASCII.

    Args:
        first: one character.
        second: the one after it.
    """
    if _SILENT in {first, second}:
        return 0.0
    signs = [_SYMBOL_NATS[one] for one in (first, second) if one in _SYMBOL_NATS]
    if signs:
        return sum(signs)
    one, two = _folded(first), _folded(second)
    if one == " " == two:
        return 0.0
    if not one or not two:
        return _NO_LETTER
    if one != " " != two and first == one and second != two:
        return _NO_LETTER  # a capital after a small letter
    return _PAIRS.get(one + two, _RARE)


def _folded(character: str) -> str:
    """Return a letter in small, a space for what stands between words, nothing for what does neither."""
    if character in _ASCII_EDGES:
        return " "
    small = character.lower()
    return small if small.isalpha() and len(small) == 1 else ""
