"""Indexes led by the organisation, and no others: Django's own on single keys are paid for at every insert and never used."""

from django.db import migrations

from tenants.walls import DropLoneIndexes


class Migration(migrations.Migration):
    dependencies = [("incidents", "0004_room_walls")]
    operations = [DropLoneIndexes("incidents")]
