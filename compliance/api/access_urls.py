"""The API of access to production and of break glass."""

from django.urls import path

from compliance.api import access as v

urlpatterns = [
    path("access/systems/", v.AccessSystems.as_view(), name="api-access-systems"),
    path("access/systems/<str:access_system>/facts/", v.AccessFacts.as_view(), name="api-access-facts"),
    path("access/names/", v.AccessNames.as_view(), name="api-access-names"),
    path("access/reviews/", v.AccessReviews.as_view(), name="api-access-reviews"),
    path("access/reviews/<int:access_review_id>/", v.OneAccessReview.as_view(), name="api-access-review"),
    path("access/reviews/<int:access_review_id>/decide/", v.DecideAccess.as_view(), name="api-access-decide"),
    path("access/reviews/<int:access_review_id>/sign/", v.SignAccess.as_view(), name="api-access-sign"),
    path("break-glass/", v.Glass.as_view(), name="api-glass"),
    path("break-glass/<int:glass_id>/", v.OneGlass.as_view(), name="api-glass-one"),
    path("break-glass/<int:glass_id>/judge/", v.JudgeGlass.as_view(), name="api-glass-judge"),
]
