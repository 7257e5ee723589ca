# SPDX-License-Identifier: Apache-2.0
"""Tokens: `weir token` and `weir verify` beside PyJWT, each with what the other made."""

import datetime
import http.server
import json
import subprocess
import threading
import time

import jwt
import pytest
import standardwebhooks

from support.keys import ALGORITHMS, SECRET, Keys, forged
from support.process import BINARY



def weir(*arguments, input=None, environment=None):
    """Runs a command line to its end."""
    return subprocess.run(
        [BINARY, *map(str, arguments)],
        input=input,
        stdin=None if input is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
    )


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("keys"))


def verify(tokens, *options):
    """Returns what `weir verify` says of each token, and its exit status."""
    done = weir("verify", *options, input="".join(f"{token}\n" for token in tokens))
    assert done.stderr == "", done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode


def claims(**more):
    return {"sub": "42", "exp": int(time.time()) + 60, **more}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_another_library_verifies_what_weir_makes(keys, algorithm):
    done = weir(
        "token", *keys.signing_options(algorithm), "--user", "42", "--issuer", "weir", "--audience", "app",
        "--expires", "5m", "--key-id", "k1", "--grant", "news:*=sub,hst", "--info", '{"name": "Ada"}',
    )  # fmt: skip
    assert done.returncode == 0 and done.stdout.count("\n") == 1, done
    token = done.stdout.strip()
    header = jwt.get_unverified_header(token)
    assert header == {"alg": algorithm, "kid": "k1", "typ": "JWT"}
    read = jwt.decode(
        token, keys.verifying(algorithm), [algorithm], audience="app", issuer="weir",
        options={"require": ["exp", "iat", "sub", "jti"]},
    )  # fmt: skip
    assert read["exp"] - read["iat"] == 300 and read["info"] == {"name": "Ada"}
    assert read["caps"] == [{"channels": ["news:*"], "match": "wildcard", "allow": ["sub", "hst"]}]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_weir_verifies_what_another_library_makes(keys, algorithm):
    tokens = [
        jwt.encode(claims(n=n, jti=f"t{n}"), keys.signing(algorithm), algorithm, headers={"kid": algorithm})
        for n in range(20)
    ]
    answers, status = verify(tokens, *keys.verifying_options(algorithm))
    assert status == 0 and [answer["claims"]["n"] for answer in answers] == list(range(20))
    assert {(answer["algorithm"], answer["keyId"]) for answer in answers} == {(algorithm, algorithm)}
    if algorithm != "HS256":
        answers, status = verify(tokens, "--jwks", keys.key_set)
        assert status == 0 and all(answer["valid"] for answer in answers)


def test_each_fault_has_its_name(keys):
    now = int(time.time())
    key = keys.private["ES256"]

    def token(header=None, **more):
        return jwt.encode(claims(**more), key, "ES256", headers=header)

    good = token(iss="i", aud="app")
    head, body, signature = good.split(".")
    cases = {
        "expired": token(iss="i", aud="app", exp=now - 120),
        "not-yet-valid": token(iss="i", aud="app", nbf=now + 120),
        "wrong-issuer": token(iss="j", aud="app"),
        "wrong-audience": token(iss="i", aud=["other"]),
        "missing-claim": token(aud="app"),
        "invalid-claim": token(iss="i", aud="app", info=1, caps="all"),
        "bad-signature": f"{head}.{body}.{signature[:-4]}AAAA",
        "malformed": f"{head}.{body}.{signature}=",
        "algorithm-not-allowed": jwt.encode(claims(iss="i", aud="app"), None, "none"),
        "key-in-header": token({"jku": "http://127.0.0.1:9/keys"}, iss="i", aud="app"),
        "critical-extension": token({"crit": ["x"], "x": 1}, iss="i", aud="app"),
        "wrong-type": token(iss="i", aud="app", channel="c"),
    }
    options = [*keys.verifying_options("ES256"), "--issuer", "i", "--audience", "app"]
    answers, status = verify([good, *cases.values()], *options)
    assert answers[0]["valid"] and status == 1
    assert [answer["error"] for answer in answers[1:]] == list(cases), answers
    assert all(answer["detail"] for answer in answers[1:])
    assert not any(part in json.dumps(answers[1:]) for part in (body, signature[:20]))


def test_a_public_key_is_no_secret(keys):
    """RFC 8725 §2.1: HS256 with the public key, which everybody knows, as the secret."""
    for name in ("RS256", "ES256", "EdDSA"):
        pem = keys.public_pem(name)
        encode = jwt.api_jws.PyJWS(algorithms=["HS256"])
        # PyJWT does not sign with a PEM file either, so that the attack has to be made by hand.
        with pytest.raises(jwt.InvalidKeyError):
            encode.encode(json.dumps(claims()).encode(), pem, "HS256")
        token = forged(claims(), pem)
        answers, _ = verify([token], *keys.verifying_options(name))
        assert answers[0]["error"] == "algorithm-not-allowed", answers
        refused = weir("verify", "--secret-file", keys.directory / f"{name}.pub", token)
        assert refused.returncode == 1 and "PEM" in refused.stderr, refused


def test_a_token_may_be_an_argument_and_a_secret_a_variable(keys):
    token = jwt.encode(claims(), SECRET, "HS256")
    done = weir("verify", token, "--secret-variable", "TOKENS", environment={"TOKENS": SECRET})
    assert done.returncode == 0 and json.loads(done.stdout)["claims"]["sub"] == "42", done
    unset = weir("verify", token, "--secret-variable", "TOKENS", environment={})
    assert unset.returncode == 1 and SECRET not in unset.stderr, unset


def test_keys_come_from_a_server(keys):
    """The set is asked for once, and again for a key that it did not have, but not for each token."""
    served = [json.dumps(keys.jwks("RS256"))]
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(served[0])))
            self.end_headers()
            self.wfile.write(served[0].encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/jwks"
        good = jwt.encode(claims(), keys.private["RS256"], "RS256", headers={"kid": "RS256"})
        unknown = jwt.encode(claims(), keys.private["ES256"], "ES256", headers={"kid": "ES256"})
        answers, status = verify([good] + [unknown] * 50, "--jwks-url", url)
        assert answers[0]["valid"] and {answer.get("error") for answer in answers[1:]} == {"unknown-key"}
        assert status == 1 and asked == ["/jwks"]
        server.shutdown()
    gone = weir("verify", good, "--jwks-url", url)
    assert gone.returncode == 1 and gone.stdout == "", gone


def test_keys_do_not_come_over_an_open_wire():
    refused = weir("verify", "x", "--jwks-url", "http://keys.example/?k=hidden")
    assert refused.returncode == 1 and "https" in refused.stderr and "hidden" not in refused.stderr, refused


def test_webhook_signatures_are_verified(tmp_path):
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    file = tmp_path / "key"
    file.write_text(secret)
    now = datetime.datetime.now(datetime.timezone.utc)
    body = '{"n": 1}'
    signature = standardwebhooks.Webhook(secret).sign("msg_1", now, body)
    options = [
        "--secret-file", file, "--webhook-id", "msg_1", "--webhook-timestamp", int(now.timestamp()),
        "--webhook-signature", signature,
    ]  # fmt: skip
    done = weir("verify", *options, input=body)
    assert done.returncode == 0 and json.loads(done.stdout) == {"valid": True}, done
    wrong = weir("verify", *options, input=body + " ")
    assert wrong.returncode == 1 and json.loads(wrong.stdout)["error"] == "bad-signature", wrong
