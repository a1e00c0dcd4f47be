"""The pages of access to production and of break glass, below an organisation's address."""

from django.urls import path

from compliance import access_glass_views as glass
from compliance import access_system_views as systems
from compliance import access_views as v

urlpatterns = [
    path("access/", v.reviews, name="access-reviews"),
    path("access/reviews/<int:access_review_id>/", v.review, name="access-review"),
    path("access/reviews/<int:access_review_id>/decide/", v.review_decide, name="access-review-decide"),
    path("access/reviews/<int:access_review_id>/sign/", v.review_sign, name="access-review-sign"),
    path("access/reviews/<int:access_review_id>/review.csv", v.review_csv, name="access-review-csv"),
    path("access/systems/", systems.systems, name="access-systems"),
    path("access/systems/<slug:access_system>/", systems.system, name="access-system"),
    path("access/systems/<slug:access_system>/import/", systems.take_in, name="access-import"),
    path("access/systems/<slug:access_system>/retire/", systems.retire, name="access-retire"),
    path("access/facts/<int:fact_id>/end/", systems.end, name="access-end"),
    path("access/names/", systems.names, name="access-names"),
    path("break-glass/", glass.door, name="glass-door"),
    path("break-glass/<int:glass_id>/", glass.one, name="glass-one"),
    path("break-glass/<int:glass_id>/judge/", glass.judge, name="glass-judge"),
]
