"""Make the pictures of docs/img: a demonstration's war room, as a browser shows it. For maintainers.

make up                                       # in another terminal, on fresh data
python -m tools.picture --data var            # writes docs/img/war-room.png and docs/img/war-room-phone.png
"""

import argparse
import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "img"
FLAGS = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


class Demo:
    """The running demonstration, as demo.json describes it."""

    def __init__(self, data: Path) -> None:
        told = json.loads((data / "demo.json").read_text(encoding="utf-8"))
        self.base: str = told["base_url"]
        organisation = told["organisations"][0]
        self.slug: str = organisation["slug"]
        self.key: str = organisation["keys"]["alertmanager"]
        self.people: dict[str, dict[str, Any]] = {p["email"].split("@")[0]: p for p in organisation["people"]}

    def post(self, who: str, path: str, **body: Any) -> Any:
        """One verb through the API."""
        headers = {"Authorization": f"Bearer {self.people[who]['token']}"}
        return httpx.post(f"{self.base}/api/v1/{path}", json=body, headers=headers).raise_for_status().json()

    def alert(self) -> None:
        """Two alerts of one group."""
        starts = (datetime.now(UTC) - timedelta(seconds=20)).isoformat().replace("+00:00", "Z")
        alerts = [
            {
                "status": "firing",
                "labels": {"alertname": "CheckoutErrorRate", "service": "checkout", "severity": "critical", "region": region},
                "annotations": {"summary": "More than 5 % of checkouts fail"},
                "startsAt": starts,
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus.example/graph",
                "fingerprint": f"{int(time.time())}{index}",
            }
            for index, region in enumerate(("eu-west-1", "us-east-1"))
        ]
        body = {"version": "4", "groupKey": f"checkout-{time.time()}", "status": "firing", "alerts": alerts, "groupLabels": {}}
        httpx.post(f"{self.base}/hooks/{self.key}/alertmanager/", json=body).raise_for_status()

    def incident(self) -> str:
        """A SEV 1 that is being worked on. Returns its reference."""
        self.alert()
        time.sleep(2)
        headers = {"Authorization": f"Bearer {self.people['amira']['token']}"}
        waiting = httpx.get(f"{self.base}/api/v1/triage/", params={"state": "waiting"}, headers=headers).json()["results"]
        page = httpx.get(f"{self.base}/api/v1/pages/", headers=headers).json()["results"][0]
        self.post("amira", f"pages/{page['id']}/acknowledge/")
        ref: str = self.post(
            "amira", "incidents/", title="Checkout fails for every customer", severity="SEV1", alerts=[waiting[0]["id"]]
        )["ref"]
        self.post("amira", f"incidents/{ref}/claim/")
        incident = f"incidents/{ref}"
        for role, who in (("ol", "jon"), ("cl", "mei")):
            self.post("amira", f"{incident}/assign/", role=role, person=self.people[who]["email"])
        self.post("jon", f"{incident}/accept/", role="ol")
        self.post("jon", f"{incident}/note/", text="`pg_stat_activity` shows 212 sessions waiting for a lock on **orders**.")
        self.post("amira", f"{incident}/advance/", to="investigation", reason="Two of us are awake; Mei joins in ten minutes.")
        self.post("jon", f"{incident}/hypothesis/", text="Deployment v1.2.3 takes a table lock on orders")
        self.post("jon", f"{incident}/propose/", text="Roll back v1.2.3 in both regions", eta_minutes=5, hypothesis=1)
        self.post("amira", f"{incident}/order/", to=self.people["jon"]["email"], text="Roll back once I approve", eta_minutes=10)
        self.post(
            "amira",
            f"{incident}/update/",
            known="Orders wait for a lock that deployment v1.2.3 takes.",
            impact="Nobody can pay, in both regions.",
            doing="Jon prepares to roll v1.2.3 back.",
        )
        time.sleep(2)
        return ref


def sign_in(browser: Browser, demo: Demo, who: str, **look: Any) -> Page:
    """A signed-in page."""
    page = browser.new_context(**look).new_page()
    page.goto(f"{demo.base}/accounts/login/")
    page.fill("input[name=login]", demo.people[who]["email"])
    page.fill("input[name=password]", demo.people[who]["password"])
    page.click("button[type=submit]")
    return page


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("var"))
    demo = Demo(parser.parse_args().data)
    ref = demo.incident()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=flags)
        for name, who, look in (
            ("war-room", "amira", {"viewport": {"width": 1280, "height": 1180}}),
            ("war-room-phone", "jon", {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}),
        ):
            page = sign_in(browser, demo, who, **look)
            page.goto(f"{demo.base}/o/{demo.slug}/incidents/{ref}/")
            page.locator("[data-live-state]", has_text="Live").wait_for()
            page.screenshot(path=IMAGES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
