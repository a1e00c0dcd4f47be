"""The pages of duties of law, below an organisation's address."""

from django.urls import path

from compliance import duties_views as v

urlpatterns = [
    path("incidents/<str:ref>/duties/", v.duties, name="duties"),
    path("incidents/<str:ref>/duties/<int:duty>/<slug:verb>/", v.duty_verb, name="duty-verb"),
    path("duties/rules/", v.duty_rules, name="duty-rules"),
    path("duties/rules/<int:rule>/", v.duty_rule, name="duty-rule"),
    path("duties/rules/<int:rule>/<slug:verb>/", v.duty_rule_verb, name="duty-rule-verb"),
    path("duties/breaches/", v.breaches, name="breaches"),
    path("duties/breaches/export.csv", v.breaches_csv, name="breaches-csv"),
]
