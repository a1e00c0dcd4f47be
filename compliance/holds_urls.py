"""The pages of legal holds, retention and erasure, below an organisation's address."""

from django.urls import path

from compliance import holds_views as h
from compliance import retention_views as r

urlpatterns = [
    path("holds/", h.holds, name="hold-list"),
    path("holds/place/", h.place, name="hold-place"),
    path("holds/custodians/<int:task_id>/", h.custodian, name="hold-custodian"),
    path("holds/custodians/<int:task_id>/acknowledge/", h.acknowledge, name="hold-custodian-acknowledge"),
    path("holds/custodians/<int:task_id>/prove/", h.prove, name="hold-custodian-prove"),
    path("holds/custodians/<int:task_id>/send-link/", h.send_link, name="hold-custodian-send-link"),
    path("holds/custodians/<int:task_id>/withdraw/", h.withdraw, name="hold-custodian-withdraw"),
    path("holds/custodians/files/<int:kept_file_id>/", h.kept_file, name="hold-custodian-file"),
    path("holds/<int:hold_id>/", h.hold, name="hold"),
    path("holds/<int:hold_id>/ask-release/", h.ask_release, name="hold-ask-release"),
    path("holds/<int:hold_id>/release/", h.release, name="hold-release"),
    path("holds/<int:hold_id>/keep/", h.keep, name="hold-keep"),
    path("holds/<int:hold_id>/custodians/", h.ask_custodian, name="hold-ask-custodian"),
    path("retention/", r.retention, name="retention"),
    path("retention/<str:kept_class>/", r.retention_set, name="retention-set"),
    path("erasures/", r.erasures, name="erasure-list"),
    path("erasures/ask/", r.erasure_ask, name="erasure-ask"),
    path("erasures/<int:erasure_id>/", r.erasure_decide, name="erasure-decide"),
]
