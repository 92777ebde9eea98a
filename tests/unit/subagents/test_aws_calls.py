"""Read-only AWS calls against a real server on loopback that speaks AWS."""

from __future__ import annotations

import inspect
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest
from moto.server import ThreadedMotoServer
from pydantic import JsonValue

from subagents.aws.calls import AwsCaller

SECRET = "hunter2hunter2hunter2"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    s3: Any = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    s3.create_bucket(Bucket="there")
    s3.put_object(Bucket="there", Key="file", Body=b"x" * 100_000)
    s3.close()
    yield url
    server.stop()


@pytest.fixture(autouse=True)
def _no_other_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither variables nor files nor an instance role of this machine."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def environment(endpoint: str, **more: str) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": endpoint,
        **more,
    }


SUCCEED: dict[str, tuple[str, dict[str, JsonValue]]] = {
    "a bucket that is there": ("s3.head_bucket", {"Bucket": "there"}),
    "an object whose body nobody reads": ("s3.get_object", {"Bucket": "there", "Key": "file"}),
    "who am I": ("sts.get_caller_identity", {}),
    "a service with a dash": ("cognito-idp.list_user_pools", {"MaxResults": 1}),
    "an empty list": ("sqs.list_queues", {}),
}


@pytest.mark.parametrize(("operation", "params"), SUCCEED.values(), ids=SUCCEED.keys())
def test_a_call_that_aws_answers_succeeds(
    endpoint: str, operation: str, params: dict[str, JsonValue]
) -> None:
    assert AwsCaller(environment(endpoint)).call(operation, params) == (True, "success")


FAIL: dict[str, tuple[str, dict[str, JsonValue], str]] = {
    "a bucket that is not there": ("s3.head_bucket", {"Bucket": "gone"}, "404: Not Found"),
    "a table that is not there": (
        "dynamodb.describe_table",
        {"TableName": "gone"},
        "ResourceNotFoundException: Requested resource not found: Table: gone not found",
    ),
    "a parameter that is missing": (
        "s3.head_bucket",
        {},
        'ParamValidationError: Parameter validation failed: Missing required parameter in input: "Bucket"',
    ),
    "an operation that does not exist": ("s3.head_buckets", {}, "no operation head_buckets in s3"),
    "a helper of the client": (
        "s3.get_waiter",
        {"waiter_name": "bucket_exists"},
        "no operation get_waiter in s3",
    ),
}


@pytest.mark.parametrize(("operation", "params", "seen"), FAIL.values(), ids=FAIL.keys())
def test_a_call_that_fails_says_why(
    endpoint: str, operation: str, params: dict[str, JsonValue], seen: str
) -> None:
    assert AwsCaller(environment(endpoint)).call(operation, params) == (False, seen)


def test_an_unknown_service_says_so(endpoint: str) -> None:
    ok, seen = AwsCaller(environment(endpoint)).call("s33.head_bucket", {})
    assert not ok
    assert seen.startswith("UnknownServiceError: Unknown service: 's33'")
    assert len(seen) == 200


REFUSED = ["s3.delete_bucket", "s3.put_object", "ec2.run_instances", "s3.close", "s3.generate_presigned_url"]
MALFORMED = [
    "",
    "s3",
    "s3.",
    ".head_bucket",
    "s3.head_bucket.x",
    "s3.__class__",
    "S3.HeadBucket",
    "s3.get_\n",
]


@pytest.mark.parametrize("operation", REFUSED)
def test_what_is_not_read_only_by_name_is_refused(operation: str) -> None:
    expected = (False, "an operation that is not read-only, which is refused")
    assert AwsCaller({}).call(operation, {}) == expected


@pytest.mark.parametrize("operation", MALFORMED)
def test_what_is_no_operation_is_refused(operation: str) -> None:
    expected = (False, "an operation that is not SERVICE.OPERATION in boto3's names")
    assert AwsCaller({}).call(operation, {}) == expected


def test_a_refusal_does_not_even_import_boto3() -> None:
    code = (
        "import sys; from subagents.aws.calls import AwsCaller; AwsCaller({}).call('s3.delete_bucket', {});"
        "print([m for m in sys.modules if m.startswith('boto')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_without_boto3_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert AwsCaller({}).call("s3.head_bucket", {}) == (False, "no boto3; install it with: pip install boto3")


def test_without_a_region_it_says_what_to_set() -> None:
    env = environment("", AWS_REGION="")
    expected = (False, "no AWS region; set AWS_REGION")
    assert AwsCaller(env).call("ec2.describe_instances", {}) == expected


def test_without_credentials_it_says_what_to_set(endpoint: str) -> None:
    ok, seen = AwsCaller({"AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": endpoint}).call(
        "s3.head_bucket", {"Bucket": "there"}
    )
    assert not ok
    assert seen.startswith("no AWS credentials; ")


def test_a_profile_that_is_not_there_says_so(endpoint: str) -> None:
    ok, seen = AwsCaller(environment(endpoint, AWS_PROFILE="gone")).call(
        "s3.head_bucket", {"Bucket": "there"}
    )
    assert (ok, seen) == (False, "ProfileNotFound: The config profile (gone) could not be found")


def test_credentials_that_are_not_given_come_from_the_default_chain(endpoint: str, tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text(
        "[ops]\naws_access_key_id = testing\naws_secret_access_key = testing\n"
    )
    env = {"AWS_REGION": "eu-central-1", "AWS_PROFILE": "ops", "AWS_ENDPOINT_URL": endpoint}
    assert AwsCaller(env).call("s3.head_bucket", {"Bucket": "there"}) == (True, "success")


def test_the_environment_of_the_process_is_not_asked_for_what_is_given(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_REGION", "no region")
    env = environment(endpoint)
    assert AwsCaller(env).call("s3.head_bucket", {"Bucket": "there"}) == (True, "success")


def test_an_endpoint_of_one_service_goes_before_that_of_all(endpoint: str) -> None:
    env = environment("http://127.0.0.1:1", AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=endpoint)
    assert AwsCaller(env).call("cognito-idp.list_user_pools", {"MaxResults": 1}) == (True, "success")


def test_an_endpoint_that_is_no_url_says_so() -> None:
    ok, seen = AwsCaller(environment("nowhere")).call("s3.list_buckets", {})
    assert (ok, seen) == (False, "ValueError: Invalid endpoint: nowhere")


class Counting:
    """A server that answers every request with the same bytes and counts them."""

    def __init__(self, answer: bytes) -> None:
        self.requests = 0
        self._answer = answer
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.05)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._listening.getsockname()[1]}"

    def close(self) -> None:
        self._done.set()
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        while not self._done.is_set():
            try:
                connection, _ = self._listening.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(2)
                self.requests += bool(connection.recv(65536))
                connection.sendall(self._answer)


def answer(status: str, body: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()


def call_answered(raw: bytes, *, userinfo: str = "", token: str = "") -> tuple[str, int]:
    """What is seen of this answer, and after how many requests."""
    server = Counting(raw)
    try:
        env = environment(f"http://{userinfo}{server.address}", AWS_SESSION_TOKEN=token)
        ok, seen = AwsCaller(env).call("sts.get_caller_identity", {})
    finally:
        server.close()
    assert not ok
    return seen, server.requests


def error_body(code: str, message: str) -> str:
    return (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    )


def test_throttling_and_outages_are_not_retried() -> None:
    for status, code in (("503 Slow Down", "SlowDown"), ("400 Bad", "Throttling"), ("500 Oops", "Internal")):
        assert call_answered(answer(status, error_body(code, "later"))) == (f"{code}: later", 1)


def test_a_connection_that_is_closed_is_not_retried() -> None:
    seen, requests = call_answered(b"")
    assert seen.startswith("ConnectionClosedError: ")
    assert requests == 1


def test_a_refused_connection_says_so() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://me:hunter2@127.0.0.1:{bound.getsockname()[1]}"
        ok, seen = AwsCaller(environment(url)).call("sts.get_caller_identity", {})
    assert not ok
    assert "hunter2" not in seen


def test_the_signed_request_that_aws_quotes_is_not_shown() -> None:
    message = (
        f"The signature does not match.\n\nThe Canonical String was 'POST\nx-amz-security-token:{SECRET}'"
    )
    seen, _ = call_answered(answer("403 Forbidden", error_body("SignatureDoesNotMatch", message)))
    assert seen == "SignatureDoesNotMatch: The signature does not match."


def test_credentials_that_aws_echoes_are_not_shown() -> None:
    message = f"bad token t0ken-{SECRET}-t0ken"
    seen, _ = call_answered(answer("403 Forbidden", error_body("InvalidToken", message)), token="t0ken")
    assert seen == "InvalidToken: bad token (secret)-(secret)-(secret)"


STRANGERS: dict[str, tuple[str, str]] = {
    "nothing": ("200 OK", ""),
    "a broken page": ("403 Forbidden", "<html><b>no"),
    "a whole page": ("200 OK", "<html><body>Log in</body></html>"),
    "a redirect to a login page": ("302 Found", "<html><body>Log in</body></html>"),
    "a list": ("200 OK", "[]"),
    "a text": ("403 Forbidden", '"no"'),
    "null": ("200 OK", "null"),
    "a terminal's escapes": ("200 OK", "\x1b[2J<<<"),
}
OPERATIONS: dict[str, dict[str, JsonValue]] = {
    "sts.get_caller_identity": {},
    "s3.head_bucket": {"Bucket": "there"},
    "logs.describe_log_groups": {},
}


@pytest.mark.parametrize(("status", "body"), STRANGERS.values(), ids=STRANGERS.keys())
def test_whatever_answers_in_the_place_of_aws_nothing_is_raised(status: str, body: str) -> None:
    server = Counting(answer(status, body))
    try:
        caller = AwsCaller(environment(f"http://{server.address}"))
        answers = [caller.call(operation, params) for operation, params in OPERATIONS.items()]
    finally:
        server.close()
    assert not all(ok for ok, _ in answers)
    assert all(seen and seen.isprintable() for _, seen in answers)


def test_an_answer_that_boto3_cannot_read_is_not_quoted() -> None:
    seen, _ = call_answered(answer("403 Forbidden", f"<b>{SECRET}"))
    assert seen == "an answer that is not AWS's (ResponseParserError)"


def test_calls_may_be_made_in_threads(endpoint: str) -> None:
    caller, answers = AwsCaller(environment(endpoint)), []

    def call() -> None:
        answers.append(caller.call("s3.head_bucket", {"Bucket": "there"}))

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [(True, "success")] * 6


def test_every_error_of_the_library_is_one_that_is_translated() -> None:
    """An upgrade cannot add one that gets through."""
    errors = {
        error
        for _, error in inspect.getmembers(botocore.exceptions, inspect.isclass)
        if issubclass(error, Exception) and not issubclass(error, Warning)
    }
    translated = (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError)
    left = {error.__name__ for error in errors if not issubclass(error, translated)}
    assert left == {"UndefinedModelAttributeError", "MissingServiceIdError"}  # a broken install of boto3


@pytest.mark.parametrize(
    "operation",
    [
        *(
            "redshift.get_cluster_credentials",
            "redshift.get_cluster_credentials_with_iam",
            "sts.get_session_token",
        ),
        *(
            "sts.get_federation_token",
            "secretsmanager.get_secret_value",
            "secretsmanager.batch_get_secret_value",
        ),
        *("cognito-identity.get_id", "cognito-identity.get_open_id_token_for_developer_identity"),
        *("ecr.get_authorization_token", "secretsmanager.get_random_password", "ce.get_cost_and_usage"),
    ],
)
def test_what_hands_out_credentials_or_costs_money_is_refused(operation: str) -> None:
    passed, seen = AwsCaller({}).call(operation, {})
    assert not passed
    assert "hands out credentials, or costs money" in seen
