"""The API of legal holds, custodians, retention and erasure."""

from django.urls import path

from compliance.api import holds as h

urlpatterns = [
    path("holds/", h.Holds.as_view(), name="api-hold-list"),
    path("holds/<int:hold_id>/", h.OneHold.as_view(), name="api-hold"),
    path("holds/<int:hold_id>/ask-release/", h.AskRelease.as_view(), name="api-hold-ask-release"),
    path("holds/<int:hold_id>/release/", h.Release.as_view(), name="api-hold-release"),
    path("holds/<int:hold_id>/keep/", h.Keep.as_view(), name="api-hold-keep"),
    path("holds/<int:hold_id>/custodians/", h.Custodians.as_view(), name="api-hold-custodians"),
    path("custodian-tasks/<int:task_id>/", h.OneCustodian.as_view(), name="api-hold-custodian"),
    path("custodian-tasks/<int:task_id>/acknowledge/", h.Acknowledge.as_view(), name="api-hold-custodian-acknowledge"),
    path("custodian-tasks/<int:task_id>/prove/", h.Prove.as_view(), name="api-hold-custodian-prove"),
    path("custodian-tasks/<int:task_id>/attach/", h.ProveByFile.as_view(), name="api-hold-custodian-attach"),
    path("custodian-tasks/<int:task_id>/send-link/", h.SendLink.as_view(), name="api-hold-custodian-send-link"),
    path("custodian-tasks/<int:task_id>/withdraw/", h.Withdraw.as_view(), name="api-hold-custodian-withdraw"),
    path("custodian-files/<int:kept_file_id>/", h.KeptFile.as_view(), name="api-hold-custodian-file"),
    path("retention/", h.Retention.as_view(), name="api-retention"),
    path("erasures/", h.Erasures.as_view(), name="api-erasure-list"),
    path("erasures/<int:erasure_id>/decide/", h.DecideErasure.as_view(), name="api-erasure-decide"),
]
