"""Celery: wake-ups, never the record. A task may be lost or run twice; the rows it is about are swept and idempotent."""

import gc
import os

from celery import Celery, Task
from celery.signals import setup_logging, worker_before_create_process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from django.conf import settings

from portal import broker, ending, working

broker.install()

IS_REDIS = settings.BROKER_URL.startswith(("redis", "memory"))

app: "Celery[Task]" = Celery("muster", fixups=["portal.fixup:fixup"])  # type: ignore[type-arg]
app.conf.update(
    broker_url=settings.BROKER_URL,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    worker_prefetch_multiplier=4,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    broker_connection_retry_on_startup=True,
    broker_connection_timeout=1.0,
    broker_transport_options=(
        {
            "visibility_timeout": 20,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_connect_timeout": 1,
            "socket_timeout": 5,
            "retry_on_timeout": False,
        }
        if IS_REDIS
        else {"confirm_publish": True}
    ),
    task_default_queue=settings.QUEUE,
    # On RabbitMQ a quorum queue: it is replicated where there are several nodes, and its messages outlive a restart.
    task_default_queue_type="classic" if IS_REDIS else "quorum",
    worker_detect_quorum_queues=True,
    # The schedule is static: what is configurable (policies, cadences) is data, not a cron line.
    beat_schedule={
        "sweep": {"task": "portal.sweep", "schedule": 1.0, "options": {"expires": 5, "ignore_result": True}},
        "retain": {"task": "portal.retain", "schedule": 3600.0, "options": {"expires": 600, "ignore_result": True}},
        "tidy": {"task": "portal.tidy", "schedule": 3600.0, "options": {"expires": 600, "ignore_result": True}},
    },
)
# Beat sleeps until it thinks that something is due. After a clock was set back that is long, and would be taken for hanging.
app.conf.beat_max_loop_interval = 5
app.autodiscover_tasks()
ending.bound(app)
working.watched(app)
app.set_default()  # in every thread: nudges are sent from one of their own


@worker_before_create_process.connect
def _settle(**_: object) -> None:
    """What is loaded by now stays: no child looks through it again for garbage, or copies its pages by doing so."""
    from portal.loading import load  # the apps are ready by now, and were not when this module was imported

    load()
    gc.collect()
    gc.freeze()


@setup_logging.connect
def _keep_our_logs(**_: object) -> None:
    """Celery would set up logging of its own; ours is already there."""
