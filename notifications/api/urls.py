"""The API of this room."""

from django.urls import path

from notifications.api import views as v

urlpatterns = [
    path("me/contact-methods/", v.Methods.as_view(), name="api-contact-methods"),
    path("me/contact-methods/arrange/", v.Arrange.as_view(), name="api-contact-arrange"),
    path("me/contact-methods/test/", v.Test.as_view(), name="api-contact-test"),
    path("me/contact-methods/<int:method_id>/verify/", v.Verify.as_view(), name="api-contact-verify"),
    path("me/contact-methods/<int:method_id>/code/", v.Code.as_view(), name="api-contact-code"),
    path("me/contact-methods/<int:method_id>/quiet/", v.Quiet.as_view(), name="api-contact-quiet"),
    path("me/contact-methods/<int:method_id>/remove/", v.Remove.as_view(), name="api-contact-remove"),
]
