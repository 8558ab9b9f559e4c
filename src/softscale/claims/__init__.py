"""The claims of the paper, a file a figure or table. A claim is added by adding its function; nothing lists them."""

from softscale.claims.claim import Claim, Finding, Material, Verdict
from softscale.discovery import modules_of

__all__ = ["Claim", "Finding", "Material", "Verdict", "found"]


def found() -> dict[str, list[Claim]]:
    """All claims, by the first line of the file that they stand in, in its order."""
    claims = {
        (module.__doc__ or "").splitlines()[0].rstrip("."): [
            member for member in vars(module).values() if isinstance(member, Claim)
        ]
        for module in modules_of(__name__)
    }
    return {title: members for title, members in claims.items() if members}
