"""OTLP over HTTP: spans, log records and metrics, as OpenTelemetry has them."""
