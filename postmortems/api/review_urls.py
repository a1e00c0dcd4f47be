"""The API of reviews, wordings, waivers, renderings and releases."""

from django.urls import path

from postmortems.api import review as v

_AT = "incidents/<str:ref>/postmortem"

urlpatterns = [
    path(f"{_AT}/review/", v.ReviewView.as_view(), name="api-postmortem-review"),
    path(f"{_AT}/review/move/", v.MoveReview.as_view(), name="api-postmortem-review-move"),
    path(f"{_AT}/review/cancel/", v.CancelReview.as_view(), name="api-postmortem-review-cancel"),
    path(f"{_AT}/review/hold/", v.HoldReview.as_view(), name="api-postmortem-review-hold"),
    path(f"{_AT}/review/correct-time/", v.CorrectReviewTime.as_view(), name="api-postmortem-review-correct-time"),
    path(f"{_AT}/wording/", v.Findings.as_view(), name="api-postmortem-wording"),
    path(f"{_AT}/wording/keep/", v.KeepWording.as_view(), name="api-postmortem-wording-keep"),
    path(f"{_AT}/wording/take-back/", v.TakeBackWording.as_view(), name="api-postmortem-wording-take-back"),
    path(f"{_AT}/waive/", v.Waive.as_view(), name="api-postmortem-waive"),
    path(f"{_AT}/lift-waiver/", v.LiftWaiver.as_view(), name="api-postmortem-lift-waiver"),
    path(f"{_AT}/need-no-items/", v.NeedNoItems.as_view(), name="api-postmortem-need-no-items"),
    path(f"{_AT}.md", v.AsMarkdown.as_view(), name="api-postmortem-markdown"),
    path(f"{_AT}.pdf", v.AsPdf.as_view(), name="api-postmortem-pdf"),
    path(f"{_AT}/public/", v.PublicRendering.as_view(), name="api-postmortem-public"),
    path(f"{_AT}/release/", v.ReleaseRendering.as_view(), name="api-postmortem-release"),
    path("postmortem-release-policy/", v.ReleasePolicyView.as_view(), name="api-postmortem-release-policy"),
    path(f"{_AT}/withdraw/", v.WithdrawRendering.as_view(), name="api-postmortem-withdraw"),
]
