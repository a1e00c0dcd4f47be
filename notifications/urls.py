"""The pages of this room, below an organisation's address."""

from django.urls import path

from notifications import views

urlpatterns = [
    path("me/contact-methods/", views.methods, name="contact-methods"),
    path("me/contact-methods/subscribe/", views.subscribe, name="contact-subscribe"),
    path("me/contact-methods/test/", views.test, name="contact-test"),
    path("me/contact-methods/<int:method_id>/verify/", views.verify, name="contact-verify"),
    path("me/contact-methods/<int:method_id>/code/", views.code, name="contact-code"),
    path("me/contact-methods/<int:method_id>/quiet/", views.quiet, name="contact-quiet"),
    path("me/contact-methods/<int:method_id>/move/", views.move, name="contact-move"),
    path("me/contact-methods/<int:method_id>/remove/", views.remove, name="contact-remove"),
]
