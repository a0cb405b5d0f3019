/* lookups.c - see lookups.h. SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* memfd_create */
#include "lookups.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 22 };

static void clear(itp_lookup *one)
{
    if (one->ended >= 0) close(one->ended);
    if (one->out >= 0) close(one->out);
    if (one->why >= 0) close(one->why);
    *one = (itp_lookup){.ended = -1, .out = -1, .why = -1};
}

static int spawn(itp_lookup *one, char *const *argv)
{
    extern char **environ;
    char self[PATH_MAX];
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
    posix_spawn_file_actions_adddup2(&files, one->out, 1);
    posix_spawn_file_actions_adddup2(&files, one->why, 2);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK);
    int failed = posix_spawn(&one->pid, self, &files, &how, argv, environ);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    if (failed) one->pid = 0;
    return failed;
}

static itp_lookup *find_free(itp_lookups *l)
{
    for (size_t i = 0; i < ITP_LOOKUPS_MAX; i++)
        if (l->items[i].pid == 0) return &l->items[i];
    return NULL;
}

itp_status itp_lookups_begin(itp_lookups *l, const char *journal, const char *word, int64_t now_ms,
                             uint64_t *number, itp_error *err)
{
    itp_lookup *one = find_free(l);
    char path[PATH_MAX + 2], why[32], request[32];
    char *argv[] = {"interphase", "status", path, NULL, NULL, NULL, NULL};
    int argc = 3;
    if (!one) return itp_fail(err, ITP_ERESOURCE, "too many ask at once; ask again");
    json_t *json = json_loads(word, 0, NULL);
    long long trial = json_integer_value(json_object_get(json, "why"));
    long long asked = json_integer_value(json_object_get(json, "request"));
    int as_json = json_is_true(json_object_get(json, "json"));
    json_decref(json);
    /* Not an option, nor a place, whatever it is called. */
    snprintf(path, sizeof path, "%s%s", journal[0] == '/' ? "" : "./", journal);
    snprintf(why, sizeof why, "--why=%lld", trial);
    snprintf(request, sizeof request, "%lld", asked);
    if (asked > 0) argv[argc++] = request;
    if (trial > 0) argv[argc++] = why;
    if (as_json) argv[argc++] = "--json";
    *one = (itp_lookup){.ended = -1,
                        .out = memfd_create("status", MFD_CLOEXEC),
                        .why = memfd_create("status", MFD_CLOEXEC),
                        .due_ms = now_ms + ITP_LOOKUPS_TIME_MS};
    int failed = one->out < 0 || one->why < 0 ? errno : spawn(one, argv);
    if (!failed && (one->ended = (int)syscall(SYS_pidfd_open, one->pid, 0)) < 0) {
        failed = errno;
        kill(one->pid, SIGKILL);
        waitpid(one->pid, NULL, 0);
    }
    if (failed) {
        clear(one);
        return itp_fail(err, ITP_ERESOURCE, "status: %s", strerror(failed));
    }
    *number = one->number = ++l->begun;
    return ITP_OK;
}

/* All that is in it, the caller's to free; NULL: no memory. */
static char *read_all(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    if (size < 0 || size > TEXT_MAX) size = 0;
    char *text = malloc((size_t)size + 1);
    ssize_t n = text ? pread(fd, text, (size_t)size, 0) : 0;
    if (text) text[n > 0 ? n : 0] = '\0';
    return text;
}

static char *answer(const itp_lookup *one, int status)
{
    static const char NAME[] = "interphase: ";
    int ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    char *text = read_all(ok ? one->out : one->why);
    const char *said = text ? text : "";
    if (!ok && strncmp(said, NAME, sizeof NAME - 1) == 0) said += sizeof NAME - 1;
    if (!ok && text) text[strcspn(text, "\n")] = '\0';
    if (!ok && !*said) said = "status took too long";
    json_t *object = json_pack("{s:b, s:s}", "ok", ok, ok ? "text" : "error", said);
    char *json = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    free(text);
    return json;
}

char *itp_lookups_take(itp_lookups *l, int64_t now_ms, uint64_t *number)
{
    for (size_t i = 0; i < ITP_LOOKUPS_MAX; i++) {
        itp_lookup *one = &l->items[i];
        struct pollfd end = {one->ended, POLLIN, 0};
        int status = 0;
        if (one->pid == 0) continue;
        if (now_ms >= one->due_ms) kill(one->pid, SIGKILL);
        if (poll(&end, 1, 0) != 1) continue;
        while (waitpid(one->pid, &status, 0) < 0 && errno == EINTR) {
        }
        char *text = answer(one, status);
        *number = one->number;
        clear(one);
        if (text) return text;
    }
    return NULL;
}

void itp_lookups_deinit(itp_lookups *l)
{
    for (size_t i = 0; i < ITP_LOOKUPS_MAX; i++) {
        if (l->items[i].pid == 0) continue;
        kill(l->items[i].pid, SIGKILL);
        waitpid(l->items[i].pid, NULL, 0);
        clear(&l->items[i]);
    }
}
