"""The WSGI entry: `granian --interface wsgi wsgi:app`, or any other WSGI server."""

from socialshop.app import create_app

app = create_app()
