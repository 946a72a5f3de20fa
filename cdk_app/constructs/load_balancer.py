"""The internal network load balancer between API Gateway's VPC link and the tasks."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from cdk_app.constructs.network import Network
from cdk_app.constructs.streaming_service import StreamingService
from cdk_app.constructs.streaming_task import INGRESS_PORT
from cdk_app.domain import Domain

_PLAIN_PORT: Final = 80
_TLS_PORT: Final = 443
_READINESS_PATH: Final = "/readyz"
_PROBE_INTERVAL: Final = Duration.seconds(5)  # as fast as a network load balancer probes
_PROBE_TIMEOUT: Final = Duration.seconds(2)
_DEREGISTRATION_DELAY: Final = Duration.seconds(30)  # a leaving task goes on forwarding for so long at most


class LoadBalancer(Construct):
    """Balances the gateway's connections over the tasks; nobody but the VPC link can reach it.

    With a domain it speaks TLS under the domain's name; without one there is no name to have a certificate
    for, and the hop from the link is plain.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        network: Network,
        service: StreamingService,
        domain: Domain | None,
    ) -> None:
        super().__init__(scope, construct_id)
        security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=network.vpc,
            description="Load balancer: admits the VPC link, reaches the tasks",
            allow_all_outbound=False,
        )
        self.balancer = elbv2.NetworkLoadBalancer(
            self,
            "Balancer",
            vpc=network.vpc,
            vpc_subnets=network.APPLICATION_SUBNETS,
            internet_facing=False,
            cross_zone_enabled=True,
            security_groups=[security_group],
            # Never protected from deletion: it holds nothing, and a first deployment that failed could not be
            # taken back.
            deletion_protection=False,
            # The link's traffic comes from AWS's addresses, which no rule could name; nothing else comes in.
            enforce_security_group_inbound_rules_on_private_link_traffic=False,
        )
        security_group.connections.allow_to(
            service.security_group, ec2.Port.tcp(INGRESS_PORT), "messages and probes"
        )
        if domain is None:
            self.origin = f"http://{self.balancer.load_balancer_dns_name}"
            listener = self.balancer.add_listener("Listener", port=_PLAIN_PORT, protocol=elbv2.Protocol.TCP)
        else:
            self.origin = f"https://{domain.name}"  # the name that API Gateway finds on the certificate
            listener = self.balancer.add_listener(
                "Listener",  # the same as without: it is changed in place, and its targets stay
                port=_TLS_PORT,
                protocol=elbv2.Protocol.TLS,
                certificates=[elbv2.ListenerCertificate.from_arn(domain.balancer_certificate_arn)],
                ssl_policy=elbv2.SslPolicy.TLS13_RES,
            )
        self.targets = listener.add_targets(
            "Tasks",
            port=INGRESS_PORT,
            protocol=elbv2.Protocol.TCP,
            targets=[service.service],
            preserve_client_ip=False,
            deregistration_delay=_DEREGISTRATION_DELAY,
            health_check=elbv2.HealthCheck(
                protocol=elbv2.Protocol.HTTP,
                path=_READINESS_PATH,
                interval=_PROBE_INTERVAL,
                timeout=_PROBE_TIMEOUT,
                healthy_threshold_count=2,
                unhealthy_threshold_count=2,
            ),
        )
        # ECS refuses a service whose target group has no load balancer yet.
        service.service.node.add_dependency(listener)
