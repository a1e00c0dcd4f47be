"""The API of duties of law."""

from django.urls import path

from compliance.api import duties as v

urlpatterns = [
    path("incidents/<str:ref>/duties/", v.Duties.as_view(), name="api-duties"),
    *(
        path(f"incidents/<str:ref>/duties/<int:duty>/{name}/", view, name=f"api-duty-{name}")
        for name, view in v.VERB_VIEWS.items()
    ),
    path("duty-rules/", v.DutyRules.as_view(), name="api-duty-rules"),
    path("duty-rules/<int:rule>/", v.OneDutyRule.as_view(), name="api-duty-rule"),
    *(path(f"duty-rules/<int:rule>/{name}/", view, name=f"api-duty-rule-{name}") for name, view in v.RULE_VIEWS.items()),
    path("breaches/", v.Breaches.as_view(), name="api-breaches"),
]
