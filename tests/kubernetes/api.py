"""A stand-in for Kubernetes: keeps the manifests of jobs, and runs their containers as processes of this machine."""

import base64
import json
import os
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Cluster:
    """The cluster's state.

    Attributes:
        manifests: Of every job, as it was asked for.
        logs: What its container printed, by the name of the job.
    """

    def __init__(self, path: str) -> None:
        self.manifests, self.logs, self._status, self._secrets, self._path = [], {}, {}, {}, path
        cluster = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                cluster.create(self.path, body)
                self.answer(body, 201)

            def do_GET(self):
                kind, name = self.path.split("?")[0].split("/")[-2:]
                if name == "status":
                    name = kind
                    self.answer({"metadata": {"name": name}, "status": cluster._status[name]})
                else:
                    self.answer({"kind": "PodList", "apiVersion": "v1", "items": []})

            def do_DELETE(self):
                self.answer({"kind": "Status", "status": "Success"})

            def answer(self, value, code=200):
                content = json.dumps(value).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def create(self, path: str, body: dict) -> None:
        name = body["metadata"]["name"]
        if path.endswith("/secrets"):
            self._secrets[name] = body["data"]
        else:
            self.manifests.append(body)
            self._status[name] = {"active": 1}
            threading.Thread(target=self._run, args=(name, body["spec"]["template"]["spec"]["containers"][0])).start()

    def _run(self, name: str, container: dict) -> None:
        """Run a container in an empty folder, with nothing of this environment but programs and packages."""
        environment = {key: os.environ[key] for key in ("HOME", "PYTHONPATH") if key in os.environ}
        environment |= {"PATH": self._path}
        for variable in container.get("env") or []:
            reference = variable["valueFrom"]["secretKeyRef"]
            encoded = self._secrets[reference["name"]][reference["key"]]
            environment[variable["name"]] = base64.b64decode(encoded).decode()
        with tempfile.TemporaryDirectory() as folder:
            command = [*container["command"], *container["args"]]
            finished = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        self.logs[name] = finished.stdout + finished.stderr
        self._status[name] = {"succeeded": 1} if finished.returncode == 0 else {"failed": 1}
