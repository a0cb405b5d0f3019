/* plugin.c - see plugin.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugin.h"

#include <dlfcn.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"

#define ENTRY "itp_connector_entry"

struct itp_plugin {
    void *handle;
    char *path;
    itp_connector connector;
    itp_tasks tasks;
};

/* FOLDER/NAME.so when it can be read; otherwise the place joins the list of those tried. */
static int try_folder(const char *folder, size_t size, const char *name, char *path,
                      itp_buffer *tried)
{
    int used = snprintf(path, PATH_MAX, "%.*s/%s.so", (int)size, folder, name);
    if (used > 0 && used < PATH_MAX && access(path, R_OK) == 0) return 1;
    itp_buffer_print(tried, "%s%.*s", tried->size ? ", " : "", (int)size, folder);
    return 0;
}

static int try_beside_program(const char *name, char *path, itp_buffer *tried)
{
    char program[PATH_MAX], folder[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
    if (size <= 0) return 0;
    program[size] = '\0';
    /* bin/interphase-worker finds lib/interphase, tests/host_test_slot of the build tree too. */
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(program, '/');
        if (!slash) return 0;
        *slash = '\0';
    }
    int used = snprintf(folder, sizeof folder, "%s/lib/interphase", program);
    if (used < 0 || used >= (int)sizeof folder) return 0;
    return try_folder(folder, strlen(folder), name, path, tried);
}

static itp_status find_path(const char *name, const char *base, char path[PATH_MAX], itp_error *err)
{
    char joined[PATH_MAX];
    int relative = name[0] != '/' && base;
    int used =
        snprintf(joined, sizeof joined, "%s%s%s", relative ? base : "", relative ? "/" : "", name);
    if (used >= (int)sizeof joined || !realpath(joined, path))
        return itp_fail(err, ITP_ENOTFOUND, "connector %.900s: no such file", joined);
    return ITP_OK;
}

static itp_status find(const char *name, const char *base, char path[PATH_MAX], itp_error *err)
{
    if (strchr(name, '/')) return find_path(name, base, path, err);
    itp_buffer tried = {0};
    int found = 0;
    const char *folders = getenv("INTERPHASE_CONNECTORS");
    while (folders && *folders && !found) {
        size_t size = strcspn(folders, ":");
        if (size > 0) found = try_folder(folders, size, name, path, &tried);
        folders += size + (folders[size] == ':');
    }
    if (!found) found = try_beside_program(name, path, &tried);
    if (!found) found = try_folder(ITP_LIBDIR, strlen(ITP_LIBDIR), name, path, &tried);
    itp_status st = ITP_OK;
    if (!found)
        st = itp_fail(err, ITP_ENOTFOUND,
                      "connector %s: no %s.so in %s; give its path, or put its folder into "
                      "INTERPHASE_CONNECTORS",
                      name, name, tried.data ? tried.data : "any folder");
    itp_buffer_deinit(&tried);
    return st;
}

/* The smallest struct that can work: up to and with `close`. */
static const size_t LEAST_SIZE = offsetof(itp_connector, close) + sizeof(void (*)(void *));

static itp_status check_abi(itp_plugin *plugin, const itp_connector *found, itp_error *err)
{
    if (!found) return itp_fail(err, ITP_EINVAL, "%s: " ENTRY " gave nothing", plugin->path);
    if (found->abi != ITP_CONNECTOR_ABI)
        return itp_fail(err, ITP_EVERSION,
                        "%s: compiled for connector ABI %u, this program speaks %d; compile it "
                        "against this version's headers",
                        plugin->path, found->abi, ITP_CONNECTOR_ABI);
    if (found->struct_size < LEAST_SIZE)
        return itp_fail(err, ITP_EVERSION,
                        "%s: its itp_connector has %u bytes, at least %zu needed", plugin->path,
                        found->struct_size, LEAST_SIZE);
    size_t size = found->struct_size;
    if (size > sizeof plugin->connector) size = sizeof plugin->connector;
    memcpy(&plugin->connector, found, size);
    const itp_connector *c = &plugin->connector;
    const char *lacks = !c->id         ? "id"
                        : !c->version  ? "version"
                        : !c->describe ? "describe"
                        : !c->open     ? "open"
                        : !c->measure  ? "measure"
                        : !c->close    ? "close"
                                       : NULL;
    if (lacks) return itp_fail(err, ITP_EINVAL, "%s: the connector has no %s", plugin->path, lacks);
    return ITP_OK;
}

static itp_status check_tasks(const itp_plugin *plugin, itp_error *err)
{
    if (plugin->tasks.n_tasks == 0)
        return itp_fail(err, ITP_EINVAL, "%s: describes no task", plugin->path);
    for (size_t i = 0; i < plugin->tasks.n_tasks; i++) {
        const itp_task *task = &plugin->tasks.tasks[i];
        if (!task->name || !*task->name)
            return itp_fail(err, ITP_EINVAL, "%s: task %zu has no name", plugin->path, i);
        for (size_t k = 0; k < task->n_inputs + task->n_outputs; k++) {
            const itp_port *port =
                k < task->n_inputs ? &task->inputs[k] : &task->outputs[k - task->n_inputs];
            if (!port->name)
                return itp_fail(err, ITP_EINVAL, "%s: a port of task %s has no name", plugin->path,
                                task->name);
        }
    }
    return ITP_OK;
}

itp_status itp_plugin_load(itp_plugin **out, const char *name_or_path, const char *base,
                           itp_error *err)
{
    char path[PATH_MAX];
    itp_status st = find(name_or_path, base, path, err);
    if (st != ITP_OK) return st;
    itp_plugin *plugin = calloc(1, sizeof *plugin);
    if (!plugin || !(plugin->path = strdup(path))) {
        st = itp_fail(err, ITP_ENOMEM, "connector %s", name_or_path);
        goto fail;
    }
    plugin->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!plugin->handle) {
        st = itp_fail(err, ITP_EIO, "%s: cannot be loaded: %s", path, dlerror());
        goto fail;
    }
    itp_connector_entry_fn *entry;
    *(void **)&entry = dlsym(plugin->handle, ENTRY); /* POSIX: dlsym may give functions */
    if (!entry) {
        st = itp_fail(err, ITP_EINVAL, "%s: not a connector: it exports no " ENTRY, path);
        goto fail;
    }
    if ((st = check_abi(plugin, entry(), err)) != ITP_OK) goto fail;
    if ((st = plugin->connector.describe(&plugin->tasks)) != ITP_OK) {
        itp_fail(err, st, "%s: describe: %s", path, itp_status_text(st));
        goto fail;
    }
    if ((st = check_tasks(plugin, err)) != ITP_OK) goto fail;
    *out = plugin;
    return ITP_OK;
fail:
    itp_plugin_unload(plugin);
    return st;
}

void itp_plugin_unload(itp_plugin *plugin)
{
    if (!plugin) return;
    if (plugin->handle) dlclose(plugin->handle);
    free(plugin->path);
    free(plugin);
}

const itp_connector *itp_plugin_connector(const itp_plugin *plugin)
{
    return &plugin->connector;
}

const char *itp_plugin_path(const itp_plugin *plugin)
{
    return plugin->path;
}

const itp_tasks *itp_plugin_tasks(const itp_plugin *plugin)
{
    return &plugin->tasks;
}

const itp_task *itp_plugin_task(const itp_plugin *plugin, const char *name)
{
    const itp_task *any = NULL;
    for (size_t i = 0; i < plugin->tasks.n_tasks; i++) {
        const itp_task *task = &plugin->tasks.tasks[i];
        if (strcmp(task->name, name) == 0) return task;
        if (strcmp(task->name, "*") == 0) any = task;
    }
    return any;
}

static json_t *describe_ports(size_t n, const itp_port *ports)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *port = json_pack("{s:s, s:s*, s:s*}", "name", ports[i].name, "unit", ports[i].unit,
                                 "iri", ports[i].iri);
        if (isfinite(ports[i].low)) json_object_set_new(port, "low", json_real(ports[i].low));
        if (isfinite(ports[i].high)) json_object_set_new(port, "high", json_real(ports[i].high));
        if (ports[i].optional) json_object_set_new(port, "optional", json_true());
        if (ports[i].labels) {
            json_t *labels = json_array();
            for (size_t k = 0; ports[i].labels[k]; k++)
                json_array_append_new(labels, json_string(ports[i].labels[k]));
            json_object_set_new(port, "labels", labels);
        }
        json_array_append_new(list, port);
    }
    return list;
}

itp_status itp_plugin_schema(const itp_plugin *plugin, char **out)
{
    json_t *tasks = json_array();
    for (size_t i = 0; i < plugin->tasks.n_tasks; i++) {
        const itp_task *task = &plugin->tasks.tasks[i];
        json_array_append_new(tasks,
                              json_pack("{s:s, s:s, s:b, s:o, s:o}", "name", task->name, "class",
                                        task->cls == ITP_PHYSICAL ? "physical" : "repeatable",
                                        "open", (int)(task->open != 0), "inputs",
                                        describe_ports(task->n_inputs, task->inputs), "outputs",
                                        describe_ports(task->n_outputs, task->outputs)));
    }
    json_t *all = json_pack("{s:s, s:s, s:o}", "connector", plugin->connector.id, "version",
                            plugin->connector.version, "tasks", tasks);
    char *text = all ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    if (!text) return ITP_ENOMEM;
    *out = text;
    return ITP_OK;
}

itp_status itp_plugin_check(const itp_plugin *plugin, const char *task, const char *options,
                            itp_error *err)
{
    const itp_task *found = itp_plugin_task(plugin, task);
    if (!found)
        return itp_fail(err, ITP_ENOTFOUND, "%s performs no task %s", plugin->connector.id, task);
    if (!plugin->connector.check) return ITP_OK;
    if (err) *err = (itp_error){.status = ITP_OK};
    itp_status st = plugin->connector.check(task, options, err);
    if (st != ITP_OK && err && !err->text[0]) itp_fail(err, st, "%s", itp_status_text(st));
    return st;
}
