"""A seat that is given up makes its row a guest's, of whom there may be several: no row is deleted, since a legal hold may keep it."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("postmortems", "0009_owners_are_told_of_earlier_dates")]

    operations = [
        migrations.RemoveConstraint(model_name="attendee", name="a_seat_once_a_person"),
        migrations.AddConstraint(
            model_name="attendee",
            constraint=models.UniqueConstraint(
                fields=["organisation", "review", "user", "seat"], condition=~Q(seat="guest"), name="a_seat_once_a_person"
            ),
        ),
    ]
