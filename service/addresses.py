"""Which addresses the vendor may have us call: public ones, so that nobody reaches inside by us."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from engine.errors import Invalid

LONGEST = 2048
_NAT64 = IPv6Network("64:ff9b::/96")
"""IPv6 addresses that a gateway turns into the IPv4 address in their last 32 bits."""


def is_public(text: str) -> bool:
    """Whether an IP address is one of the open internet, also the IPv4 one inside of an IPv6."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return _is_open(found)
    if (same := _same(found)) is not None:
        return _is_open(same)
    through = (found.sixtofour, *(found.teredo or ()))
    return all(_is_open(one) for one in (found, *through) if one is not None)


def _is_open(ip: IPv4Address | IPv6Address) -> bool:
    local = ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback
    site = isinstance(ip, IPv6Address) and ip.is_site_local
    return ip.is_global and not (local or site or ip.is_link_local or ip.is_private)


def _same(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that is meant by an IPv6 one."""
    return IPv4Address(int(ip) & 0xFFFF_FFFF) if ip in _NAT64 else ip.ipv4_mapped


def check(url: str, *, private: bool, pointer: str = "/url") -> None:
    """Raise Invalid where an address can't be called; names are looked up when they are.

    `private`: http and addresses of one's own network are allowed.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Invalid("this is not an address", pointer=pointer) from None
    schemes = ("https", "http") if private else ("https",)
    if parts.scheme not in schemes or not host or port == 0:
        raise Invalid("use an address like https://example.com/segue", pointer=pointer)
    if len(url) > LONGEST or not url.isprintable() or any(c.isspace() for c in url):
        raise Invalid(f"use at most {LONGEST} characters, all of them seen", pointer=pointer)
    if parts.username is not None or parts.password is not None:
        raise Invalid("leave user and password out: messages are signed", pointer=pointer)
    if parts.fragment:
        raise Invalid("leave out what follows the #: it is never sent", pointer=pointer)
    if not private and _is_inside(host):
        raise Invalid(
            "this address is private: only those of the open internet are called",
            pointer=pointer,
            code="private_address",
        )


def _is_inside(host: str) -> bool:
    """Whether a host is known to be inside without being looked up."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return not is_public(name)
