"""The portal's Celery app with tasks that take as long as a test wants, and need no database: `celery -A tests.system.napping`."""

import time
from pathlib import Path

from portal.celery import app


@app.task(name="tests.nap")
def nap(seconds: float, leave: str = "") -> None:
    """Take a while, then leave a file of this name."""
    time.sleep(seconds)
    if leave:
        Path(leave).touch()
