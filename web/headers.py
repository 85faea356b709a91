"""What every answer tells a browser about itself."""

from aiohttp import web

from web.options import WebOptions

_HSTS = "max-age=31536000"


def security_headers(options: WebOptions) -> dict[str, str]:
    """Nothing inline, nothing from elsewhere, in no frame."""
    connect = " ".join(("'self'", *options.connect))
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"font-src 'self'; media-src 'self' blob:; connect-src {connect}; manifest-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        # Not no-referrer: browsers would then name no origin with our own forms either.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), payment=(), usb=(), microphone=(self)",
        "Cache-Control": "no-store",
    }
    if options.secure:
        headers["Strict-Transport-Security"] = _HSTS
    return headers


def add_headers(app: web.Application, options: WebOptions) -> None:
    """To every answer of `app` that does not say otherwise itself."""
    headers = security_headers(options)

    async def prepare(_request: web.Request, response: web.StreamResponse) -> None:
        for name, value in headers.items():
            response.headers.setdefault(name, value)

    app.on_response_prepare.append(prepare)
