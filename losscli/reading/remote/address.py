"""Addresses of files of other machines: how they differ from paths, and how they are shown without secrets."""

STORES, WEB = ("s3", "gs", "az", "hdfs"), ("http", "https")


def is_url(text: str) -> bool:
    """Whether a text is the address of a file of another machine."""
    return _scheme(text) in STORES + WEB


def is_web(url: str) -> bool:
    """Whether a web server is asked for the file."""
    return _scheme(url) in WEB


def shown_url(url: str) -> str:
    """An address without who asks (`user:word@`) and without a query, which may be a signature."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" + ("?..." if parts.query else "")


def _scheme(text: str) -> str:
    scheme, sign, _ = text.partition("://")
    return scheme.lower() if sign else ""
