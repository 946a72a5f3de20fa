"""The record's keeper: encrypted, private, TLS only, and quiet about what it is told."""

from __future__ import annotations

from contract import environment
from tests.cdk_app.assembly import Assembly


def test_the_database_is_encrypted_and_private(assembly: Assembly) -> None:
    """Its password is RDS's to make and to rotate: no template ever holds it."""
    database = assembly.data.only("AWS::RDS::DBInstance").properties

    assert database["StorageEncrypted"] is True
    assert "KmsKeyId" in database
    assert database["PubliclyAccessible"] is False
    assert database["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in database


def test_the_database_takes_tls_only_and_logs_no_values(assembly: Assembly) -> None:
    """A failing statement holds what a patient said."""
    parameters = assembly.data.only("AWS::RDS::DBParameterGroup").properties["Parameters"]

    assert parameters["rds.force_ssl"] == "1"
    assert parameters["log_error_verbosity"] == "terse"
    assert parameters["log_min_error_statement"] == "panic"
    assert parameters["log_parameter_max_length_on_error"] == "0"
    assert parameters["log_parameter_max_length"] == "0"
    assert parameters["log_statement"] == "none"


def test_the_databases_minor_version_is_ours_to_change(assembly: Assembly) -> None:
    """An upgrade by night would not have been tested."""
    database = assembly.data.only("AWS::RDS::DBInstance").properties

    major, _, minor = database["EngineVersion"].partition(".")
    assert major.isdigit()
    assert minor.isdigit()
    assert database["AutoMinorVersionUpgrade"] is False


def test_four_clients_reach_the_database_each_by_its_own_group(assembly: Assembly) -> None:
    """The migration, the api, the history and the tasks: no address range, and nobody else."""
    rules = [
        rule.properties
        for rule in assembly.resources()
        if rule.type == "AWS::EC2::SecurityGroupIngress" and "Database" in str(rule.properties["GroupId"])
    ]

    assert {(rule["FromPort"], rule["ToPort"]) for rule in rules} == {(5432, 5432)}
    sources = {str(rule["SourceSecurityGroupId"]) for rule in rules}
    assert len(sources) == len(rules) == 4
    assert not [rule for rule in rules if "CidrIp" in rule]


def test_only_the_migration_holds_the_owners_password(assembly: Assembly) -> None:
    """Tasks and api come as a role that changes no schema."""
    migrate = assembly.function("migrate").properties["Environment"]["Variables"]
    api = assembly.function("api").properties["Environment"]["Variables"]
    (container,) = assembly.service.only("AWS::ECS::TaskDefinition").properties["ContainerDefinitions"]
    task = {variable["Name"]: variable["Value"] for variable in container["Environment"]}
    owner = str(migrate[environment.DATABASE_SECRET_ID])

    for part in (api, task):
        assert part[environment.DATABASE_SECRET_ID] == migrate[environment.DATABASE_APPLICATION_SECRET_ID]
        assert owner not in {str(value) for value in part.values()}
    readers = [
        resource.logical_id
        for resource in assembly.resources()
        if resource.type == "AWS::IAM::Policy" and owner in str(resource.properties)
    ]
    assert len(readers) == 1
    assert "Migrate" in readers[0]


def test_the_applications_password_is_made_in_the_account(assembly: Assembly) -> None:
    """No template holds it, and the migration makes the role that the secret names."""
    generated = [
        secret.properties["GenerateSecretString"]
        for secret in assembly.data.of_type("AWS::SecretsManager::Secret")
        if "GenerateSecretString" in secret.properties
    ]

    (application,) = [one for one in generated if "seva_app" in one.get("SecretStringTemplate", "")]
    assert application["GenerateStringKey"] == "password"
    assert application["PasswordLength"] >= 32
