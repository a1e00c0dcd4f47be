"""What is public: the page's switch, incidents and updates as the public knows them, released post-mortems; their walls and guards."""

import django.db.models.deletion
import simple_history.models
import tenants.credentials
import tenants.scope
import tenants.time
import tenants.walled
from django.db import migrations, models

from ledger.guards import append_only, audited
from status.sql import HELD, PUBLIC_ONLY
from tenants.together import together
from tenants.walls import DropLoneIndexes, NeedToKnow, Sql

CHANGING, SAID = ('publicincident', 'publicpostmortem'), ('publicupdate', 'takenoff')


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('compliance', '0004_holds'),
        ('incidents', '0021_room_facts'),
        ('ledger', '0007_ledger'),
        ('tenants', '0006_signed_context'),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalPublicIncident',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('history_xid', models.BigIntegerField(default=0, editable=False)),
                ('public_id', models.CharField(default=tenants.credentials.public_id, editable=False, max_length=12)),
                ('began_at', models.DateTimeField(default=tenants.time.now)),
                ('ended_at', models.DateTimeField(null=True)),
                ('history_user_id', models.BigIntegerField(null=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_id', models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('incident', tenants.walled.TenantKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='incidents.incident')),
                ('organisation', models.ForeignKey(blank=True, db_constraint=False, default=tenants.scope.organisation_id, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.organisation')),
            ],
            options={
                'verbose_name': 'historical public incident',
                'verbose_name_plural': 'historical public incidents',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalStatusPage',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('history_xid', models.BigIntegerField(default=0, editable=False)),
                ('public', models.BooleanField(default=False)),
                ('reason', models.TextField(blank=True, default='')),
                ('history_user_id', models.BigIntegerField(null=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_id', models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('organisation', models.ForeignKey(blank=True, db_constraint=False, default=tenants.scope.organisation_id, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.organisation')),
            ],
            options={
                'verbose_name': 'historical status page',
                'verbose_name_plural': 'historical status pages',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='PublicIncident',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=tenants.credentials.public_id, editable=False, max_length=12)),
                ('began_at', models.DateTimeField(default=tenants.time.now)),
                ('ended_at', models.DateTimeField(null=True)),
                ('incident', tenants.walled.TenantKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='incidents.incident')),
                ('organisation', models.ForeignKey(default=tenants.scope.organisation_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='HistoricalPublicPostmortem',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('history_xid', models.BigIntegerField(default=0, editable=False)),
                ('title', models.CharField(max_length=200)),
                ('text', models.TextField()),
                ('released_at', models.DateTimeField(default=tenants.time.now)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('history_user_id', models.BigIntegerField(null=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_id', models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('incident', tenants.walled.TenantKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='incidents.incident')),
                ('organisation', models.ForeignKey(blank=True, db_constraint=False, default=tenants.scope.organisation_id, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.organisation')),
                ('thread', tenants.walled.TenantKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='status.publicincident')),
            ],
            options={
                'verbose_name': 'historical public postmortem',
                'verbose_name_plural': 'historical public postmortems',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='PublicPostmortem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200)),
                ('text', models.TextField()),
                ('released_at', models.DateTimeField(default=tenants.time.now)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('incident', tenants.walled.TenantKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='incidents.incident')),
                ('organisation', models.ForeignKey(default=tenants.scope.organisation_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.organisation')),
                ('thread', tenants.walled.TenantKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='status.publicincident')),
            ],
        ),
        migrations.CreateModel(
            name='PublicUpdate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=tenants.credentials.public_id, editable=False, max_length=12)),
                ('status', models.CharField(choices=[('investigating', 'Investigating'), ('identified', 'Identified'), ('monitoring', 'Monitoring'), ('resolved', 'Resolved')], max_length=20)),
                ('known', models.TextField()),
                ('impact', models.TextField(blank=True)),
                ('doing', models.TextField(blank=True)),
                ('components', models.JSONField(blank=True, default=dict)),
                ('next_update_at', models.DateTimeField(null=True)),
                ('published_at', models.DateTimeField(default=tenants.time.now)),
                ('incident', tenants.walled.TenantKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='incidents.incident')),
                ('organisation', models.ForeignKey(default=tenants.scope.organisation_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.organisation')),
                ('thread', tenants.walled.TenantKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='updates', to='status.publicincident')),
                ('update', tenants.walled.TenantKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='incidents.statusupdate')),
            ],
        ),
        migrations.CreateModel(
            name='StatusPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public', models.BooleanField(default=False)),
                ('reason', models.TextField(blank=True, default='')),
                ('organisation', models.ForeignKey(default=tenants.scope.organisation_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='TakenOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=tenants.time.now)),
                ('incident', tenants.walled.TenantKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='incidents.incident')),
                ('organisation', models.ForeignKey(default=tenants.scope.organisation_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.organisation')),
                ('said', tenants.walled.TenantKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='taken_off', to='status.publicupdate')),
            ],
        ),
        migrations.AddIndex(
            model_name='publicincident',
            index=models.Index(fields=['organisation', '-began_at'], name='public_incident_newest'),
        ),
        migrations.AddIndex(
            model_name='publicincident',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['organisation'], name='public_incident_going_on'),
        ),
        migrations.AddConstraint(
            model_name='publicincident',
            constraint=models.UniqueConstraint(fields=('organisation', 'incident'), name='a_public_incident_once'),
        ),
        migrations.AddConstraint(
            model_name='publicincident',
            constraint=models.UniqueConstraint(fields=('organisation', 'public_id'), name='a_public_incident_by_its_id'),
        ),
        migrations.AddConstraint(
            model_name='publicpostmortem',
            constraint=models.UniqueConstraint(fields=('organisation', 'incident'), name='one_postmortem_for_the_public'),
        ),
        migrations.AddIndex(
            model_name='publicupdate',
            index=models.Index(fields=['organisation', 'thread', 'id'], name='public_update_by_thread'),
        ),
        migrations.AddConstraint(
            model_name='publicupdate',
            constraint=models.UniqueConstraint(deferrable=models.Deferrable['DEFERRED'], fields=('organisation', 'update'), name='an_update_is_public_once'),
        ),
        migrations.AddConstraint(
            model_name='statuspage',
            constraint=models.UniqueConstraint(fields=('organisation',), name='one_status_page'),
        ),
        migrations.AddConstraint(
            model_name='takenoff',
            constraint=models.UniqueConstraint(deferrable=models.Deferrable['DEFERRED'], fields=('organisation', 'said'), name='an_update_is_taken_off_once'),
        ),
        *audited('status', 'statuspage', *CHANGING),
        *append_only('status', *SAID),
        NeedToKnow('status', *CHANGING, *(f'historical{name}' for name in CHANGING), *SAID),
        Sql(PUBLIC_ONLY),
        Sql(HELD),
        DropLoneIndexes('status'),
    ]
    operations = together(operations)
