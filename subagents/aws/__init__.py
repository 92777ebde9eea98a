"""Typed AWS calls: the only place beside the Bedrock client that imports boto3."""
