# SPDX-License-Identifier: ISC
"""An issuer of bearer tokens whose keys the tests hold."""
import base64
import hmac
import json
import time

from conftest import wait_for

SECRET = b"a secret that an issuer and Creel share"


def b64(data):
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def oct_jwk(**members):
    """SECRET as a JSON Web Key."""
    return {"kty": "oct", "k": b64(SECRET), "alg": "HS256", **members}


def token(stack, header=(), **claims):
    """A token of the issuer, signed with SECRET; a claim ... is left out."""
    now = int(time.time())
    claims = {"iss": "https://sso.example/", "aud": "creel", "sub": "somebody",
              "exp": now + 600, "scope": "datasource.post event.get",
              "applications": stack.application, **claims}
    text = b64({"alg": "HS256", "typ": "JWT", **dict(header)}) + "." + b64(
        {k: v for k, v in claims.items() if v is not ...})
    return text + "." + b64(hmac.digest(SECRET, text.encode(), "sha256"))


def write_set(stack, *keys):
    """Replaces the issuer's JWK set."""
    path = stack.dir / "sso.jwks"
    path.write_text(json.dumps({"keys": keys}))
    path.chmod(0o644)
    return path


def restart(stack):
    wait_for(lambda: "serving" in stack.logs(), "the worker")
    assert stack.stop_worker() == 0
    stack.start_worker()


def add_issuer(stack, *keys, algorithm="HS256"):
    """Adds the issuer with a JWK set, and restarts the worker."""
    path = write_set(stack, *keys)
    with open(stack.conf, "a") as f:
        f.write(f"[issuer sso]\nissuer = https://sso.example/\n"
                f"audience = creel\nalgorithm = {algorithm}\njwks = {path}\n")
    restart(stack)
    return stack
