"""The token that a service asks administrators for, as the commands find it: in a setting, or in a file that one names."""

from collections.abc import Mapping
from pathlib import Path

from silkwire.errors import StartError


def given_token(environment: Mapping[str, str], key: str) -> str:
    """Return the token of a setting, or that in the file which `<key>_FILE` names; empty when neither is set.

    Args:
        environment: Environment variables.
        key: The setting that the service reads too, such as RATES_ADMIN_TOKEN.

    Raises:
        StartError: The file cannot be read.
    """
    token, path = environment.get(key, ""), environment.get(f"{key}_FILE", "")
    if token or not path:
        return token
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as err:
        raise StartError(f"{key}_FILE={path} cannot be read: {err.strerror}.") from err
    except UnicodeDecodeError as err:
        raise StartError(f"{key}_FILE={path} holds no text.", "is it the right file?") from err
