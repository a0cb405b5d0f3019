/* credentials.c - which key goes to which agent. See keys.h.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "keys.h"
#include "private.h"

static size_t host_length(const char *endpoint)
{
    const char *colon = strrchr(endpoint, ':');
    return colon ? (size_t)(colon - endpoint) : strlen(endpoint);
}

/* The agent of that endpoint; one on the same host (same user, same key) will do. NULL: none. */
static const itp_key_agent *find_agent(const itp_keys *keys, const char *endpoint)
{
    size_t length = host_length(endpoint);
    for (size_t i = 0; i < keys->n_agents; i++)
        if (strcmp(keys->agents[i].endpoint, endpoint) == 0) return &keys->agents[i];
    for (size_t i = 0; i < keys->n_agents; i++)
        if (host_length(keys->agents[i].endpoint) == length &&
            strncmp(keys->agents[i].endpoint, endpoint, length) == 0)
            return &keys->agents[i];
    return NULL;
}

/* A key in the folder that knows the agent at this endpoint. */
static itp_status find_in_folder(itp_keys *out, const char *folder, const char *endpoint,
                                 itp_error *err)
{
    char path[PATH_MAX];
    DIR *dir = opendir(folder);
    itp_status st = ITP_ENOTFOUND;
    for (struct dirent *entry; dir && st == ITP_ENOTFOUND && (entry = readdir(dir));) {
        size_t n = strlen(entry->d_name);
        if (n < 5 || strcmp(entry->d_name + n - 4, ".key") != 0) continue;
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path)
            continue;
        if (itp_keys_read(out, path, NULL) == ITP_OK && find_agent(out, endpoint)) st = ITP_OK;
    }
    if (dir) closedir(dir);
    if (st == ITP_OK) return ITP_OK;
    itp_keys_wipe(out);
    return itp_fail(err, ITP_EREFUSED,
                    "%s: TCP needs a key. On the agent's machine run `interphase enrol NAME`, copy "
                    "NAME.key here, and give it with --key NAME.key",
                    endpoint);
}

static itp_status find_keys(itp_keys *out, const char *key, const char *endpoint, itp_error *err)
{
    char folder[PATH_MAX - 300], path[PATH_MAX];
    if (key && (strchr(key, '/') || access(key, F_OK) == 0)) return itp_keys_read(out, key, err);
    itp_status st = itp_keys_folder(folder, sizeof folder, NULL, 0, err);
    if (!key && st == ITP_EIO) st = ITP_OK; /* No folder, no keys: said below, with the remedy. */
    if (st != ITP_OK) return st;
    if (!key) return find_in_folder(out, folder, endpoint, err);
    size_t n = strlen(key);
    const char *ending = n > 4 && strcmp(key + n - 4, ".key") == 0 ? "" : ".key";
    snprintf(path, sizeof path, "%s/%.250s%s", folder, key, ending);
    return itp_keys_read(out, path, err);
}

static itp_status read_server_key(char out[ITP_Z85_TEXT], const char *text, itp_error *err)
{
    char word[ITP_Z85_TEXT + 1] = "";
    if (!itp_keys_is_public(text)) {
        FILE *file;
        itp_status st = itp_private_open(text, 022, &file, err);
        if (st != ITP_OK) return st;
        if (fscanf(file, "%41s", word) != 1) word[0] = '\0';
        fclose(file);
        if (!itp_keys_is_public(word))
            return itp_fail(err, ITP_EPARSE, "server key %s: not a public key, nor a file with one",
                            text);
        text = word;
    }
    memcpy(out, text, ITP_Z85_TEXT);
    return ITP_OK;
}

itp_status itp_credentials_find(itp_credentials *out, const char *endpoint, const char *key,
                                const char *server_key, itp_error *err)
{
    itp_credentials c = {0};
    itp_status st = ITP_OK;
    if (endpoint && strlen(endpoint) >= sizeof c.endpoint)
        return itp_fail(err, ITP_EINVAL, "endpoint %.60s...: is too long", endpoint);
    if (endpoint) strcpy(c.endpoint, endpoint);
    if (strncmp(c.endpoint, "ipc://", 6) == 0) {
        if ((st = itp_private_ipc(c.endpoint, err)) == ITP_OK) *out = c;
        return st;
    }
    if (endpoint && strncmp(endpoint, "tcp://", 6) != 0)
        return itp_fail(err, ITP_ENOTSUP, "endpoint %s: expected tcp://HOST:PORT or ipc://PATH",
                        endpoint);
    if (!endpoint && !key) return itp_fail(err, ITP_EINVAL, "no endpoint, and no key that has one");
    if ((st = find_keys(&c.keys, key, endpoint, err)) != ITP_OK) return st;
    if (!endpoint && c.keys.n_agents > 0) strcpy(c.endpoint, c.keys.agents[0].endpoint);
    const itp_key_agent *agent = find_agent(&c.keys, c.endpoint);
    if (!c.endpoint[0])
        st = itp_fail(err, ITP_EINVAL, "key %s names no agent: give --connect tcp://HOST:PORT",
                      c.keys.name);
    else if (server_key)
        st = read_server_key(c.server_key, server_key, err);
    else if (agent)
        memcpy(c.server_key, agent->key, sizeof c.server_key);
    else
        st = itp_fail(err, ITP_EREFUSED,
                      "%s: key %s does not know this agent; give its public key with --server-key "
                      "(`interphase enrol` has printed it)",
                      c.endpoint, c.keys.name);
    if (st == ITP_OK) *out = c;
    itp_keys_wipe(&c.keys);
    return st;
}
