"""The pages of reviews, wordings, renderings and waivers, below an organisation's address."""

from django.urls import path

from postmortems import release_views as release
from postmortems import review_views as review
from postmortems import wording_views as wording

urlpatterns = [
    path("postmortems/policy/", release.policy, name="postmortem-policy"),
    path("incidents/<str:ref>/postmortem/review/", review.review, name="postmortem-review"),
    path("incidents/<str:ref>/postmortem/review/<slug:verb>/", review.review_verb, name="postmortem-review-verb"),
    path("incidents/<str:ref>/postmortem/wording/", wording.findings, name="postmortem-wording"),
    path("incidents/<str:ref>/postmortem/wording/keep/", wording.keep, name="postmortem-keep-wording"),
    path("incidents/<str:ref>/postmortem/wording/take-back/", wording.take_back, name="postmortem-take-back-wording"),
    path("incidents/<str:ref>/postmortem/waive/", release.waive_page, name="postmortem-waive"),
    path("incidents/<str:ref>/postmortem/lift-waiver/", release.lift_page, name="postmortem-lift-waiver"),
    path("incidents/<str:ref>/postmortem/need-no-items/", release.no_items_page, name="postmortem-need-no-items"),
    path("incidents/<str:ref>/postmortem/print/", release.on_paper, name="postmortem-print"),
    path("incidents/<str:ref>/postmortem.md", release.markdown_file, name="postmortem-markdown"),
    path("incidents/<str:ref>/postmortem.pdf", release.pdf_file, name="postmortem-pdf"),
    path("incidents/<str:ref>/postmortem/public/", release.public_page, name="postmortem-public"),
    path("incidents/<str:ref>/postmortem/release/", release.release, name="postmortem-release"),
    path("incidents/<str:ref>/postmortem/withdraw/", release.withdraw, name="postmortem-withdraw"),
]
