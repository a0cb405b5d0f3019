"""A campaign that names a Python file, as a user runs it. SPDX-License-Identifier: GPL-3.0-or-later"""
import json
import subprocess
import sys
import unittest

import python_case


class Campaign(python_case.Case):
    def test_run_starts_the_worker_itself(self):
        self.write_campaign()
        self.run_cli("run", "branin.yaml", "--workers", "2", "--quiet")
        self.assertEqual(self.rows("select count(*) from trials where state = 'measured'"), [(12,)])
        self.assertIn("identical to the bit", self.run_cli("replay", "branin.journal", "--verify"))
        record = json.loads(json.loads(self.rows("select payload from event where kind = 'result'")[0][0])["provenance"])
        self.assertEqual((record["connector"], record["file"]), ("python", "tasks.py"))

    def test_each_way_to_fail_has_its_cause(self):
        """How: the function does something else at each quarter of x1."""
        tasks = python_case.TASKS.replace("    time.sleep(latency)\n", """\
    if x1 < -2:
        raise interphase.Failed("did not converge")
    if x1 < 1:
        raise interphase.Refused("not with these")
    if x1 < 4:
        return {"value": math.nan}
    if x1 < 7:
        import os, signal
        os.kill(os.getpid(), signal.SIGSEGV)
""")
        self.write_campaign(20, tasks=tasks, more="agent: {design: {sobol: 20}}\n")
        definition = open(self.path("branin.yaml"), encoding="utf-8").read()
        self.write("branin.yaml", definition.replace("lease: 5 s", "lease: 5 s, retry: {attempts: 1, backoff: 10 ms}"))
        process = self.start("run", "branin.yaml", "--workers", "2", "--quiet")
        try:
            process.wait(timeout=120)
        finally:
            process.kill()
            process.communicate()
        found = {}
        for trial, cause, text in self.rows(
                "select trials.trial, json_extract(payload, '$.cause'), json_extract(payload, '$.text') from event,"
                " requests, trials where event.kind = 'failure' and event.request = requests.request"
                " and trials.trial = requests.trial"):
            found.setdefault(cause, []).append(text)
        self.assertEqual(set(found), {"scientific", "refused", "invalid_result"})
        self.assertIn("did not converge", found["scientific"][0])
        self.assertIn("not with these", found["refused"][0])
        self.assertTrue(any("value is nan" in text for text in found["invalid_result"]), found)
        self.assertTrue(any("SIGSEGV" in text for text in found["invalid_result"]), found)

    def test_a_hanging_function_is_ended(self):
        self.write_campaign(1, timeout=0.5, tasks=python_case.TASKS.replace("time.sleep(latency)", "time.sleep(1e6)"))
        definition = open(self.path("branin.yaml"), encoding="utf-8").read()
        self.write("branin.yaml", definition.replace("lease: 5 s", "lease: 5 s, retry: {attempts: 1, backoff: 10 ms}"))
        process = self.start("run", "branin.yaml", "--workers", "1", "--quiet")
        try:
            process.wait(timeout=60)
        except Exception:
            pass
        process.kill()
        process.communicate()
        self.assertIn(("timeout",), self.rows("select json_extract(payload, '$.cause') from event where kind='failure'"))

    def test_a_file_that_cannot_be_loaded_is_named(self):
        self.write_campaign(tasks="import nothing_of_that_name\n")
        out = self.run_cli("run", "branin.yaml", "--workers", "1", "--quiet", code=3)
        self.assertIn("No module named 'nothing_of_that_name' (tasks.py, line 1)", out)

    def test_describe_and_check(self):
        self.write_campaign()
        described = self.json("worker", "--connector", "./tasks.py", "--describe")
        self.assertEqual(described["tasks"], [{
            "name": "f", "class": "repeatable", "open": False,
            "inputs": [{"name": "x1", "unit": "1"}, {"name": "x2", "unit": "1"}],
            "outputs": [{"name": "value", "unit": "1"}]}])
        self.run_cli("worker", "--connector", "./tasks.py", "--check", "f", '{"latency": 1}')
        out = self.run_cli("worker", "--connector", "./tasks.py", "--check", "f", '{"latnecy": 1}', code=2)
        self.assertIn('unknown option "latnecy"; the function takes latency', out)

    def test_a_worker_by_hand(self):
        """`python3 -m interphase tasks.py --connect ENDPOINT` serves an agent that starts none itself."""
        self.write_campaign()
        endpoint = "ipc://" + self.path("agent.sock")
        agent = self.start("run", "branin.yaml", "--workers", "0", "--quiet", "--listen", endpoint)
        worker = subprocess.Popen([sys.executable, "-B", "-m", "interphase", "./tasks.py", "--connect", endpoint,
                                   "--slots", "2"], cwd=self.folder, env=self.environment,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # fmt: skip
        try:
            self.assertEqual(agent.wait(timeout=120), 0)
        finally:
            agent.kill()
            agent.communicate()
            worker.terminate()
            out = worker.communicate(timeout=60)[0]
        self.assertEqual(worker.returncode, 0, out)
        self.assertEqual(self.rows("select count(distinct worker) from measurements"), [(1,)])


if __name__ == "__main__":
    unittest.main()
