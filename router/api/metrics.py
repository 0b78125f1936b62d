"""Figures for Prometheus at /metrics: requests by route, replies by outcome. No texts, no ids."""

from __future__ import annotations

from litestar.plugins.prometheus import PrometheusConfig, PrometheusController
from prometheus_client import Counter

from router.messages import Reply

CONFIG = PrometheusConfig(app_name="samsvar", prefix="samsvar", group_path=True)

OWN_API = "api"
REPLIES = Counter("samsvar_replies", "Replies to visitors", ["body", "outcome", "adapter"])


class MetricsController(PrometheusController):
    """/metrics, left out of the API's description."""

    include_in_schema = False


def count(reply: Reply, adapter: str = OWN_API) -> None:
    """Count one reply by the body that spoke, what came out, and how it was asked."""
    outcome = type(reply.outcome).__struct_config__.tag
    REPLIES.labels(reply.body.id, outcome, adapter).inc()
