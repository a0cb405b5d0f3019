"""The Python worker over TCP: the same keys, the same refusals as the C worker's.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import json
import os
import subprocess
import unittest

import cli
import python_case


class Security(python_case.Case):
    def setUp(self):
        super().setUp()
        self.environment["XDG_CONFIG_HOME"] = self.path("config")
        self.running = []

    def tearDown(self):
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.communicate()
        super().tearDown()

    def begin(self):
        """The agent's process, and its endpoint."""
        self.write_campaign(10)
        process = subprocess.Popen(
            [cli.PROGRAM, "run", "branin.yaml", "--workers", "0", "--listen", "tcp://127.0.0.1:*", "--json"],
            cwd=self.folder, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.running.append(process)
        for line in process.stdout:
            if "listening" in line:
                return process, json.loads(line)["listening"]["endpoint"]
        self.fail("the agent does not listen")

    def worker(self, *words):
        process = self.start("worker", "--connector", "./tasks.py", "--state", f"state-{len(self.running)}", *words)
        self.running.append(process)
        return process

    def test_a_campaign_runs_over_tcp(self):
        self.run_cli("enrol", "lab-pc", "--connect", "tcp://127.0.0.1:1")
        agent, endpoint = self.begin()
        self.worker("--key", "lab-pc.key", "--connect", endpoint, "--slots", "2")
        agent.communicate(timeout=120)
        self.assertEqual(agent.returncode, 0)
        self.assertEqual(self.rows("select count(*) from measurements"), [(10,)])
        names = self.rows("select distinct worker from event where kind = 'result'")
        self.assertTrue(names[0][0].startswith("lab-pc/"), names)

    def test_a_stranger_is_told_what_to_do_and_let_in_when_admitted(self):
        self.run_cli("enrol", "somebody", "--connect", "tcp://127.0.0.1:1")
        out = self.run_cli("keygen", "late", "--keys", self.path("theirs"))
        public = next(line.split()[1] for line in out.splitlines() if line.startswith("public"))
        with open(self.path("config/interphase/keys/agent.key"), encoding="utf-8") as handle:
            server_key = next(line.split()[1] for line in handle if line.startswith("public"))
        agent, endpoint = self.begin()
        worker = self.worker("--key", "theirs/late.key", "--server-key", server_key, "--connect", endpoint)
        for line in worker.stderr:
            if "refused_by_agent" in line:
                break
        self.assertIn(f"interphase enrol late --public '{public}'", line)
        self.run_cli("enrol", "late", "--public", public)
        agent.communicate(timeout=120)
        self.assertEqual(agent.returncode, 0)

    def test_a_safe_stop_comes_over_a_socket_of_its_own(self):
        """The C station and this one: each acknowledges only what has come by that socket, at the agent's host."""
        self.write("tasks.py", "import interphase\n@interphase.task('f', physical=True)\n"
                   "def f(x1: interphase.Unit('1', -5, 10)) -> {'value': interphase.Unit('1')}:\n    return {'value': x1}\n")
        for number, connector in enumerate(("./tasks.py", "rehearsal")):
            self.run_cli("enrol", f"bench-{number}", "--role", "station", "--connect", "tcp://127.0.0.1:1")
            name = f"stop{number}"
            task = "rehearsal.formation" if number else "f"
            names = "c_rate, temperature" if number else "x1"
            inputs = ("c_rate: {real: [0.1, 1], unit: 1/h}, temperature: {real: [15, 45], unit: degC}" if number
                      else "x1: {real: [0, 1]}")
            self.write(f"{name}.yaml", f"campaign: {name}\nparameters: {{{inputs}}}\ntasks: {{{task}: {{connector: "
                       f"{connector}, class: physical, inputs: [{names}], outputs: {{"
                       + ("efficiency: {unit: '%'}" if number else "value: {unit: '1'}") +
                       "}, approve: all}}\nobjectives: [{maximise: " + ("efficiency" if number else "value") +
                       "}]\nbudget: {trials: 3}\n")
            agent = subprocess.Popen([cli.PROGRAM, "run", f"{name}.yaml", "--workers", "0", "--listen",
                                      "tcp://127.0.0.1:*", "--json"], cwd=self.folder, env=self.environment, text=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            self.running.append(agent)
            for line in agent.stdout:
                if "listening" in line:
                    endpoint = json.loads(line)["listening"]["endpoint"]
                if "worker_slots" in line:
                    break
                if "listening" in line:
                    worker = self.start("worker", "--connector", connector, "--key", f"bench-{number}.key", "--connect",
                                        endpoint, "--state", f"station-{number}")
                    self.running.append(worker)
            out = self.run_cli("safe-stop", f"{name}.journal")
            self.assertIn(f"bench-{number}", out)
            halted = self.rows("select worker from event where kind = 'halted'", f"{name}.journal")
            self.assertEqual({w.split("/")[0] for (w,) in halted}, {f"bench-{number}"})
            agent.kill()
            worker.kill()

    def test_there_is_no_way_in_without_keys(self):
        """How: the C worker and this one are given the same command lines, and must say the same."""
        self.write_campaign()
        self.run_cli("enrol", "lab-pc", "--connect", "tcp://127.0.0.1:1")
        self.run_cli("enrol", "open", "--connect", "tcp://127.0.0.1:1")
        os.chmod(self.path("open.key"), 0o644)
        os.mkdir(self.path("wide"))
        os.chmod(self.path("wide"), 0o755)
        self.write("torn.key", "name torn\npublic x\n")
        os.chmod(self.path("torn.key"), 0o600)
        for words in (["--connect", "tcp://127.0.0.1:1"], ["--key", "open.key"], ["--key", "torn.key"],
                      ["--key", "lab-pc.key", "--connect", "tcp://elsewhere:1"], ["--connect", "ipc://wide/socket"],
                      ["--connect", "udp://127.0.0.1:1"], ["--key", "nowhere.key"], ["--connect", "ipc://@abstract"],
                      ["--key", "lab-pc.key", "--connect", "tcp://elsewhere:1", "--server-key", "short"]):  # fmt: skip
            c = self.run_cli("worker", "--connector", "function", *words, code=3)
            python = self.run_cli("worker", "--connector", "./tasks.py", *words, code=3)
            self.assertEqual(c, python)


if __name__ == "__main__":
    unittest.main()
