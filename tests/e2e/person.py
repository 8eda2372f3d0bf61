"""Somebody at the desk: sees what shows, reads it, presses what a newcomer would press. Knows names and passwords, not the program."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from stage import SCREEN, Stage, Thing

PASSWORD = "praktik"
ROLES = {"Petugas loket": "rina", "Operator": "rina", "Petugas penyerahan": "rina", "Verifikator": "anton", "Validator": "kasi",
         "Kepala Seksi": "kasi", "Camat": "camat", "Supervisor": "camat", "Administrator": "camat"}
OWNED = re.compile(r"Langkah ini milik (.+?)(?: atau .+)?\.?$|Langkah \S+ dikerjakan oleh: ([^.,]+)")
YES = ("Saya mengerti", "Sudah benar", "Setuju", "Saya setuju")
"""What an applicant touches on the second screen."""
AFTER_S = 25.0
SIGN_OUT, CLOSE = "Keluar", "Tutup aplikasi"
LEADER = "Nama pengguna supervisor atau admin"
OFFICER = re.compile(r"Meja ?\d")
PAGE_TOP, PAGE_END = 90, 670
"""Between the header and the buttons below: what a scrolled page shows."""
PATIENCE_S = 900.0
BUTTONS = ("push button", "button")
SIGNS = {" ": "Spasi", "-": "Tanda hubung", "'": "Petik", ",": "Koma", ".": "Titik", "/": "Garis miring"}
BOARD = (*SIGNS.values(), "Enter", "Isian berikut", "Huruf", "Hapus")
ON_SCREEN = {"Tab": "Isian berikut", "Return": "Enter"}
EDITORS = ("text", "entry", "password text")
Seen = list[Thing]


@dataclass(frozen=True)
class Applicant:
    """What the newcomer at the counter says and shows."""

    nik: str
    typed: dict[str, str]
    """Label of an entry to what is typed there, in the form's order."""

    @property
    def nama(self) -> str:
        return self.typed["Nama lengkap"]


@dataclass
class Person:
    """``mouse``, ``keys``: what this person uses; at least one."""

    stage: Stage
    mouse: bool = True
    keys: bool = True
    user: str = ""
    told: Callable[[str], None] = lambda text: None
    events: Counter[str] = field(default_factory=Counter)
    at_card: bool = False
    """The applicant's card was pressed and nothing since: what the page says is about her, also where it shows no name."""
    board: dict[str, Thing] = field(default_factory=dict)
    """Keys of the keyboard on the screen, as last seen."""

    # -- hands ----------------------------------------------------------------------------------------------------------

    def key(self, *keys: str) -> None:
        """By hand, else the button that does the same."""
        if self.keys:
            self.events["keys"] += len(keys)
            self.stage.key(*keys)
            return
        for key in keys:
            if key in ON_SCREEN:
                self._screen_key(ON_SCREEN[key])
                self.board = {}
            elif key != "ctrl+a":  # the fields a finger comes to are empty
                button = self.wait(key, lambda seen, key=key: next(  # type: ignore[misc]
                    (t for t in seen if t.role in BUTTONS and t.text.endswith(f"({key})") and t.enabled), None))
                assert isinstance(button, Thing)
                self.click(button)

    def type(self, text: str) -> None:
        if self.keys:
            self.events["keys"] += len(text)
            self.stage.type(text)
            return
        for letter in text.lower():
            self._screen_key(SIGNS.get(letter, letter))

    def _screen_key(self, name: str) -> None:
        """A key of the keyboard on the screen; digits and letters may be on another sheet of it."""
        end = time.monotonic() + 60.0
        while time.monotonic() < end:
            found = next((self.board[n] for n in (name, name.upper()) if n in self.board), None)
            if found is not None:
                if len(name) > 1:
                    self.told(f"screen key {name} at {found.x}, {found.y}, {found.width} x {found.height}")
                self.stage.click(found)
                self.events["clicks"] += 1
                return
            self._look_at_board()
            if name not in self.board and name.upper() not in self.board and "Huruf" in self.board:
                self.stage.click(self.board["Huruf"])
                self.board = {}
        raise AssertionError(f"no key {name!r} on the screen: {sorted(self.board)}")

    def _look_at_board(self) -> None:
        """Where the keys lie; looked at anew after the keyboard moved to another field."""
        seen = self.look(officer=True)
        self.board = {t.name: t for t in seen if t.role in BUTTONS and (len(t.name) == 1 or t.name in BOARD)}

    def _under_board(self, thing: Thing) -> bool:
        """The keyboard on the screen lies over it."""
        if self.keys:
            return False
        self._look_at_board()
        found = list(self.board.values())
        return bool(found) and min(k.y - k.height for k in found) < thing.y < max(k.y + k.height for k in found) \
            and min(k.x - k.width for k in found) < thing.x < max(k.x + k.width for k in found)

    def click(self, thing: Thing) -> None:
        assert self.mouse, thing
        self.events["clicks"] += 1
        self.told(f"click {thing.role} {thing.name!r}")
        self.board = {}
        self.stage.click(thing)

    # -- eyes -----------------------------------------------------------------------------------------------------------

    def look(self, *, officer: bool = False) -> Seen:
        self.events["looks"] += 1
        return self.stage.look(officer=officer)

    def wait(self, what: str, until: Callable[[Seen], object], patience_s: float = 90.0) -> object:
        return self.stage.wait(what, until, patience_s, officer=True)

    # -- signing in -----------------------------------------------------------------------------------------------------

    def sign_in(self, user: str) -> None:
        """Where the sign-in page stands: name and password."""
        name = self.wait("sign-in page", lambda seen: one(seen, "Nama pengguna", EDITORS), 180.0)
        assert isinstance(name, Thing)
        if self.mouse:
            self.click(name)
        else:
            for _ in range(8):
                if any(t.focused and t.name == "Nama pengguna" for t in self.look()):
                    break
                self.key("Tab")
        self.key("ctrl+a")
        self.type(user)
        self.key("Return")
        self.type(PASSWORD)
        self.key("Return")
        self.wait(f"{user} signed in", lambda seen: one(seen, "Beranda", ("page tab", "radio button")), 90.0)
        self.user = user
        self.told(f"signed in as {user}")

    def sign_out(self) -> None:
        self.menu(SIGN_OUT, lambda seen: one(seen, "Nama pengguna", EDITORS))
        self.user = ""

    def menu(self, line: str, until: Callable[[Seen], object]) -> None:
        """The line of the user's menu that begins so; ``until``: what it leads to."""
        opener = self.wait("the user's button", lambda seen: next((t for t in seen if t.role in BUTTONS and OFFICER.match(t.name)), None))
        assert isinstance(opener, Thing)
        self._press(lambda t: t.role == opener.role and t.name == opener.name, opener)
        found = self.wait(f"menu with {line}",
                          lambda seen: next((t for t in seen if t.role == "menu item" and t.name.startswith(line)), None))
        assert isinstance(found, Thing)
        if self.mouse:
            self.click(found)
        else:
            self._reach("Down", lambda t: t.name == found.name)
            self.key("Return")
        self.wait(f"what {line} leads to", until, 30.0)

    def _press(self, wanted: Callable[[Thing], bool], thing: Thing) -> None:
        if self.mouse:
            self.click(thing)
        else:
            self._tab_to(wanted)
            self.key("space")

    def _tab_to(self, wanted: Callable[[Thing], bool]) -> None:
        self._reach("Tab", wanted)

    def _reach(self, key: str, wanted: Callable[[Thing], bool], most: int = 60) -> None:
        path: list[str] = []
        for _ in range(most):
            focused = [t for t in self.look(officer=True) if t.focused]
            if any(wanted(t) for t in focused):
                return
            path += [f"{t.role} {t.name}" for t in focused][-1:] or ["nothing"]
            self.key(key)
        self.stage.picture().save(self.stage.work / "tersangkut.png")
        raise AssertionError(f"{key} does not lead there but to " + ", ".join(path))

    # -- the counter ----------------------------------------------------------------------------------------------------

    def intake(self, who: Applicant) -> None:
        """F2, the form, the papers, F9."""
        self.key("F2")
        self.wait("counter", lambda seen: one(seen, "NIK", EDITORS))
        self._write("NIK", who.nik)
        time.sleep(1.0)
        for title, text in who.typed.items():
            self.fill(title, text)
        self.tick_papers()
        self.key("F9")
        self._ask_superior()
        self.wait("registered", lambda seen: (nik := one(seen, "NIK", EDITORS)) is not None and not nik.value.strip(), 120.0)
        self.told("registered")

    def _ask_superior(self) -> None:
        """Outside service hours some offices want a superior's word, a reason and the superior's password."""
        if not self.settled(lambda seen: any(t.name.startswith("Izin atasan") for t in seen), 5.0):
            return
        for title, text in (("Alasan", "Pemohon datang dari jauh"), ("Nama masuk petugas kedua", "camat"),
                            ("Kata sandi petugas kedua", PASSWORD)):
            editor = self.wait(title, lambda seen, title=title: one(seen, title, EDITORS), 20.0)  # type: ignore[misc]
            assert isinstance(editor, Thing)
            self._to(title, editor)
            self.type(text)
        self.key("F9")

    def fill(self, title: str, text: str) -> None:
        """An entry by its label; what stands there already (the NIK told it) is left."""
        editor = self.wait(f"entry {title}", lambda seen: one(seen, title, EDITORS) or below(seen, title, "combo box"), 20.0)
        assert isinstance(editor, Thing)
        stands = editor.name if editor.role == "combo box" else editor.value
        if stands.strip() and not stands.startswith("Pilih"):
            return
        self._to(title, editor)
        self._write(title, text)

    def _write(self, title: str, text: str) -> None:
        """Type, go on, and read what stands there now, as one does: on a busy machine X or the bus of the screen reader drops a key."""
        for _ in range(3):
            self.type(text)
            self.key("Tab")
            time.sleep(0.3)
            editor = one(self.look(officer=True), title, EDITORS)
            if editor is None or plain(editor.value) == plain(text):
                return
            self.told(f"{title}: typed {text!r}, reads {editor.value!r}; once more")
            self.events["typed again"] += 1
            self._to(title, editor)
            self.key("ctrl+a")

    def _to(self, title: str, editor: Thing) -> None:
        """The keyboard stands there already, or the mouse puts it there; what lies below the edge of its page is reached with Tab."""
        path: list[str] = []
        for _ in range(60):
            if editor.focused:
                return
            if self.mouse and PAGE_TOP < editor.y < PAGE_END and editor.role != "combo box" and not self._under_board(editor):
                self.click(editor)
            else:
                self.key("Tab")
            seen = self.look(officer=True)
            editor = one(seen, title, EDITORS) or below(seen, title, "combo box") or editor
            path += [f"{t.role} {t.name}" for t in seen if t.focused][-1:] or ["nothing"]
        self.stage.picture().save(self.stage.work / "tersangkut.png")
        raise AssertionError(f"the keyboard does not come to {title}; it went " + ", ".join(path))

    def tick_papers(self) -> None:
        for _ in range(20):
            paper = next((t for t in self.look(officer=True) if t.role == "check box" and t.enabled and t.name.endswith(": belum ada")
                          and not t.name.startswith("Berusia")), None)
            if paper is None:
                return
            if self.mouse:
                self.click(paper)
            else:
                self._tab_to(lambda t, paper=paper: t.name == paper.name)  # type: ignore[misc]
                self.key("space")
            self.settled(lambda seen, paper=paper: not any(t.name == paper.name for t in seen), 5.0)  # type: ignore[misc]

    def settled(self, until: Callable[[Seen], object], patience_s: float) -> bool:
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            if until(self.look(officer=True)):
                return True
            time.sleep(0.25)
        return False

    # -- the whole way --------------------------------------------------------------------------------------------------

    def serve(self, nama: str, patience_s: float = PATIENCE_S) -> None:
        """From card to card until the board knows no more of the applicant."""
        end, last, since, gone = time.monotonic() + patience_s, "", time.monotonic(), 0
        while time.monotonic() < end:
            seen = self.look()
            page = on_page(seen)
            mine = shows(seen, nama)
            did = self._act(seen, page, mine, nama)
            if did == "gone":
                gone += 1
                if gone > 4:
                    return
                time.sleep(1.0)
                continue
            gone = 0 if did else gone
            if did:
                self.told(f"{page}: {did}")
            if did != last:
                last, since = did, time.monotonic()
            elif time.monotonic() - since > AFTER_S and page not in ("Beranda", ""):
                self.told(f"{page}: nothing moves, back to the board")
                self._to_board(seen)
                since = time.monotonic()
            time.sleep(0.3)
        self.stage.picture().save(self.stage.work / "tersangkut.png")
        raise AssertionError("not served: " + "; ".join(t.name for t in self.look() if t.name)[:3000])

    def _act(self, seen: Seen, page: str, mine: bool, nama: str) -> str:
        """One thing a person would do now; empty: wait and look again."""
        touch = next((t for t in seen if t.on_applicants_screen and t.role in BUTTONS and t.enabled and t.name.startswith(YES)), None)
        if touch is not None:
            self.click(touch)
            return f"applicant: {touch.name}"
        blue = next((t for t in seen if t.role in BUTTONS and t.text.endswith("(F9)") and not t.on_applicants_screen), None)
        signed = next((t for t in seen if t.on_applicants_screen and t.role in BUTTONS and t.name.startswith("Selesai")), None)
        if signed is not None and not (blue is not None and blue.enabled and page == "Perekaman"):
            if signed.enabled:
                self.click(signed)
                return "applicant: signed"
            self._sign()
            return "applicant: signs"
        if one(seen, "Nama pengguna", EDITORS) and page == "":
            self.sign_in(self.user or "rina")
            return "signs in"
        if page == "Beranda":
            card = next((t for t in seen if t.role in BUTTONS and nama in t.name and not t.on_applicants_screen), None)
            if card is None:
                return "gone"
            self.click(self._in_sight(card))
            self.at_card = True
            self.settled(lambda now: on_page(now) != "Beranda", 15.0)
            self.settled(lambda now: shows(now, nama) or any(OWNED.search(t.name) for t in now), 15.0)
            return f"card: {card.name}"
        owner = next((m for t in seen if (mine or self.at_card) and (m := OWNED.search(t.name))), None)
        fresh = page == "Loket" and any(t.role == "label" and t.name == "Permohonan baru" for t in seen)
        if owner is not None and not fresh:
            role = next(g for g in owner.groups() if g)
            wanted = next(user for title, user in ROLES.items() if title.casefold() == role.casefold())
            self.at_card = False
            if wanted != self.user:
                self.sign_out()
                self.sign_in(wanted)
                return f"step of {role}"
        if not mine or fresh:
            self._to_board(seen)
            return "to the board"
        secret = next((t for t in seen if t.role == "password text" and not t.value and t.enabled and not t.on_applicants_screen), None)
        if secret is not None:
            self.click(secret)
            self.type(PASSWORD)
            return "password"
        box = next((t for t in seen if t.role == "check box" and t.name.startswith(("KTP-el lama", "Kartu lama")) and not t.checked), None)
        if box is not None:
            self.click(box)
            return box.name
        if blue is not None and blue.enabled:
            before = sight(seen)
            self.key("F9")
            self.settled(lambda now: sight(now) != before, 8.0)
            return f"F9 {blue.name}"
        take = next((t for t in seen if t.role in BUTTONS and t.text.endswith("(F8)") and t.enabled and not t.on_applicants_screen), None)
        if take is not None and page == "Perekaman":
            self.key("F8")
            self.settled(lambda now: not any(t.text == take.text and t.enabled for t in now), 4.0)
            return f"F8 {take.name}"
        again = next((t for t in seen if t.role in BUTTONS and t.text.endswith("(F7)") and t.enabled and not t.on_applicants_screen), None)
        if again is not None and page == "Perekaman":
            self.key("F7")
            return f"F7 {again.name}"
        return ""

    def _in_sight(self, thing: Thing) -> Thing:
        """What lies below the edge of its page is scrolled up."""
        for _ in range(12):
            if PAGE_TOP < thing.y < PAGE_END + 70:
                break
            turn = "5" if thing.y >= PAGE_END else "4"
            self.stage.tool("xdotool", "mousemove", str(thing.x), "500", "click", "--repeat", "2", "--delay", "30", turn)
            self.events["wheel"] += 2
            time.sleep(0.6)
            thing = next((t for t in self.look(officer=True) if t.role == thing.role and t.name == thing.name), thing)
        return thing

    def _to_board(self, seen: Seen) -> None:
        self.at_card = False
        tab = one(seen, "Beranda", ("page tab", "radio button"))
        if tab is not None:
            self.click(tab)
            self.settled(lambda now: on_page(now) == "Beranda", 15.0)

    def _sign(self) -> None:
        """A line with loops across the middle of the applicant's screen."""
        w, h = SCREEN
        points = [(round(w * (1.3 + 0.4 * i / 40)), round(h * (0.5 + 0.07 * ((i * 7) % 13 - 6) / 6))) for i in range(41)]
        moves = [word for x, y in points[1:] for word in ("mousemove", str(x), str(y), "sleep", "0.01")]
        self.stage.tool("xdotool", "mousemove", str(points[0][0]), str(points[0][1]), "mousedown", "1", *moves, "mouseup", "1")
        self.events["drags"] += 1

    # -- going home -----------------------------------------------------------------------------------------------------

    def close_program(self, user: str = "camat", *, let: bool = True) -> None:
        """The user's menu, what closes the program, a supervisor's name and password; ``let`` False: it is refused with a sentence."""
        if not any(t.role == "password text" for t in self.look(officer=True)):
            self.menu(CLOSE, lambda seen: one(seen, "Kata sandi", ("password text",)))
        name = self.wait("name", lambda seen: one(seen, LEADER, EDITORS))
        assert isinstance(name, Thing)
        if name.value != user:
            self._to(LEADER, name)
            self.key("ctrl+a")
            self.type(user)
        secret = self.wait("password", lambda seen: one(seen, "Kata sandi", ("password text",)))
        assert isinstance(secret, Thing)
        self._to("Kata sandi", secret)
        self.type(PASSWORD)
        self.key("Return")
        if not let:
            self.wait("a refusal", lambda seen: any("Akun ini tidak boleh menutup aplikasi" in t.name for t in seen))


def one(seen: Iterable[Thing], name: str, roles: Iterable[str]) -> Thing | None:
    return next((t for t in seen if t.role in tuple(roles) and (t.name == name or t.name.startswith(f"{name},"))), None)


def plain(text: str) -> str:
    """Letters and digits alone: fields put gaps and hyphens of their own."""
    return re.sub(r"\W", "", text).casefold()


def below(seen: Seen, title: str, role: str) -> Thing | None:
    """The nearest ``role`` under the label ``title``."""
    label = next((t for t in seen if t.role == "label" and (t.name == title or t.name.startswith(f"{title} ·"))), None)
    if label is None:
        return None
    return min((t for t in seen if t.role == role and abs(t.x - label.x) < 140 and 0 < t.y - label.y < 80), key=lambda t: t.y, default=None)


def on_page(seen: Seen) -> str:
    """Title of the page that the navigation shows as chosen; empty on others and on the sign-in page."""
    return next((t.name.split(",")[0] for t in seen if t.role in ("page tab", "radio button") and t.checked and t.x < 210
                 and not t.on_applicants_screen), "")


def shows(seen: Seen, nama: str) -> bool:
    """The officer's page is about this person."""
    return any(t.role == "label" and nama.casefold() in t.name.casefold() and not t.on_applicants_screen for t in seen)


def sight(seen: Seen) -> tuple[tuple[str, str, bool], ...]:
    return tuple((t.role, t.name, t.enabled) for t in seen if not re.match(r"Jam \d", t.name) and not t.on_applicants_screen)
