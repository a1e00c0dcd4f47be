"""The standard, feedback and reviews by API."""

from django.urls import path

from standard.api import process, versions

urlpatterns = [
    path("standard/", versions.Standard.as_view(), name="api-standard"),
    path("standard/versions/", versions.Versions.as_view(), name="api-standard-versions"),
    path("standard/versions/<int:version>/", versions.OneVersion.as_view(), name="api-standard-version"),
    path("standard/versions/<int:version>/standard.yaml", versions.VersionYaml.as_view(), name="api-standard-yaml"),
    path("standard/versions/<int:version>/changes/", versions.Changes.as_view(), name="api-standard-changes"),
    path("standard/versions/<int:version>/withdraw/", versions.WithdrawVersion.as_view(), name="api-standard-withdraw"),
    path("standard/draft/", versions.Draft.as_view(), name="api-standard-draft"),
    path("standard/draft/standard.yaml", versions.DraftYaml.as_view(), name="api-standard-draft-yaml"),
    path("standard/draft/discard/", versions.DiscardDraft.as_view(), name="api-standard-draft-discard"),
    path("standard/draft/restore/", versions.RestoreDraft.as_view(), name="api-standard-draft-restore"),
    path("standard/draft/publish/", versions.PublishDraft.as_view(), name="api-standard-draft-publish"),
    path("feedback/", process.FeedbackList.as_view(), name="api-feedback"),
    path("feedback/<int:feedback_id>/settle/", process.SettleFeedback.as_view(), name="api-feedback-settle"),
    path("process-reviews/", process.Reviews.as_view(), name="api-process-reviews"),
    path("process-reviews/<int:review_id>/", process.OneReview.as_view(), name="api-process-review"),
    path("process-reviews/<int:review_id>/write/", process.WriteReview.as_view(), name="api-process-review-write"),
    path("process-reviews/<int:review_id>/sign/", process.SignReview.as_view(), name="api-process-review-sign"),
]
