"""The Messages API as Bedrock and Vertex serve it: other paths, credentials, frames."""
