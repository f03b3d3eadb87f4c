"""The WSGI entry: `granian --interface wsgi wsgi:app`, or any other WSGI server."""

from socialshop.app import create_app
from socialshop.infra import logging
from socialshop.infra.settings import current

logging.configure(current().log_level)
app = create_app()
