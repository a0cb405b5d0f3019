"""Keys, enrolment and TCP as a user meets them. SPDX-License-Identifier: GPL-3.0-or-later"""
import json
import os
import queue
import stat
import subprocess
import threading
import unittest

import cli


class Secure(cli.Case):
    """An agent over TCP at a free port; keys in the test's own folder."""

    def setUp(self):
        super().setUp()
        self.environment["XDG_CONFIG_HOME"] = self.path("config")
        self.environment["XDG_STATE_HOME"] = self.path("state")
        self.keys = self.path("config/interphase/keys")
        self.running = []

    def tearDown(self):
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stderr, None if hasattr(process, "lines") else process.stdout):
                if stream:
                    stream.close()
        super().tearDown()

    def begin(self, *words, trials=30, latency=", latency: 50 ms", name="branin", more=""):
        """The agent's process, and its endpoint."""
        campaign = cli.BRANIN % (latency, "", trials, more)
        self.write(f"{name}.yaml", campaign.replace("campaign: branin", f"campaign: {name}"))
        with open(self.path("agent.log"), "a", encoding="utf-8") as log:
            process = subprocess.Popen(
                [cli.PROGRAM, "run", f"{name}.yaml", "--workers", "0", "--listen", "tcp://127.0.0.1:*",
                 "--json", *words], cwd=self.folder, env=self.environment, text=True,
                stdout=subprocess.PIPE, stderr=log)
        self.running.append(process)
        # Read all the time: an agent whose output nobody takes would stand still.
        process.lines = queue.SimpleQueue()
        threading.Thread(target=self.read, args=(process,)).start()
        return process, json.loads(self.until(process, "listening"))["listening"]["endpoint"]

    @staticmethod
    def read(process):
        for line in process.stdout:
            process.lines.put(line)
        process.stdout.close()
        process.lines.put(None)

    def worker(self, *words):
        process = self.start("worker", "--connector", "function", "--state", f"state-{len(self.running)}", *words)
        self.running.append(process)
        return process

    def until(self, process, word):
        while (line := process.lines.get(timeout=120)) is not None:
            if word in line:
                return line
        self.fail(f"the agent never said {word}")

    def server_key(self):
        with open(os.path.join(self.keys, "agent.key"), encoding="utf-8") as handle:
            return next(line.split()[1] for line in handle if line.startswith("public"))

    def log(self):
        with open(self.path("agent.log"), encoding="utf-8") as handle:
            return handle.read()


class Security(Secure):
    def test_one_command_a_side_and_a_campaign_runs_over_tcp(self):
        out = self.run_cli("enrol", "lab-pc", "--connect", "tcp://127.0.0.1:1")
        self.assertIn("interphase worker --key lab-pc.key --connector NAME", out)
        self.assertIn("--listen tcp://*:1", out)
        for path, mode in ((self.keys, 0o700), (self.keys + "/agent.key", 0o600), (self.path("lab-pc.key"), 0o600)):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), mode, path)
        agent, endpoint = self.begin()
        self.worker("--key", "lab-pc.key", "--connect", endpoint)
        agent.wait(timeout=120)
        self.assertEqual(agent.returncode, 0)
        self.assertEqual(self.rows("select count(*) from measurements"), [(30,)])
        names = self.rows("select distinct worker from event where kind = 'result'")
        self.assertEqual(len(names), 1)
        self.assertTrue(names[0][0].startswith("lab-pc/"), names)

    def test_enrolments_at_the_same_time_lose_no_line(self):
        """Twelve at once, the first of all among them, which makes the agent's own key; then half are revoked so."""
        def at_once(commands):
            started = [self.start("enrol", "--connect", "tcp://127.0.0.1:1", *words) for words in commands]
            for process in started:
                out, err = process.communicate(timeout=120)
                self.assertEqual(process.returncode, 0, out + err)

        names = [f"pc-{i}" for i in range(12)]
        at_once([[name] for name in names])
        self.assertEqual(sorted(line.split()[0] for line in self.run_cli("enrol", "--list").splitlines()), sorted(names))
        server = {next(line.split()[2] for line in open(self.path(f"{name}.key"), encoding="utf-8")
                       if line.startswith("agent")) for name in names}
        self.assertEqual(server, {self.server_key()})
        at_once([["--revoke", name] for name in names[:6]] + [[name + "b"] for name in names[:6]])
        left = sorted(line.split()[0] for line in self.run_cli("enrol", "--list").splitlines())
        self.assertEqual(left, sorted(names[6:] + [name + "b" for name in names[:6]]))
        same = [self.start("enrol", "twin", "--connect", "tcp://127.0.0.1:1", "-o", f"twin-{i}.key") for i in range(6)]
        codes = sorted(process.wait(timeout=120) for process in same)
        for process in same:
            process.stdout.close()
            process.stderr.close()
        self.assertEqual(codes, [0, 3, 3, 3, 3, 3], "one name was given to several keys")

    def test_a_key_made_on_the_workers_side_is_admitted_by_its_public_half(self):
        out = self.run_cli("keygen", "bench-3", "--keys", self.path("theirs"))
        public = next(line.split()[1] for line in out.splitlines() if line.startswith("public"))
        out = self.run_cli("enrol", "bench-3", "--public", public, "--connect", "tcp://127.0.0.1:1")
        self.assertIn("--server-key '" + self.server_key() + "'", out)
        agent, endpoint = self.begin(trials=10)
        self.worker("--key", "theirs/bench-3.key", "--server-key", self.server_key(), "--connect", endpoint)
        agent.wait(timeout=120)
        self.assertEqual(agent.returncode, 0)

    def test_a_revoked_worker_is_dropped_and_its_work_is_done_by_another(self):
        self.run_cli("enrol", "bad", "--connect", "tcp://127.0.0.1:1")
        self.run_cli("enrol", "good", "--connect", "tcp://127.0.0.1:1")
        agent, endpoint = self.begin(latency=", latency: 200 ms")
        self.worker("--key", "bad.key", "--connect", endpoint)
        self.until(agent, '"result"')
        self.run_cli("enrol", "--revoke", "bad")
        self.until(agent, "worker_lost")
        results = self.rows("select count(*) from event where kind = 'result'")
        self.worker("--key", "good.key", "--connect", endpoint, "--slots", "4")
        agent.wait(timeout=120)
        self.assertEqual(agent.returncode, 0)
        of = dict(self.rows("select substr(worker, 1, instr(worker, '/') - 1), count(*) from event "
                            "where kind = 'result' group by 1"))
        self.assertEqual(of["bad"], results[0][0])
        self.assertEqual(self.log().count("WARN refused"), 1, self.log())
        self.assertNotIn("bad ", self.run_cli("enrol", "--list"))

    def test_a_stranger_is_refused_once_in_the_log_and_let_in_when_admitted(self):
        self.run_cli("enrol", "somebody", "--connect", "tcp://127.0.0.1:1")
        out = self.run_cli("keygen", "late", "--keys", self.path("theirs"))
        public = next(line.split()[1] for line in out.splitlines() if line.startswith("public"))
        agent, endpoint = self.begin(trials=5)
        worker = self.worker("--key", "theirs/late.key", "--server-key", self.server_key(), "--connect", endpoint)
        for line in worker.stderr:
            if "refused_by_agent" in line:
                break
        self.assertIn(f"interphase enrol late --public '{public}'", line)
        self.run_cli("enrol", "late", "--public", public)
        agent.wait(timeout=120)
        self.assertEqual(agent.returncode, 0)
        self.assertEqual(self.log().count("WARN refused"), 1, self.log())

    def test_people_say_their_verbs_over_tcp_as_their_roles_allow(self):
        for name, role in (("boss", "operate"), ("guest", "observe"), ("lab", "compute")):
            self.run_cli("enrol", name, "--role", role, "--connect", "tcp://127.0.0.1:1")
        agent, endpoint = self.begin(trials=1000)
        self.worker("--key", "lab.key", "--connect", endpoint, "--slots", "4")
        self.until(agent, '"result"')
        for name in ("boss", "guest"):
            state = json.loads(self.run_cli("status", "--json", "--key", f"{name}.key", "--connect", endpoint))
            self.assertEqual((state["campaign"], state["slots"]), ("branin", 4))
            self.assertIn("campaign  branin: open", self.run_cli("status", f"--key={name}.key", "--connect", endpoint))
        # One account for both ways: what is closed by now is told word for word as on the agent's machine.
        self.run_cli("pause", "--key", "boss.key", "--connect", endpoint)
        self.until(agent, '"result"')
        for words in (["--why", "1"], ["1"], ["--why", "2", "--json"]):
            far = self.run_cli("status", "--key", "guest.key", "--connect", endpoint, *words)
            self.assertEqual(far, self.run_cli("status", "branin.journal", *words))
            self.assertTrue(far)
        self.assertIn("best      trial", self.run_cli("status", "--key", "guest.key", "--connect", endpoint))
        self.assertTrue(json.loads(self.run_cli("status", "--json", "--key", "boss.key", "--connect", endpoint))["best"])
        out = self.run_cli("status", "--key", "guest.key", "--connect", endpoint, "--why", "99999", code=3)
        self.assertEqual(out, "interphase: there is no trial 99999\n")
        self.run_cli("resume", "--key", "boss.key", "--connect", endpoint)
        out = self.run_cli("status", "--key", "lab.key", "--connect", endpoint, code=3)
        self.assertEqual(out, "interphase: refused\n")
        for words in (["pause"], ["resume"], ["cancel", "--request", "1"], ["cancel", "--request", "99999"],
                      ["retract", "--trial", "1"], ["resolve", "--request", "1", "--as", "void"],
                      ["ask"], ["tell", "--trial", "1", "value=1"]):
            for name in ("guest", "lab"):
                to = ["--key", f"{name}.key", "--connect", endpoint]
                out = self.run_cli(words[0], *to, *words[1:], code=3)
                self.assertEqual(out, "interphase: refused\n", (words, name))
        to = ["--key", "boss.key", "--connect", endpoint]
        self.run_cli("pause", *to, "lunch")
        self.assertIn("paused already", self.run_cli("pause", *to, code=3))
        self.assertIn("paused", self.run_cli("status", *to))
        self.run_cli("resume", *to)
        said = self.rows("select payload from event where kind = 'paused'")
        self.assertIn("boss: ", said[0][0])
        self.run_cli("retract", *to, "--trial", "1")
        self.run_cli("keygen", "nobody", "--keys", self.path("theirs"))
        out = self.run_cli("status", "--key", "theirs/nobody.key", "--connect", endpoint, "--server-key",
                           self.server_key(), code=3)
        self.assertIn("does not admit this key", out)
        wrong = self.run_cli("status", *to, "--server-key", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", code=3)
        self.assertIn("does not admit this key", wrong)
        agent.send_signal(2)
        agent.wait(timeout=60)
        self.assertEqual(self.log().count("WARN refused"), 4, self.log())  # guest, lab, nobody, and the wrong key

    def test_a_campaign_elsewhere_cannot_make_a_worker_run_what_its_owner_did_not_name(self):
        """By another path, through a link, or by a name on the PATH: what counts is the file itself."""
        self.run_cli("enrol", "lab", "--connect", "tcp://127.0.0.1:1")
        for name in ("good", "evil"):
            self.write(name, f"#!/bin/sh\ntouch {self.folder}/ran-{name}\necho '{{\"value\": 1}}'\n")
            os.chmod(self.path(name), 0o755)
        os.mkdir(self.path("sub"))
        os.symlink(self.path("evil"), self.path("sub/good"))
        task = "f: {connector: command, with: {run: [%s]}, outputs: {value: {unit: \"1\"}}, retry: {attempts: 1}}"
        for number, program in enumerate(("./evil", "sub/good", "sub/../evil", self.path("evil"), "sh", "./good")):
            name = f"run{number}"
            text = (cli.BRANIN % ("", "", 1, "")).replace("campaign: branin", f"campaign: {name}")
            lines = [line if not line.startswith("  f:") else "  " + task % program for line in text.splitlines()]
            self.write(f"{name}.yaml", "\n".join(lines) + "\n")
            log = open(self.path("agent.log"), "a", encoding="utf-8")
            agent = subprocess.Popen([cli.PROGRAM, "run", f"{name}.yaml", "--workers", "0", "--listen",
                                      "tcp://127.0.0.1:*", "--json"], cwd=self.folder, env=self.environment,
                                     text=True, stdout=subprocess.PIPE, stderr=log)
            log.close()
            self.running.append(agent)
            agent.lines = queue.SimpleQueue()
            threading.Thread(target=self.read, args=(agent,)).start()
            endpoint = json.loads(self.until(agent, "listening"))["listening"]["endpoint"]
            worker = self.start("worker", "--key", "lab.key", "--connect", endpoint, "--connector", "command",
                                "--allow", "./good", "--state", f"st-{number}")
            self.running.append(worker)
            answer = self.until(agent, '"failure"' if program != "./good" else '"result"')
            if program != "./good":
                self.assertIn("--allow", answer, program)
            agent.kill()
            worker.terminate()
            worker.communicate(timeout=60)
            self.assertFalse(os.path.exists(self.path("ran-evil")), program)
        self.assertTrue(os.path.exists(self.path("ran-good")))

    def test_keys_that_others_may_read_are_refused_with_the_remedy(self):
        self.write("branin.yaml", cli.BRANIN % ("", "", 5, ""))
        out = self.run_cli("run", "branin.yaml", "--listen", "tcp://127.0.0.1:*", "--workers", "0", code=3)
        self.assertIn("interphase enrol", out)
        self.run_cli("enrol", "lab-pc", "--connect", "tcp://127.0.0.1:1")
        os.chmod(self.keys + "/agent.key", 0o644)
        out = self.run_cli("run", "branin.yaml", "--listen", "tcp://127.0.0.1:*", "--workers", "0", code=3)
        self.assertIn("chmod 600 " + self.keys + "/agent.key", out)
        os.chmod(self.keys, 0o755)
        self.assertIn("chmod 700 " + self.keys, self.run_cli("enrol", "other", code=3))
        os.chmod(self.path("lab-pc.key"), 0o640)
        out = self.run_cli("worker", "--connector", "function", "--key", "lab-pc.key", code=3)
        self.assertIn("chmod 600 lab-pc.key", out)

    def test_there_is_no_way_in_without_keys(self):
        self.write("branin.yaml", cli.BRANIN % ("", "", 5, ""))
        out = self.run_cli("worker", "--connector", "function", "--connect", "tcp://127.0.0.1:1", code=3)
        self.assertIn("interphase enrol", out)
        os.mkdir(self.path("open"), 0o755)
        os.chmod(self.path("open"), 0o755)
        out = self.run_cli("run", "branin.yaml", "--listen", "ipc://open/socket", code=3)
        self.assertIn("chmod 700 open", out)


if __name__ == "__main__":
    unittest.main()
