"""Serves the gallery on a free port and prints its address."""

from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

from django.core.wsgi import get_wsgi_application


class Server(ThreadingMixIn, WSGIServer):
    """A browser opens several connections at once; one at a time would make it wait."""

    daemon_threads = True


if __name__ == "__main__":
    with make_server("127.0.0.1", 0, get_wsgi_application(), Server) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
