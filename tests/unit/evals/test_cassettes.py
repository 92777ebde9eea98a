"""Recorded replies, by planner's own clients over real HTTP: recorded from a server, played without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from contracts.errors import ModelSetupError, SettingsError
from contracts.incident import Evidence, Incident, Stage
from contracts.model import Fault, ModelReply, Prompt
from contracts.remediation import ForceUnlock
from contracts.run import StopKind
from diagnosis.clients.registry import client_for
from diagnosis.prompt import corrected, prompt_for, prompt_version
from diagnosis.reply import reply_schema
from evals.cassettes import Cassettes, Mode
from evals.replies import Body, question_of
from planner.naming import _token
from tests.fakes.model_server import Answering, Server, as_json, closed_url, cut, permit, raw, serving
from tests.fakes.planning import SetStop

KEY = "sk-test-0123456789abcdef"
ANTHROPIC, OPENAI = "anthropic:claude-haiku-5-5", "openai:small"
MODELS = (ANTHROPIC, OPENAI)
ANSWER = json.dumps(
    {
        "evidence": ["the lock of /tmp/tmpx1/main.tf is 5f0c1d7e-1111-4000-8000-000000000001"],
        "root_cause": "A run that crashed holds the lock.",
        "category": "state_lock",
        "confidence": 0.9,
        "retryable": False,
        "remediation": "force_unlock",
        "summary": "Remove the lock.",
        "lock_id": "5f0c1d7e-1111-4000-8000-000000000001",
    }
)


def message(text: str) -> dict[str, object]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 90, "cache_read_input_tokens": 10, "output_tokens": 20},
    }


def completion(text: str) -> dict[str, object]:
    details = {"cached_tokens": 10}
    return {
        "id": "c-1",
        "choices": [{"index": 0, "message": {"content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "prompt_tokens_details": details},
    }


def saying(model: str, text: str, **headers: str) -> Answering:
    return as_json(200, message(text) if model == ANTHROPIC else completion(text), **headers)


def asking(text: str = "Error: no such key", token: str | None = None) -> Prompt:
    return prompt_for(Evidence(stage=Stage.APPLY, text=text), (), token=token or _token())


def ask(cassettes: Cassettes, environment: Mapping[str, str], model: str, prompt: Prompt) -> ModelReply:
    """One ask as planner does it, with what the cassettes put over the environment."""
    over = {**environment, **cassettes.environment(model)}
    opened = client_for(model, environment=over, today=date(2026, 11, 20), stop=SetStop())
    assert opened is not None
    return opened().ask(permit(), prompt, reply_schema())


def real(server: Server) -> dict[str, str]:
    return {
        "ANTHROPIC_BASE_URL": server.url,
        "ANTHROPIC_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{server.url}/v1/",
        "OPENAI_API_KEY": KEY,
    }


@contextmanager
def recording(folder: Path, answer: Answering) -> Iterator[tuple[Cassettes, dict[str, str], Server]]:
    with serving(answer) as server, Cassettes(folder, Mode.RECORD, real(server)) as cassettes:
        yield cassettes, real(server), server


def recorded(folder: Path, model: str, prompt: Prompt, text: str = ANSWER, **headers: str) -> ModelReply:
    with recording(folder, saying(model, text, **headers)) as (cassettes, environment, _):
        return ask(cassettes, environment, model, prompt)


def replayed(folder: Path, model: str, prompt: Prompt) -> tuple[ModelReply, int, int]:
    """The reply where no provider and no key is, how many were played, and how many were not to be found."""
    with Cassettes(folder, Mode.REPLAY, {}) as cassettes:
        reply = ask(cassettes, {}, model, prompt)
        return reply, cassettes.played(model), cassettes.stale(model)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("model", MODELS)
def test_a_recorded_reply_is_played_with_its_bill_where_no_provider_is(tmp_path: Path, model: str) -> None:
    first = recorded(tmp_path, model, asking())
    assert first.text == ANSWER
    assert (first.usage.input_tokens, first.usage.cached_tokens, first.usage.output_tokens) == (90, 10, 20)
    assert replayed(tmp_path, model, asking()) == (first, 1, 0)


@pytest.mark.parametrize("model", MODELS)
def test_the_provider_is_sent_what_planner_sends_it_without_a_recorder(tmp_path: Path, model: str) -> None:
    prompt = asking()
    with recording(tmp_path, saying(model, ANSWER)) as (cassettes, environment, server):
        ask(cassettes, environment, model, prompt)
        with Cassettes(tmp_path, Mode.OFF, environment) as off:
            assert off.environment(model) == {}
            ask(off, environment, model, prompt)
        assert server.requests[0] == server.requests[1]
        of_connection = {"host", "connection", "content-length"}
        with_recorder, without = (
            {k: v for k, v in sent.items() if k not in of_connection} for sent in server.headers
        )
        assert with_recorder == without
        assert KEY in (with_recorder.get("x-api-key"), with_recorder.get("authorization", "")[7:])


@pytest.mark.parametrize("model", MODELS)
def test_no_key_and_no_header_of_a_request_or_an_account_is_written(tmp_path: Path, model: str) -> None:
    recorded(
        tmp_path,
        model,
        asking(),
        openai_organization="org-77",
        set_cookie="session=88",
        request_id="req-99",
        date="Fri, 20 Nov 2026 10:11:12 GMT",
    )
    (path,) = files(tmp_path)
    text = path.read_text(encoding="utf-8")
    for secret in (KEY, "Bearer", "authorization", "x-api-key", "org-77", "session=88", "req-99"):
        assert secret not in text
    assert json.loads(text)["headers"] == {"content-type": "application/json"}


def test_a_reply_that_holds_the_key_it_was_sent_with_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = recorded(tmp_path, OPENAI, asking(), text=f"your key {KEY}")
    assert reply.fault is Fault.DOWN
    assert files(tmp_path) == []
    said = capsys.readouterr().err
    assert "holds the key it was sent with" in said
    assert KEY not in said


@pytest.mark.parametrize("model", MODELS)
def test_a_person_can_review_what_was_asked_and_said(tmp_path: Path, model: str) -> None:
    recorded(tmp_path, model, asking("Error: dial tcp 127.0.0.1:4566"))
    (path,) = files(tmp_path)
    found = json.loads(path.read_text(encoding="utf-8"))
    provider, _, name = model.partition(":")
    assert path == tmp_path / provider / name / f"{found['key']}.json"
    assert (found["model"], found["status"], found["prompt_version"]) == (model, 200, prompt_version())
    asked = found["request"]["messages"][-1]["content"]
    assert f"<failure-{'0' * 16}>\n[printed outside diagnostics]\n  Error: dial tcp <port-" in asked
    assert ANSWER in json.dumps(found["body"]).replace("\\", "")


@pytest.mark.parametrize("model", MODELS)
def test_a_changed_prompt_is_stale_and_says_so(tmp_path: Path, model: str) -> None:
    recorded(tmp_path, model, asking())
    reply, played, stale = replayed(tmp_path, model, asking("Error: another one"))
    assert (reply.stop, reply.fault) == ("error: 404 no_recorded_reply", Fault.REJECTED)
    assert (played, stale) == (0, 1)


def test_a_changed_parameter_or_model_is_stale_too(tmp_path: Path) -> None:
    recorded(tmp_path, OPENAI, asking())
    shorter = asking().model_copy(update={"max_output_tokens": 100})
    assert replayed(tmp_path, OPENAI, shorter)[1:] == (0, 1)
    assert replayed(tmp_path, "openai:other", asking())[1:] == (0, 1)
    assert replayed(tmp_path, OPENAI, corrected(asking(), "no JSON"))[1:] == (0, 1)


def test_a_reply_that_quotes_what_changes_is_played_as_this_run_has_it(tmp_path: Path) -> None:
    def failure(folder: str, port: int, took: str) -> str:
        return f"/tmp/{folder}/main.tf: dial 127.0.0.1:{port}\nrefused after {took} [id=9{port}]"

    def quote(token: str, failure: str) -> str:
        return json.dumps({"category": "auth", "evidence": [failure, f"failure-{token}", "<port-77>"]})

    was, now = failure("tmpa1", 4001, "0s"), failure("tmpb2", 59_002, "1m11s")
    told = quote("1234567890abcdef", was)
    recorded(tmp_path, OPENAI, asking(was, token="1234567890abcdef"), text=told)
    reply, played, _ = replayed(tmp_path, OPENAI, asking(now, token="fedcba0987654321"))
    assert played == 1
    assert reply.text == quote("fedcba0987654321", now)


CHANCE = {
    "a folder": ("in /tmp/tmpabc_1/main.tf", "in /var/folders/zz/q1/T/tmp9/main.tf"),
    "a UUID": ("ID: 5f0c1d7e-1111-4000-8000-000000000001", "ID: 5f0c1d7e-2222-4000-8000-00000000000f"),
    "a run's id": ("run 20261120-101112-abcdef", "run 20261121-010203-012345"),
    "a diagnosis' id": ("diagnose-0123456789ab", "diagnose-ffffffffffff"),
    "a time": ("at 2026-11-20T10:11:12Z", "at 2026-11-21T10:11:12.123456Z"),
    "a lock's time": ("2026-11-20 10:11:12.5 +0000 UTC", "2026-11-21 00:00:00.123 +0000 UTC"),
    "a log's time": ("2026/11/20 10:11:12 [ERROR]", "2026/11/21 10:11:13 [ERROR]"),
    "AWS's time": ("expired: 20261120T101112Z", "expired: 20261121T101112Z"),
    "HTTP's time": ("Fri, 20 Nov 2026 10:11:12 GMT", "Sat, 21 Nov 2026 10:11:12 GMT"),
    "two times that may be one": (
        "from 2026-11-20T10:11:12Z to 2026-11-20T10:11:12Z",
        "from 2026-11-20T10:11:12Z to 2026-11-20T10:11:13Z",
    ),
    "a duration": ("complete after 0s [id=123]", "complete after 1m2.5s [id=5f0c]"),
    "what has elapsed": ("[10s elapsed]", "[00m20s elapsed]"),
    "a port": ("dial tcp 127.0.0.1:4001", "dial tcp 127.0.0.1:59002"),
    "a port by name": ("http://localhost:4001/x", "http://localhost:59002/x"),
    "a request's id": ("RequestID: AAAA1111, api", "RequestID: BBBB2222CCCC, api"),
    "an object's id": ("sg-0123456789abcdef0 is used", "sg-fedcba98765432100 is used"),
}


@pytest.mark.parametrize("kind", CHANCE)
def test_what_changes_from_run_to_run_is_not_part_of_the_question(kind: str) -> None:
    was, now = (question_of({"a": [{"text": text}]}) for text in CHANCE[kind])
    assert was.key == now.key


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("version 1.2.3", "version 1.2.4"),
        ("main.tf:3", "main.tf:4"),
        ("10.0.0.1:80", "10.0.0.1:81"),
        ("timeout = 30s", "timeout = 60s"),
        ("sg-1234", "sg-1235"),
        ("/tmp/x/a.tf", "/tmp/x/b.tf"),
    ],
)
def test_what_the_failure_says_is(was: str, now: str) -> None:
    assert question_of({"text": was}).key != question_of({"text": now}).key


def test_the_order_of_the_parameters_is_not_part_of_the_question() -> None:
    one: Body = {"a": "127.0.0.1:1", "b": {"c": "x", "d": [1, None]}}
    other: Body = {"b": {"d": [1, None], "c": "x"}, "a": "127.0.0.1:2"}
    assert question_of(one).key == question_of(other).key


def test_threads_may_ask_at_once(tmp_path: Path) -> None:
    texts = [f"Error: number {n}" for n in range(12)]

    def echo(handler: BaseHTTPRequestHandler) -> None:
        asked = server.requests[-1]["messages"][-1]["content"]
        as_json(200, completion(next(text for text in reversed(texts) if text in asked)))(handler)

    with serving(echo) as server, Cassettes(tmp_path, Mode.RECORD, real(server)) as cassettes:
        for text in texts:
            ask(cassettes, real(server), OPENAI, asking(text))

    with Cassettes(tmp_path, Mode.REPLAY, {}) as cassettes, ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda text: ask(cassettes, {}, OPENAI, asking(text)).text, [*texts, *texts]))
        assert replies == [*texts, *texts]
        assert (cassettes.played(OPENAI), cassettes.stale(OPENAI)) == (24, 0)


def test_threads_may_record_the_same_question_at_once(tmp_path: Path) -> None:
    with recording(tmp_path, saying(OPENAI, ANSWER)) as (cassettes, env, _), ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: ask(cassettes, env, OPENAI, asking()), range(8)))
    assert {reply.text for reply in replies} == {ANSWER}
    assert len(files(tmp_path)) == 1
    assert replayed(tmp_path, OPENAI, asking())[0] == replies[0]


def torn(text: str) -> str:
    return text[: len(text) // 2]


def edited(text: str) -> str:
    return text.replace("no such key", "another failure")


def of_another_model(text: str) -> str:
    return text.replace('"model": "openai:small"', '"model": "openai:large"')


@pytest.mark.parametrize("damage", [torn, edited, of_another_model])
def test_a_damaged_recording_is_named_before_anybody_asks(tmp_path: Path, damage: object) -> None:
    recorded(tmp_path, OPENAI, asking())
    (path,) = files(tmp_path)
    assert callable(damage)
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(SettingsError, match=path.name), Cassettes(tmp_path, Mode.REPLAY, {}):
        pass


def test_what_a_crash_left_of_a_recording_is_none(tmp_path: Path) -> None:
    first = recorded(tmp_path, OPENAI, asking())
    (path,) = files(tmp_path)
    path.with_name("tmpab12").write_text('{"mod', encoding="utf-8")
    assert replayed(tmp_path, OPENAI, asking())[0] == first


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("status", "fault", "wait_s"),
    [(429, Fault.THROTTLED, 7), (500, Fault.DOWN, None), (301, Fault.DOWN, None)],
)
def test_an_error_is_passed_through_and_not_recorded(
    tmp_path: Path, model: str, status: int, fault: Fault, wait_s: float | None
) -> None:
    error = {"type": "error", "error": {"type": "its_own_word", "message": "no"}}
    headers = {"retry_after": "7"} if wait_s else {"location": "http://127.0.0.1:1/"}
    with recording(tmp_path, as_json(status, error, **headers)) as (cassettes, env, server):
        through = ask(cassettes, env, model, asking())
        straight = ask(Cassettes(tmp_path, Mode.OFF, env), env, model, asking())
        assert len(server.requests) == 2
    assert through == straight
    assert (through.fault, through.retry_after_s) == (fault, wait_s)
    assert "its_own_word" in through.stop
    assert files(tmp_path) == []


def test_an_answer_that_is_no_reply_of_the_api_is_passed_through_and_not_recorded(tmp_path: Path) -> None:
    with recording(tmp_path, raw(200, b"<html>sign in</html>")) as (cassettes, env, _):
        assert ask(cassettes, env, OPENAI, asking()).fault is Fault.UNREADABLE
    assert files(tmp_path) == []


def test_a_provider_that_cannot_be_reached_or_hangs_up_is_down(tmp_path: Path) -> None:
    env = {"OPENAI_BASE_URL": closed_url()}
    with Cassettes(tmp_path, Mode.RECORD, env) as cassettes:
        assert ask(cassettes, env, OPENAI, asking()).stop == "error: 502 provider_unreachable"
    with recording(tmp_path, cut) as (cassettes, env, _):
        assert ask(cassettes, env, OPENAI, asking()).fault is Fault.DOWN
    assert files(tmp_path) == []


def test_recording_anew_replaces_what_was_recorded(tmp_path: Path) -> None:
    recorded(tmp_path, OPENAI, asking(), text="old")
    recorded(tmp_path, OPENAI, asking(), text="new")
    assert replayed(tmp_path, OPENAI, asking())[0].text == "new"


def test_a_reply_that_nobody_waits_for_any_more_is_recorded_all_the_same(tmp_path: Path) -> None:
    def late(handler: BaseHTTPRequestHandler) -> None:
        stop.kind = StopKind.INTERRUPT
        time.sleep(0.5)
        saying(OPENAI, ANSWER)(handler)

    stop = SetStop()
    prompt = asking()
    with recording(tmp_path, late) as (cassettes, env, _):
        over = {**env, **cassettes.environment(OPENAI)}
        opened = client_for(OPENAI, environment=over, today=date(2026, 11, 20), stop=stop)
        assert opened is not None
        assert opened().ask(permit(), prompt, reply_schema()).fault is Fault.STOPPED
    assert replayed(tmp_path, OPENAI, prompt)[0].text == ANSWER


@pytest.mark.parametrize("mode", [Mode.RECORD, Mode.REPLAY])
def test_bedrock_cannot_be_recorded_and_is_told_so(tmp_path: Path, mode: Mode) -> None:
    with Cassettes(tmp_path, mode, {}) as cassettes, pytest.raises(SettingsError, match="signed"):
        cassettes.environment("bedrock:amazon.nova-lite-v1:0")
    assert Cassettes(tmp_path, Mode.OFF, {}).environment("bedrock:amazon.nova-lite-v1:0") == {}


def test_a_model_is_not_asked_by_way_of_a_server_that_does_not_run(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="not entered"):
        Cassettes(tmp_path, Mode.REPLAY, {}).environment(OPENAI)


@pytest.mark.parametrize("mode", list(Mode))
def test_who_asks_no_provider_needs_nothing(tmp_path: Path, mode: Mode) -> None:
    with Cassettes(tmp_path, mode, {}) as cassettes:
        assert [cassettes.environment(model) for model in ("none", "scripted:x.json")] == [{}, {}]


@pytest.mark.parametrize("model", MODELS)
def test_a_model_without_a_key_cannot_be_recorded(tmp_path: Path, model: str) -> None:
    with (
        Cassettes(tmp_path, Mode.RECORD, {}) as cassettes,
        pytest.raises(ModelSetupError, match="set"),
    ):
        cassettes.environment(model)


def test_a_key_that_is_set_stays_as_it_is(tmp_path: Path) -> None:
    with Cassettes(tmp_path, Mode.REPLAY, {"ANTHROPIC_API_KEY": KEY}) as cassettes:
        assert list(cassettes.environment(ANTHROPIC)) == ["ANTHROPIC_BASE_URL"]


def test_a_proxy_that_would_be_sent_the_keys_is_refused(tmp_path: Path) -> None:
    proxied = {"http_proxy": "http://proxy.test:3128", "NO_PROXY": "localhost"}
    with Cassettes(tmp_path, Mode.REPLAY, proxied) as cassettes, pytest.raises(SettingsError, match="proxy"):
        cassettes.environment(OPENAI)
    spared = {**proxied, "NO_PROXY": "localhost, 127.0.0.1"}
    with Cassettes(tmp_path, Mode.REPLAY, spared) as cassettes:
        assert cassettes.environment(OPENAI)


def diagnosed(failure: Path, over: Mapping[str, str], home: Path) -> Incident:
    """What `planner diagnose` prints, as a process of its own."""
    kept = {name: value for name, value in os.environ.items() if name == "PATH"}
    done = subprocess.run(
        [sys.executable, "-m", "planner", "diagnose", "--json", "--model", ANTHROPIC, str(failure)],
        env={**kept, "PLANNER_HOME": str(home), **over},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Incident.model_validate_json(done.stdout)


def test_planner_as_a_process_is_answered_in_the_words_of_its_own_run(tmp_path: Path) -> None:
    was = "Error: the lock of /tmp/tmpx1/main.tf is 5f0c1d7e-1111-4000-8000-000000000001, and frobs\n"
    now = was.replace("tmpx1", "tmpy2").replace("1111", "2222")
    failure = tmp_path / "failure.txt"

    failure.write_text(was, encoding="utf-8")
    with recording(tmp_path / "kept", saying(ANTHROPIC, ANSWER)) as (cassettes, env, _):
        first = diagnosed(failure, {**env, **cassettes.environment(ANTHROPIC)}, tmp_path / "one")
    assert (first.category, first.source, first.dropped_quotes) == ("state_lock", "model", 0)

    failure.write_text(now, encoding="utf-8")
    with Cassettes(tmp_path / "kept", Mode.REPLAY, {}) as cassettes:
        again = diagnosed(failure, cassettes.environment(ANTHROPIC), tmp_path / "two")
        assert (cassettes.played(ANTHROPIC), cassettes.stale(ANTHROPIC)) == (1, 0)
    assert again.usage == first.usage
    assert again.evidence == ("the lock of /tmp/tmpy2/main.tf is 5f0c1d7e-2222-4000-8000-000000000001",)
    assert isinstance(again.remediation, ForceUnlock)
    assert again.remediation.lock_id == "5f0c1d7e-2222-4000-8000-000000000001"


def test_planner_as_a_process_says_that_nothing_is_recorded(tmp_path: Path) -> None:
    failure = tmp_path / "failure.txt"
    failure.write_text("Error: the frobnicator is upside down\n", encoding="utf-8")
    with Cassettes(tmp_path / "kept", Mode.REPLAY, {}) as cassettes:
        found = diagnosed(failure, cassettes.environment(ANTHROPIC), tmp_path / "home")
        assert (cassettes.played(ANTHROPIC), cassettes.stale(ANTHROPIC)) == (0, 1)
    assert found.source is None
    assert "gave no answer: error: 404 no_recorded_reply" in found.root_cause
