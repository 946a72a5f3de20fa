"""Findings of cdk-nag that we live with: which rule, at which resources, and why. Nothing else is excused.

A test holds that every line here answers a finding: what is mended loses its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cdk_app import names
from cdk_app.config import StageConfiguration
from contract.environment import OWNER


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One finding at one resource. `stack` is data, service or edge; `path` lies under it."""

    rule: str
    stack: str
    path: str
    reason: str


_COPIER: Final = "edge:Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C256MiB/Resource"
_COPIER_POLICY: Final = "edge:Content/Execution/Role/DefaultPolicy/Resource"
_TASK_POLICY: Final = "service:Task/Definition/TaskRole/DefaultPolicy/Resource"
_HISTORY_POLICY: Final = "edge:Lambda/HistoryExecution/Role/DefaultPolicy/Resource"
_START_POLICY: Final = "service:Task/Definition/ExecutionRole/DefaultPolicy/Resource"
_DATABASE: Final = "data:Database/Instance/Resource"
_BALANCER: Final = "service:Balancer/Balancer/Resource"
_DISTRIBUTION: Final = "edge:Page/Distribution/Resource"
_PAGE_BUCKET: Final = "edge:Page/Bucket/Resource"
_USERS: Final = "data:Users/Pool/Resource"
_AWS_POLICY: Final = "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"

_CONNECTIONS: Final = "arn:aws:execute-api:{region}:{account}:<WebsocketApiD2C932E4>/live/POST/@connections/*"

# (rule, reason, places). A place is stack:path.
_Row = tuple[str, str, tuple[str, ...]]

_ALWAYS: Final[tuple[_Row, ...]] = (
    # Network
    (
        "HIPAA.Security-VPCNoUnrestrictedRouteToIGW",
        "Only NAT gateways lie in the public subnets; Transcribe and API Gateway are reached through them.",
        (
            "data:Network/Vpc/publicSubnet1/DefaultRoute",
            "data:Network/Vpc/publicSubnet2/DefaultRoute",
        ),
    ),
    (
        "AwsSolutions-ELB2",
        "Network load balancers log TLS connections only; API Gateway's access log has every message.",
        (_BALANCER,),
    ),
    (
        "HIPAA.Security-ELBLoggingEnabled",
        "Network load balancers log TLS connections only; API Gateway's access log has every message.",
        (_BALANCER,),
    ),
    (
        "HIPAA.Security-ELBDeletionProtectionEnabled",
        "It holds nothing; protected, a first deployment that failed could not be taken back.",
        (_BALANCER,),
    ),
    # Database
    (
        "AwsSolutions-RDS11",
        "Another port hides nothing: four security groups are admitted, from inside the VPC.",
        (_DATABASE,),
    ),
    (
        "HIPAA.Security-RDSAutomaticMinorVersionUpgradeEnabled",
        "The minor version is pinned in the code: an upgrade is a change that was tested.",
        (_DATABASE,),
    ),
    (
        "HIPAA.Security-RDSInBackupPlan",
        "RDS's own daily backups and point-in-time recovery are on, kept as the stage says.",
        (_DATABASE,),
    ),
    (
        "AwsSolutions-SMG4",
        "The migration sets the role's password to the secret's: a new secret is taken up by a deployment.",
        ("data:Database/ApplicationPassword/Resource",),
    ),
    (
        "HIPAA.Security-SecretsManagerRotationEnabled",
        "The migration sets the role's password to the secret's: a new secret is taken up by a deployment.",
        ("data:Database/ApplicationPassword/Resource",),
    ),
    # Buckets
    (
        "HIPAA.Security-S3BucketReplicationEnabled",
        "S3 keeps three zones; a copy in another region is the clinic's decision, and its data law's.",
        ("data:Audio/Audio/Resource",),
    ),
    (
        "HIPAA.Security-S3BucketReplicationEnabled",
        "Access logs are evidence for 90 days and nothing is restored from them.",
        ("data:Audio/AccessLogs/Resource",),
    ),
    (
        "HIPAA.Security-S3DefaultEncryptionKMS",
        "S3 cannot deliver access logs into a bucket under a customer's key.",
        ("data:Audio/AccessLogs/Resource",),
    ),
    (
        "HIPAA.Security-S3BucketReplicationEnabled",
        "The page is public and comes from the repository: a deployment restores it.",
        (_PAGE_BUCKET,),
    ),
    (
        "HIPAA.Security-S3BucketVersioningEnabled",
        "The page is public and comes from the repository: a deployment restores it.",
        (_PAGE_BUCKET,),
    ),
    (
        "HIPAA.Security-S3DefaultEncryptionKMS",
        "Everybody may read the page; it holds no patient's data.",
        (_PAGE_BUCKET,),
    ),
    (
        "AwsSolutions-S1",
        "Only CloudFront can read the bucket, and what is in it is public.",
        (_PAGE_BUCKET,),
    ),
    (
        "HIPAA.Security-S3BucketLoggingEnabled",
        "Only CloudFront can read the bucket, and what is in it is public.",
        (_PAGE_BUCKET,),
    ),
    # The page's domain
    (
        "AwsSolutions-CFR1",
        "From where its doctors may work is the clinic's to say, not the product's.",
        (_DISTRIBUTION,),
    ),
    (
        "AwsSolutions-CFR2",
        "The API is throttled and takes signed-in users; a web ACL is a fixed cost that a clinic may add.",
        (_DISTRIBUTION,),
    ),
    (
        "AwsSolutions-CFR3",
        "Its log would hold query strings, the sign-in's code among them; API calls are logged without.",
        (_DISTRIBUTION,),
    ),
    (
        "AwsSolutions-APIG4",
        "Health is for monitors, which have no account; it says nothing of anybody.",
        ("edge:Http/Api/GET--health/Resource",),
    ),
    (
        "AwsSolutions-APIG4",
        "The connect function checks origin and ticket; an authoriser would add a call and no safety.",
        ("edge:Routes/Connect/Resource",),
    ),
    (
        "AwsSolutions-APIG4",
        "WebSocket APIs authorise at $connect only; what follows belongs to the connection it admitted.",
        ("edge:Routes/Default", "edge:Routes/Disconnect/Resource"),
    ),
    (
        "AwsSolutions-COG8",
        "Plus prices every user for risk scores; invited users with a second factor are the measure here.",
        (_USERS,),
    ),
    # Permissions
    (
        "HIPAA.Security-IAMNoInlinePolicy",
        "A policy of its role alone: read with the role, never attached elsewhere, gone with the role.",
        (
            "data:Network/Vpc/FlowLog/IAMRole/DefaultPolicy/Resource",
            "service:Migration/Function/MigrateExecution/Role/DefaultPolicy/Resource",
            _TASK_POLICY,
            _START_POLICY,
            "edge:Lambda/ConnectExecution/Role/DefaultPolicy/Resource",
            "edge:Lambda/DisconnectExecution/Role/DefaultPolicy/Resource",
            "edge:Lambda/ApiExecution/Role/DefaultPolicy/Resource",
            _HISTORY_POLICY,
            _COPIER_POLICY,
        ),
    ),
    (
        f"{_AWS_POLICY}AmazonRDSEnhancedMonitoringRole]",
        "AWS's own policy for its own agent; it writes the hosts' figures and reads nothing.",
        ("data:Database/Instance/MonitoringRole/Resource",),
    ),
    (
        f"{_AWS_POLICY}AmazonAPIGatewayPushToCloudWatchLogs]",
        "API Gateway refuses a role that may do less; only API Gateway may assume it.",
        ("edge:Routes/Logging/Role/Resource",),
    ),
    (
        "AwsSolutions-IAM5[Resource::*]",
        "Transcribe's streams have no ARN: it is the only action of this statement.",
        (_TASK_POLICY,),
    ),
    (
        "AwsSolutions-IAM5[Resource::*]",
        "A token for the registry has no ARN: ecr:GetAuthorizationToken is alone in this statement.",
        (_START_POLICY,),
    ),
    (
        "AwsSolutions-IAM5[Resource::*]",
        "Lambda asks for its network interfaces on everything; the function's own code is denied them.",
        (
            "service:Migration/Function/MigrateExecution/Role/DefaultPolicy/Resource",
            "edge:Lambda/ApiExecution/Role/DefaultPolicy/Resource",
            _HISTORY_POLICY,
        ),
    ),
    (
        f"AwsSolutions-IAM5[Resource::{_CONNECTIONS}]",
        "Connections come and go: the star is their id, on one stage of one API.",
        (_TASK_POLICY,),
    ),
    (
        "AwsSolutions-IAM5[Resource::{data}:ExportsOutputFnGetAttAudio258932DFArn54F4B97B/parts/*]",
        "The star is the key of a part, in the audio bucket under its own prefix.",
        (_TASK_POLICY,),
    ),
    (
        "AwsSolutions-IAM5[Resource::{data}:ExportsOutputFnGetAttAudio258932DFArn54F4B97B/recordings/*]",
        "The star is the key of a recording, in the audio bucket under its own prefix.",
        (_TASK_POLICY, _HISTORY_POLICY),
    ),
    *(
        (
            f"AwsSolutions-IAM5[Action::s3:{action}*]",
            "The library's grant to its own copier, on the page's bucket and the assets' alone.",
            (_COPIER_POLICY,),
        )
        for action in ("Abort", "DeleteObject", "GetBucket", "GetObject", "List")
    ),
    (
        "AwsSolutions-IAM5[Resource::<PageBucket8A4EC83F.Arn>/*]",
        "The star is the name of a file of the page.",
        (_COPIER_POLICY,),
    ),
    (
        "AwsSolutions-IAM5[Resource::arn:aws:s3:::cdk-hnb659fds-assets-{account}-{region}/*]",
        "The star is the hash of the page's archive, in the bucket that `cdk bootstrap` made.",
        (_COPIER_POLICY,),
    ),
    # Functions
    (
        "HIPAA.Security-LambdaConcurrency",
        "The stage's throttles bound its calls; a reservation would take from an account's few.",
        (
            "edge:Lambda/Connect/Resource",
            "edge:Lambda/Disconnect/Resource",
            "edge:Lambda/Api/Resource",
            "edge:Lambda/History/Resource",
        ),
    ),
    (
        "HIPAA.Security-LambdaConcurrency",
        "Only a deployment calls it; two at once wait for one another at the database's lock.",
        ("service:Migration/Function/Migrate/Resource",),
    ),
    (
        "HIPAA.Security-LambdaConcurrency",
        "Only a deployment calls it, once.",
        (_COPIER,),
    ),
    (
        "HIPAA.Security-LambdaDLQ",
        "Called and waited for: the caller hears of a failure, so that none is left to a queue.",
        (
            "service:Migration/Function/Migrate/Resource",
            "edge:Lambda/Connect/Resource",
            "edge:Lambda/Disconnect/Resource",
            "edge:Lambda/Api/Resource",
            "edge:Lambda/History/Resource",
            _COPIER,
        ),
    ),
    (
        "HIPAA.Security-LambdaInsideVPC",
        "Speaks to DynamoDB alone, by TLS and its own role; it needs no network of ours and starts sooner.",
        ("edge:Lambda/Connect/Resource", "edge:Lambda/Disconnect/Resource"),
    ),
    (
        "HIPAA.Security-LambdaInsideVPC",
        "Copies public files from bucket to bucket; it needs no network of ours.",
        (_COPIER,),
    ),
    (
        "AwsSolutions-L1",
        "The library chooses the runtime of its own copier.",
        (_COPIER,),
    ),
    # Task
    (
        "AwsSolutions-ECS2",
        "The settings say where things are; secrets are read by the task from Secrets Manager.",
        ("service:Task/Definition/Resource",),
    ),
    (
        "AwsSolutions-SMG4",
        "Tasks of one deployment must agree on it: a new key is put and the service redeployed.",
        ("service:Task/ForwardingKey/Resource",),
    ),
    (
        "HIPAA.Security-SecretsManagerRotationEnabled",
        "Tasks of one deployment must agree on it: a new key is put and the service redeployed.",
        ("service:Task/ForwardingKey/Resource",),
    ),
)

_ERASABLE: Final[tuple[_Row, ...]] = (
    (
        "AwsSolutions-IAM5[Resource::{data}:ExportsOutputFnGetAttAudio258932DFArn54F4B97B/parts/*]",
        "The star is the key of a part, in the audio bucket under its own prefix: a deletion leaves none.",
        (_HISTORY_POLICY,),
    ),
)
_WITHOUT_A_DOMAIN: Final[tuple[_Row, ...]] = (
    (
        "AwsSolutions-CFR4",
        "CloudFront's own name comes with its own TLS versions; a domain of the clinic's takes 1.2 and up.",
        (_DISTRIBUTION,),
    ),
    (
        "HIPAA.Security-ELBv2ACMCertificateRequired",
        "No certificate without a name: the hop stays inside the VPC, and with a domain it is TLS.",
        ("service:Balancer/Balancer/Listener/Resource",),
    ),
)
_ON_ONE_ZONE: Final[tuple[_Row, ...]] = tuple(
    (rule, "A stage without patients: its database may be away for a while.", (_DATABASE,))
    for rule in ("AwsSolutions-RDS3", "HIPAA.Security-RDSMultiAZSupport")
)
_DELETABLE: Final[tuple[_Row, ...]] = tuple(
    (rule, "A stage without patients: deleting its stacks must leave nothing.", (place,))
    for rule, place in (
        ("AwsSolutions-RDS10", _DATABASE),
        ("HIPAA.Security-RDSInstanceDeletionProtectionEnabled", _DATABASE),
    )
)
_WITHOUT_SECOND_FACTOR: Final[tuple[_Row, ...]] = (
    ("AwsSolutions-COG2", "A stage without patients: its testers may do without.", (_USERS,)),
)


def acknowledged(stage: StageConfiguration) -> Iterator[Acknowledged]:
    """Give every finding that a stage has and we live with."""
    rows = [
        *_ALWAYS,
        *(_ERASABLE if stage.record_deletion == OWNER else ()),
        *(_WITHOUT_A_DOMAIN if stage.domain is None else ()),
        *(() if stage.database.is_multi_az else _ON_ONE_ZONE),
        *(() if stage.is_deletion_protected else _DELETABLE),
        *(() if stage.mfa.name == "REQUIRED" else _WITHOUT_SECOND_FACTOR),
    ]
    known = {
        "{data}": names.stack(stage.name, "data"),
        "{region}": stage.region,
        "{account}": stage.account or "<AWS::AccountId>",
    }
    for rule, reason, places in rows:
        named = rule
        for placeholder, value in known.items():
            named = named.replace(placeholder, value)
        for place in places:
            stack, _, path = place.partition(":")
            yield Acknowledged(named, stack, path, reason)
