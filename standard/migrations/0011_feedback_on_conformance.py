"""Feedback is given on the pages of conformance too."""

from django.db import migrations, models


def about() -> "models.CharField[str, str]":
    """What feedback is about, by now."""
    return models.CharField(
        choices=[
            ("standard", "The standard"),
            ("checklists", "The checklists"),
            ("postmortem", "Post-mortems"),
            ("action_items", "Action items"),
            ("metrics", "The metrics"),
            ("conformance", "How well the clauses are kept"),
            ("review", "The process review"),
            ("chat", "Said in chat"),
            ("other", "Something else"),
        ],
        default="standard",
        max_length=20,
    )


class Migration(migrations.Migration):
    dependencies = [("standard", "0010_signed_figures")]

    operations = [
        migrations.AlterField("feedback", "about", about()),
        migrations.AlterField("historicalfeedback", "about", about()),
    ]
