-- The journal of a campaign: one table of events that only grows, and views for people.
-- Look at it while it is live:  sqlite3 NAME.journal 'SELECT * FROM measurements'
-- Payloads are described in event_json.h, hashes in hash_chain.h. SPDX-License-Identifier: GPL-3.0-or-later

CREATE TABLE event (
    seq      INTEGER PRIMARY KEY, -- 1, 2, 3, ...
    at       TEXT NOT NULL,       -- UTC, 2026-11-22T16:39:55.042Z
    kind     TEXT NOT NULL,       -- what happened
    trial    INTEGER,
    request  INTEGER,
    epoch    INTEGER,             -- attempt of the request
    worker   TEXT,
    task     TEXT,
    source   TEXT,
    decision INTEGER,
    payload  TEXT NOT NULL,       -- JSON
    actions  BLOB,                -- SHA-256 of what the agent answered; NULL: nothing
    hash     BLOB NOT NULL        -- SHA-256 of the row before and this one
);

CREATE TRIGGER event_next BEFORE INSERT ON event
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM event)
BEGIN SELECT RAISE(ABORT, 'the journal only grows: an event has the next sequence number'); END;

CREATE TRIGGER event_update BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'the journal only grows: an event is never changed'); END;

CREATE TRIGGER event_delete BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'the journal only grows: an event is never deleted'); END;

-- Rare kinds that the views look for again and again.
CREATE INDEX event_retracted ON event (seq) WHERE kind = 'retracted';
CREATE INDEX event_defined ON event (seq) WHERE kind IN ('defined', 'redefined');

-- One row a parameter, in the order of points.
CREATE VIEW parameters AS
SELECT p.key AS number, json_extract(p.value, '$.name') AS name,
       json_extract(p.value, '$.unit') AS unit, json_extract(p.value, '$.labels') AS labels
FROM json_each((SELECT payload FROM event
                WHERE kind IN ('defined', 'redefined') AND json_type(payload, '$.terms') = 'object'
                ORDER BY seq DESC LIMIT 1), '$.terms.parameters') AS p;

-- One row a value, with what was refused as a duplicate (ack), and what was retracted later.
CREATE VIEW all_measurements AS
SELECT t.value AS trial, e.request, e.epoch, e.task, e.source,
       json_extract(v.value, '$.name') AS output, json_extract(v.value, '$.number') AS value,
       json_extract(v.value, '$.label') AS label, json_extract(v.value, '$.sd') AS sd,
       json_extract(v.value, '$.unit') AS unit, e.at, e.worker,
       CASE WHEN e.kind = 'result' AND coalesce(json_extract(e.payload, '$.index'), 0) >= 0
            THEN coalesce(json_extract(e.payload, '$.index'), 0) END AS indexed,
       e.seq, coalesce(json_extract(e.payload, '$.ack'), json_extract(e.payload, '$.refused')) AS ack,
       EXISTS (SELECT 1 FROM event AS r
               WHERE r.kind = 'retracted' AND r.seq > e.seq
                 AND json_extract(r.payload, '$.refused') IS NULL
                 AND (r.trial = t.value OR r.request = e.request
                      OR json_extract(r.payload, '$.number') = e.seq)) AS retracted
FROM event AS e,
     json_each(coalesce(json_extract(e.payload, '$.trials'), json_array(e.trial))) AS t,
     json_each(e.payload, '$.values') AS v
WHERE e.kind IN ('result', 'told', 'resolved');

-- One row a value that counts; `indexed` is the number of an indexed one, NULL of a final one.
CREATE VIEW measurements AS
SELECT trial, request, task, source, output, value, sd, unit, at, label, indexed, worker, epoch, seq
FROM all_measurements WHERE ack IS NULL AND NOT retracted;

-- One row a decision.
CREATE VIEW decisions AS
SELECT decision, seq, at, json_extract(payload, '$.made.method') AS method,
       json_extract(payload, '$.made.wanted') AS wanted,
       json_array_length(payload, '$.made.picks') AS picks,
       json_extract(payload, '$.trials') AS trials,
       coalesce(json_extract(payload, '$.made.saw'), 0) AS saw,
       json_extract(payload, '$.made.incumbent.trial') AS incumbent,
       json_extract(payload, '$.made.incumbent.mean') AS incumbent_mean,
       json_extract(payload, '$.made.incumbent.sd') AS incumbent_sd,
       json_extract(payload, '$.made.incumbent.feasible') AS incumbent_feasible,
       json_extract(payload, '$.made.regret.probability') AS regret_probability,
       json_extract(payload, '$.made.stop') AS stop,
       json_extract(payload, '$.made.why') AS why,
       json_extract(payload, '$.made.machine') AS machine,
       json_extract(payload, '$.made.elapsed_ms') AS elapsed_ms
FROM event WHERE kind = 'decision';

-- One row an offer of a request to a worker.
CREATE VIEW offers AS
SELECT json_extract(o.value, '$.request') AS request, json_extract(o.value, '$.epoch') AS epoch,
       json_extract(o.value, '$.trial') AS trial, json_extract(o.value, '$.task') AS task,
       json_extract(o.value, '$.source') AS source, json_extract(o.value, '$.worker') AS worker,
       e.at, e.seq
FROM event AS e, json_each(e.payload, '$.offers') AS o;

-- One row a request: the last that was heard of it.
CREATE VIEW requests AS
WITH word AS (
    SELECT request, epoch, trial, task, source, worker, at, 2 * seq + 1 AS turn, 'offered' AS state,
           NULL AS cause, NULL AS cost
    FROM offers
    UNION ALL
    SELECT request, epoch, trial, task, source, worker, at, 2 * seq,
           CASE kind WHEN 'result' THEN
                         CASE WHEN coalesce(json_extract(payload, '$.index'), 0) < 0
                              THEN 'measured' ELSE 'running' END
                     WHEN 'started' THEN 'running' WHEN 'failure' THEN 'failed'
                     WHEN 'timer' THEN 'waiting' WHEN 'lease_expired' THEN 'lease expired'
                     ELSE kind END,
           json_extract(payload, '$.cause'), json_extract(payload, '$.cost')
    FROM event
    WHERE request IS NOT NULL AND json_extract(payload, '$.ack') IS NULL
      AND json_extract(payload, '$.refused') IS NULL),
-- What is measured stays so, whatever an earlier attempt brings later; only a person takes it back.
last AS (SELECT request,
                max(turn + (state IN ('measured', 'retracted', 'resolved')) * 1000000000000000000),
                state, at, cause
         FROM word GROUP BY request)
SELECT word.request, max(word.trial) AS trial, max(word.task) AS task, max(word.source) AS source,
       last.state, max(word.epoch) AS epoch, max(word.worker) AS worker, last.cause,
       total(word.cost) AS cost, min(word.at) AS first_at, last.at AS last_at
FROM word JOIN last ON last.request = word.request
GROUP BY word.request;

-- One row a trial; its point as an object of parameters, and in `numbers` with all digits.
CREATE VIEW trials AS
WITH born AS (
    SELECT json_extract(e.payload, '$.trials[' || p.key || ']') AS trial, e.seq, e.at, e.decision,
           json_extract(e.payload, '$.made.method') AS method,
           json_extract(p.value, '$.parts.total') AS score,
           json_extract(p.value, '$.point') AS point
    FROM event AS e, json_each(e.payload, '$.made.picks') AS p
    WHERE e.kind = 'decision' AND coalesce(json_extract(p.value, '$.trial'), 0) = 0
    UNION ALL
    SELECT trial, seq, at, NULL, 'told', NULL, json_extract(payload, '$.point')
    FROM event
    WHERE kind = 'told' AND json_type(payload, '$.point') = 'array'
      AND json_extract(payload, '$.refused') IS NULL),
asked AS (
    SELECT trial, count(*) AS requests, sum(state = 'failed') AS failed,
           sum(state = 'retracted') AS retracted,
           sum(state NOT IN ('measured', 'failed', 'cancelled', 'retracted', 'resolved')) AS open
    FROM requests WHERE trial IS NOT NULL GROUP BY trial),
known AS (
    SELECT trial, count(DISTINCT seq) AS measured, max(at) AS at
    FROM measurements WHERE indexed IS NULL GROUP BY trial),
word AS (
    SELECT trial, sum(kind = 'cancelled') AS cancelled, sum(kind = 'retracted') AS retracted,
           sum(kind = 'told' AND json_type(payload, '$.cause') = 'text') AS failed
    FROM event
    WHERE trial IS NOT NULL AND kind IN ('cancelled', 'retracted', 'told')
      AND json_extract(payload, '$.refused') IS NULL
    GROUP BY trial)
SELECT born.trial,
       CASE WHEN asked.open > 0 THEN 'running' WHEN known.measured > 0 THEN 'measured'
            WHEN word.cancelled > 0 THEN 'cancelled'
            WHEN word.retracted > 0 OR asked.retracted > 0 THEN 'retracted'
            WHEN asked.failed > 0 OR word.failed > 0 THEN 'failed' ELSE 'pending' END AS state,
       (SELECT json_group_object(
                   parameters.name,
                   CASE WHEN parameters.labels IS NULL OR x.value IS NULL THEN x.value
                        ELSE json_extract(parameters.labels, '$[' || CAST(x.value AS INTEGER) || ']')
                   END)
        FROM json_each(born.point) AS x JOIN parameters ON parameters.number = x.key) AS point,
       born.decision, born.method, born.score, born.at AS decided, known.at AS measured,
       coalesce(asked.requests, 0) AS requests, coalesce(known.measured, 0) AS measurements,
       born.point AS numbers
FROM born LEFT JOIN asked ON asked.trial = born.trial
          LEFT JOIN known ON known.trial = born.trial
          LEFT JOIN word ON word.trial = born.trial
WHERE born.trial > 0;

-- One row a worker: the last that was heard of it.
CREATE VIEW workers AS
WITH last AS (
    SELECT worker, max(seq), at,
           CASE kind WHEN 'worker_lost' THEN 'lost' WHEN 'worker_left' THEN 'left'
                     ELSE 'registered' END AS state
    FROM event WHERE kind IN ('worker_registered', 'worker_lost', 'worker_left') GROUP BY worker),
card AS (
    SELECT worker, max(seq), json_extract(payload, '$.roster.connector') AS connector,
           json_extract(payload, '$.roster.tasks') AS tasks,
           json_extract(payload, '$.roster.class') AS class
    FROM event WHERE kind = 'worker_registered' GROUP BY worker),
room AS (
    SELECT worker, max(seq), coalesce(json_extract(payload, '$.roster.slots'),
                                      json_extract(payload, '$.number'), 0) AS slots
    FROM event WHERE kind IN ('worker_registered', 'worker_slots') GROUP BY worker),
work AS (
    SELECT worker,
           sum(kind = 'result' AND coalesce(json_extract(payload, '$.index'), 0) < 0
               AND json_extract(payload, '$.ack') IS NULL) AS measured,
           sum(kind = 'failure') AS failed, total(json_extract(payload, '$.cost')) AS cost
    FROM event WHERE kind IN ('result', 'failure') GROUP BY worker)
SELECT last.worker, last.state, last.at AS since, card.connector, card.class, card.tasks,
       room.slots, coalesce(work.measured, 0) AS measured, coalesce(work.failed, 0) AS failed,
       coalesce(work.cost, 0.0) AS cost
FROM last LEFT JOIN card ON card.worker = last.worker
          LEFT JOIN room ON room.worker = last.worker
          LEFT JOIN work ON work.worker = last.worker;
