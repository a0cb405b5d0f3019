/* plugin.h - finds a connector, loads it, checks its ABI and what it says of itself.
 *   A name ("function") is looked for as NAME.so in the folders of $INTERPHASE_CONNECTORS
 * (separated by colons), in ../lib/interphase beside the running program (build tree or
 * installation), and in the folder of installation; a word with a slash is a path, relative to
 * `base`. Life cycle  load -> { connector | tasks | ... } -> unload, after every slot is closed
 * Threads     read only once loaded            SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_PLUGIN_H
#define ITP_PLUGIN_H

#include "interphase/connector.h"

typedef struct itp_plugin itp_plugin;

/* base NULL: the current folder. ITP_ENOTFOUND lists the places searched; ITP_EVERSION names both
 * ABIs; ITP_EINVAL what the plug-in lacks. */
itp_status itp_plugin_load(itp_plugin **out, const char *name_or_path, const char *base,
                           itp_error *err);
void itp_plugin_unload(itp_plugin *plugin);

/* Its callbacks: a copy that ends with NULLs what an older plug-in does not have. */
const itp_connector *itp_plugin_connector(const itp_plugin *plugin);
const char *itp_plugin_path(const itp_plugin *plugin);
const itp_tasks *itp_plugin_tasks(const itp_plugin *plugin);
/* The task of that name, else the one named "*" (any), else NULL. */
const itp_task *itp_plugin_task(const itp_plugin *plugin, const char *name);
/* What it does as JSON: {"connector", "version", "tasks": [{"name", "class", "open", "inputs",
 * "outputs"}]}; the caller's to free. */
itp_status itp_plugin_schema(const itp_plugin *plugin, char **out);

/* The connector's own check of a `with:`; ITP_OK when it has none. */
itp_status itp_plugin_check(const itp_plugin *plugin, const char *task, const char *options,
                            itp_error *err);

#endif
