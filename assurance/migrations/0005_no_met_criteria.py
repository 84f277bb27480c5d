from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("assurance", "0004_self_assessment_locks")]
    operations = [
        migrations.RemoveField(
            model_name="historicalselfassessment",
            name="met_criteria",
        ),
        migrations.RemoveField(
            model_name="selfassessment",
            name="met_criteria",
        ),
    ]
