from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "apps.audit"
    label = "audit"
    verbose_name = "Audit trail"

    def ready(self) -> None:
        from apps.audit import logins, services
        from apps.core.trail import recorder_set

        recorder_set(services.audit_record)
        logins.listen()
