"""A person's hands, counted: what they do with a mouse and a keyboard, and how long that takes by the keystroke-level model."""

from dataclasses import dataclass
from datetime import datetime

from playwright.sync_api import Locator, Page, expect

# Seconds of each operator (Card, Moran and Newell 1980): an average typist's key, pointing at something, moving the hand between
# mouse and keys, making up one's mind before an action. A press of the mouse's button counts as a key.
KEY, POINT, HOME, MIND = 0.2, 1.1, 0.4, 1.35

# What a key looks at: where the focus is, whether it is seen there, and whether something lies over it.
FOCUS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body || element === document.documentElement) return null;
  const ring = one => one && getComputedStyle(one).outlineStyle !== "none" && parseFloat(getComputedStyle(one).outlineWidth) >= 2;
  const box = element.getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, box.top + Math.min(box.height, 40) / 2];
  const top = document.elementFromPoint(x, y);
  const label = element.closest("label");
  window.seen ??= new Map();
  if (!window.seen.has(element)) window.seen.set(element, window.seen.size + 1);
  return {
    is: window.seen.get(element),
    what: element.outerHTML.slice(0, 160),
    ringed: Boolean(ring(element) || ring(label)),
    covered: !(top && (element.contains(top) || top.contains(element) || label?.contains(top))),
  };
}"""


def field_value(moment: datetime) -> str:
    """The value of a field for a date and a time: HTML writes a full minute without its seconds, and refuses to be given them."""
    return f"{moment:%Y-%m-%dT%H:%M}" + (f":{moment:%S}" if moment.second else "")


@dataclass
class Hands:
    """Counted actions on a page: a press, a field filled, a key."""

    page: Page
    actions: int = 0
    seconds: float = 0.0
    at_keys: bool = False

    def _move(self, to_keys: bool) -> None:
        if self.at_keys != to_keys:
            self.seconds += HOME
        self.at_keys = to_keys

    def press(self, target: Locator) -> None:
        """Point at something and press the mouse's button, or touch it."""
        self._move(to_keys=False)
        target.click()
        self._count(MIND + POINT + KEY)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self._move(to_keys=True)
        self.page.keyboard.type(text)
        self._count(MIND + KEY * len(text))

    def key(self, name: str) -> None:
        """Press one key."""
        self._move(to_keys=True)
        self.page.keyboard.press(name)
        self._count(MIND + KEY)

    def _count(self, seconds: float) -> None:
        self.actions += 1
        self.seconds += seconds


class Keyboard:
    """A person without a mouse. Wherever the focus goes it must be seen, and it must go on."""

    MOST = 400  # presses of Tab from one end of a page to the other
    PARTS = 8  # of a field for a date and a time: each is a stop, and so is the button of its calendar

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *names: str) -> None:
        """Press keys, one after the other."""
        for name in names:
            self.page.keyboard.press(name)

    def type(self, text: str) -> None:
        """Type into what has the focus, which must be a field."""
        assert self.page.evaluate("document.activeElement.matches('input, textarea, select')"), self.page.evaluate(FOCUS)
        self.page.keyboard.type(text)

    def seen(self) -> int | None:
        """Which element has the focus, as a number; None at the ends of the page. Fails where the focus cannot be seen."""
        focus = self.page.evaluate(FOCUS)
        if focus is None:
            return None
        assert focus["ringed"], f"no ring: {focus['what']}"
        assert not focus["covered"], f"covered: {focus['what']}"
        return int(focus["is"])

    def to(self, target: Locator, key: str = "Tab") -> None:
        """Press Tab until the focus is there."""
        last, stays = self.seen(), 0
        for _ in range(self.MOST):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press(key)
            now = self.seen()
            stays = stays + 1 if now is not None and now == last else 0
            assert stays < self.PARTS, f"trapped: {self.page.evaluate(FOCUS)}"
            last = now
        raise AssertionError(f"Tab never comes to {target}")

    def round(self) -> list[int]:
        """Every stop from the beginning of the page to its end, and no stop twice."""
        for _ in range(self.MOST):  # a page may have begun with the focus in a field
            if self.seen() is None:
                break
            self.page.keyboard.press("Shift+Tab")
        stops: list[int] = []
        for _ in range(self.MOST):
            self.page.keyboard.press("Tab")
            now = self.seen()
            if now is None or now in stops[:-1]:
                return stops
            if now not in stops:  # the parts of a date are one stop
                stops.append(now)
        raise AssertionError(f"no end after {self.MOST} stops")

    def send(self, key: str = "Enter") -> None:
        """Press a key that sends a form, and have the page that answers: the live feed may tell of it before that is there."""
        with self.page.expect_navigation():
            self.press(key)

    def do(self, form: str, **typed: str) -> None:
        """Fill the fields of a form that are named and send it: the focus stands before it, or in it."""
        for name, text in typed.items():
            field = self.page.locator(f"#{form} [name={name}]")
            self.to(field)
            self.type(text)
        send = self.page.locator(f"#{form} button[type=submit]").last
        self.to(send)
        expect(send).to_be_focused()
        self.send()
