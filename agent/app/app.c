/* app.c - the table of subcommands, and what they share.
 *   `interphase NAME` that is not in the table executes `interphase-NAME`, as git does.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "app.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interphase/version.h"
#include "machine.h"
#include "remote.h"

static const itp_command COMMANDS[] = {
    {"check", app_check, "validate a campaign file: every error with file:line:column",
     "usage: interphase check CAMPAIGN.yaml\n"},
    {"run", app_run, "run a campaign, or resume it from its journal",
     "usage: interphase run CAMPAIGN.yaml [options]\n"
     "  --journal FILE     default: NAME.journal in this folder\n"
     "  --workers N        local workers for each connector (default: one a core; 0: none)\n"
     "  --slots N          requests that each local worker runs at once (default 1)\n"
     "  --listen ENDPOINT  where further workers connect: ipc://PATH, or tcp://*:5577, always "
     "under\n"
     "                     CURVE, for workers and people that `interphase enrol` has admitted\n"
     "  --keys FOLDER      of the agent's key and the allow-list (~/.config/interphase/keys)\n"
     "  --seed N           instead of the definition's\n"
     "  --with KEY=VALUE   setting over the definition's: acquisition, surrogate, design, "
     "parallel,\n"
     "                     trials, time, seed; may be repeated\n"
     "  --json             one JSON line an event\n"
     "  --quiet            only the summary\n"
     "Ctrl-C stops cleanly; the same command resumes.\n"
     "exit: 0 finished, 2 usage or invalid campaign, 3 failure, 4 interrupted and resumable\n"},
    {"ask", app_ask, "propose trials without dispatching them",
     "usage: interphase ask CAMPAIGN.yaml|JOURNAL [-n Q] [--journal FILE] [--json]\n"},
    {"tell", app_tell, "record a measurement of a trial, or of a point of one's own",
     "usage: interphase tell JOURNAL --trial ID [--task T] NAME=VALUE[+-SD][unit] ...\n"
     "       interphase tell JOURNAL --trial ID --failed REASON\n"
     "       interphase tell JOURNAL --at NAME=VALUE ... -- OUTPUT=VALUE[+-SD][unit] ...\n"},
    {"status", app_status, "queued, running, done or failed, and why",
     "usage: interphase status JOURNAL [REQUEST] [--why TRIAL] [--json]\n"},
    {"replay", app_replay, "fold a journal again; --verify makes every decision anew",
     "usage: interphase replay JOURNAL [--verify | --with KEY=VALUE ...] [--head HASH] [--until "
     "EVENT]\n"
     "  --verify  check the hash chain, every action, and every decision: bit for bit on the same\n"
     "            machine, candidates and scores to 1e-6 on another\n"
     "  --head    hash printed by an earlier run: only a known head reveals a cut tail\n"
     "  --until   stop after this event and show the state\n"
     "  --with    what acquisition=NAME, surrogate=NAME or design={...} would have chosen at each\n"
     "            step from the same data; may be repeated\n"},
    {"export", app_export, "write a journal's content for other programs",
     "usage: interphase export JOURNAL --format csv|measurements|json|journal [-o FILE]\n"
     "  csv           one row a trial: parameters, outcomes, sds, units\n"
     "  measurements  one row a value\n"
     "  json          one line an event\n"
     "  journal       a consistent copy, also of a live one\n"},
    {"bench", app_bench, "closed loops of a campaign with many seeds, beside random order",
     "usage: interphase bench CAMPAIGN.yaml [options]\n"
     "  --seeds N          campaigns of each kind (default 20)\n"
     "  --first-seed N     their seeds count from here (default 0)\n"
     "  --trials N         of each campaign (default: its budget)\n"
     "  --with KEY=VALUE   setting over the definition's, as of run; may be repeated\n"
     "  --against WHAT     random (default), or a KEY=VALUE such as acquisition=ucb\n"
     "  --parallel N       campaigns at once (default: one a core)\n"
     "  -o FILE.csv        every trial of every campaign\n"
     "  --keep FOLDER      keep the journals there\n"
     "Trials come one at a time (--with parallel=4: as many pending, and then timing plays a "
     "part).\n"
     "Every campaign is run as `interphase run` does, so its tasks should answer quickly: a\n"
     "`function`, or a `table` of what was measured.\n"},
    {"pause", app_pause, "start nothing new; what runs goes on",
     "usage: interphase pause JOURNAL [REASON] [--by NAME]\n"},
    {"resume", app_resume, "take up a paused campaign",
     "usage: interphase resume JOURNAL [REASON] [--by NAME]\n"},
    {"drain", app_drain, "finish what runs, hand out nothing, then stop; run resumes",
     "usage: interphase drain JOURNAL [REASON] [--by NAME]\n"},
    {"safe-stop", app_safe_stop, "stop a station, or all, on a line of its own; then: ready",
     "usage: interphase safe-stop JOURNAL [--station NAME] [REASON] [--by NAME]\n"
     "Waits until each has answered; exit 3 when one has not within 10 s. This is a convenience:\n"
     "what protects people is an emergency stop in hardware.\n"},
    {"ready", app_ready, "a person's word that a station stopped for safety may work again",
     "usage: interphase ready JOURNAL [--station NAME] [REASON] [--by NAME]\n"},
    {"approve", app_approve, "a person's word on a request that waits for approval",
     "usage: interphase approve JOURNAL REQUEST [--reject] [REASON] [--by NAME]\n"
     "What is rejected counts as infeasible: the model learns to keep away.\n"},
    {"cancel", app_cancel, "cancel a trial, a request, or everything open",
     "usage: interphase cancel JOURNAL --trial ID | --request ID | --all [REASON] [--by NAME]\n"
     "What a station moves is asked to stop and stays open until the station says what came of "
     "it.\n"},
    {"retract", app_retract, "take back an accepted measurement; it stays in the journal",
     "usage: interphase retract JOURNAL --trial ID | --request ID | --event N [REASON]\n"
     "                          [--by NAME]\n"},
    {"resolve", app_resolve, "a person's word on a request that is held or in doubt",
     "usage: interphase resolve JOURNAL --request ID --as measured|void|requeue\n"
     "                          [NAME=VALUE[+-SD][unit] ...] [--by NAME] [--reason REASON]\n"
     "  measured  these values are its measurement\n"
     "  void      the sample is lost: the trial is abandoned\n"
     "  requeue   a new request for the same trial\n"},
    {"enrol", app_enrol, "admit a worker or a person over TCP, and say what to run there",
     "usage: interphase enrol NAME [options]\n"
     "       interphase enrol --list | --revoke NAME\n"
     "  --role ROLE,...    compute (default): repeatable tasks; station: physical ones too;\n"
     "                     operate: every verb of people; observe: status\n"
     "  --connect ENDPOINT where the other side finds this machine (default tcp://HOST:5577)\n"
     "  --public KEY       admit this public key (of keygen); without it the pair is made here,\n"
     "                     and NAME.key is all that the other side needs\n"
     "  -o FILE            instead of NAME.key in this folder\n"
     "  --remark TEXT      for the allow-list, which is the text file `allowed` beside the keys\n"
     "  --keys FOLDER      instead of ~/.config/interphase/keys\n"},
    {"keygen", app_keygen, "make a key pair for this machine",
     "usage: interphase keygen [NAME] [--keys FOLDER]\n"},
};

static int overview(FILE *file)
{
    fprintf(file, "interphase " ITP_VERSION ": closed-loop experiments on battery interfaces\n\n"
                  "usage: interphase COMMAND [arguments]     interphase COMMAND --help\n\n");
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        fprintf(file, "  %-9s %s\n", COMMANDS[i].name, COMMANDS[i].summary);
    fprintf(file, "  %-9s %s\n", "worker", "perform tasks for an agent (interphase-worker)");
    return file == stdout ? EXIT_FINISHED : EXIT_USAGE;
}

/* interphase-NAME beside this program, or on the PATH. */
static int execute(int argc, char **argv)
{
    char self[PATH_MAX], program[PATH_MAX + 300];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    (void)argc;
    if (strlen(argv[1]) > 200 || strchr(argv[1], '/'))
        return app_usage(NULL, "there is no command %.40s", argv[1]);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash) slash[1] = '\0';
    snprintf(program, sizeof program, "%sinterphase-%s", slash ? self : "", argv[1]);
    execv(program, argv + 1);
    snprintf(program, sizeof program, "interphase-%s", argv[1]);
    execvp(program, argv + 1);
    return app_usage(NULL, "there is no command %s, and no program %s", argv[1], program);
}

int itp_app_main(int argc, char **argv)
{
    if (argc < 2) return overview(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) return overview(stdout);
    if (strcmp(argv[1], "--version") == 0) {
        printf("interphase " ITP_VERSION "\n");
        return EXIT_FINISHED;
    }
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++) {
        if (strcmp(argv[1], COMMANDS[i].name) != 0) continue;
        for (int a = 2; a < argc && strcmp(argv[a], "--") != 0; a++) {
            if (strcmp(argv[a], "--help") != 0 && strcmp(argv[a], "-h") != 0) continue;
            printf("%s\n%s", COMMANDS[i].summary, COMMANDS[i].help);
            return EXIT_FINISHED;
        }
        char place[APP_PLACE_MAX];
        int left = app_take_remote(argc - 1, argv + 1, place);
        if (left < 0)
            return app_usage(NULL, "expected --connect tcp://HOST:PORT, --key FILE, "
                                   "--server-key KEY");
        return COMMANDS[i].run(left, argv + 1);
    }
    return execute(argc, argv);
}

int app_fail(itp_status status, const itp_error *err)
{
    fprintf(stderr, "interphase: %s\n", err && err->text[0] ? err->text : itp_status_text(status));
    return status == ITP_ECAMPAIGN || status == ITP_EINVAL ? EXIT_USAGE : EXIT_FAILED;
}

int app_usage(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "interphase: ");
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\ntry: interphase %s--help\n", command ? command : "");
    return EXIT_USAGE;
}

int app_number(const char *text, long long least, long long *out)
{
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *out >= least;
}

int app_is_definition(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

/* The journal that a campaign file has begun already, whatever has become of the files that it
 * names since; NULL: none. */
static char *journal_begun(const char *path)
{
    char *name = NULL, *journal = NULL;
    if (itp_campaign_read_name(&name, path, NULL) != ITP_OK) return NULL;
    size_t size = strlen(name) + sizeof ".journal";
    if ((journal = malloc(size))) snprintf(journal, size, "%s.journal", name);
    free(name);
    if (journal && access(journal, F_OK) == 0) return journal;
    free(journal);
    return NULL;
}

char *app_journal_of(const char *path, int *code)
{
    itp_campaign *campaign;
    itp_findings findings = {0};
    itp_error err = {0};
    char *begun = journal_begun(path);
    if (begun) return begun;
    itp_status st = itp_engine_load(&campaign, path, NULL, &findings, &err);
    if (findings.text) fputs(findings.text, stderr);
    itp_findings_deinit(&findings);
    if (st != ITP_OK) {
        *code = app_fail(st, &err);
        return NULL;
    }
    size_t size = strlen(campaign->name) + sizeof ".journal";
    char *journal = malloc(size);
    if (journal) snprintf(journal, size, "%s.journal", campaign->name);
    itp_campaign_destroy(campaign);
    *code = EXIT_FAILED;
    return journal;
}

itp_status app_open(itp_engine **out, const char *journal, itp_error *err)
{
    const itp_engine_options options = {.journal = journal, .mode = ITP_JOURNAL_READ};
    return itp_engine_open(out, &options, NULL, err);
}

itp_status app_summarise(itp_engine *engine, itp_summary *out)
{
    char machine[256];
    itp_decider *decider;
    itp_snapshot *snapshot;
    itp_status st = itp_decider_create(&decider, itp_machine_text(machine, sizeof machine), 0);
    if (st != ITP_OK) return st;
    st = itp_snapshot_take(&snapshot, itp_engine_loop(engine), 0, 0);
    if (st == ITP_OK) {
        st = itp_summarise(decider, snapshot, out);
        itp_snapshot_destroy(snapshot);
    }
    itp_decider_destroy(decider);
    return st;
}

const char *app_quantity(char *text, size_t size, double value, double sd, const char *unit)
{
    const char *space = unit && strcmp(unit, "1") != 0 ? " " : "";
    if (!*space) unit = "";
    if (isfinite(sd))
        snprintf(text, size, "%.5g +- %.2g%s%s", value, sd, space, unit);
    else
        snprintf(text, size, "%.6g%s%s", value, space, unit);
    return text;
}

const char *app_point(char *text, size_t size, const itp_campaign *campaign, const double *point)
{
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < itp_space_n_params(campaign->space) && at + 1 < size; i++) {
        const itp_param *p = itp_space_param(campaign->space, i);
        if (isnan(point[i])) continue;
        const char *gap = at ? " " : "";
        int n = p->kind == ITP_CATEGORICAL
                    ? snprintf(text + at, size - at, "%s%s=%s", gap, p->name,
                               p->labels[(size_t)point[i]])
                    : snprintf(text + at, size - at, "%s%s=%.5g", gap, p->name, point[i]);
        at += n > 0 ? (size_t)n : 0;
    }
    return text;
}
