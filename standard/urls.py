"""The standard's pages, below /o/<slug>/."""

from django.urls import path

from standard import draft_views, process_views, views

urlpatterns = [
    path("standard/", views.standard, name="standard"),
    path("standard/versions/", views.versions, name="standard-versions"),
    path("standard/versions/<int:version>/", views.version, name="standard-version"),
    path("standard/versions/<int:version>/standard.yaml", views.version_yaml, name="standard-yaml"),
    path("standard/versions/<int:version>/standard.json", views.version_json, name="standard-json"),
    path("standard/versions/<int:version>/withdraw/", draft_views.withdraw, name="standard-withdraw"),
    path("standard/compare/", views.compare, name="standard-compare"),
    path("standard/draft/", draft_views.draft, name="standard-draft"),
    path("standard/draft/start/", draft_views.draft_start, name="standard-draft-start"),
    path("standard/draft/restore/", draft_views.draft_restore, name="standard-draft-restore"),
    path("standard/draft/discard/", draft_views.draft_discard, name="standard-draft-discard"),
    path("standard/draft/publish/", draft_views.draft_publish, name="standard-draft-publish"),
    path("standard/draft/whole/", draft_views.draft_whole, name="standard-draft-whole"),
    path("standard/draft/standard.yaml", draft_views.draft_yaml, name="standard-draft-yaml"),
    path("standard/draft/part/<str:part>/", draft_views.draft_part, name="standard-draft-part"),
    path("feedback/", process_views.feedback, name="feedback"),
    path("feedback/<int:feedback_id>/", process_views.settle, name="feedback-settle"),
    path("reviews/", process_views.reviews, name="process-reviews"),
    path("reviews/<int:review_id>/", process_views.review, name="process-review"),
    path("reviews/<int:review_id>/write/", process_views.review_write, name="process-review-write"),
    path("reviews/<int:review_id>/sign/", process_views.review_sign, name="process-review-sign"),
]
