/* resources.c - see resources.h. Only named options: a campaign cannot slip others to sbatch.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "resources.h"

#include <stdlib.h>
#include <string.h>

#include "interphase/kit.h"
#include "options.h"

enum { TEXT_MAX = 2048 };

typedef enum resource_kind { DURATION, SIZE, COUNT, WORD } resource_kind;

static const struct {
    const char *name, *option;
    resource_kind kind;
} RESOURCES[] = {
    {"time", "--time", DURATION},
    {"memory", "--mem", SIZE},
    {"memory_per_cpu", "--mem-per-cpu", SIZE},
    {"cpus", "--cpus-per-task", COUNT},
    {"tasks", "--ntasks", COUNT},
    {"nodes", "--nodes", COUNT},
    {"gpus", "--gpus", COUNT},
    {"partition", "--partition", WORD},
    {"account", "--account", WORD},
    {"qos", "--qos", WORD},
    {"constraint", "--constraint", WORD},
    {"reservation", "--reservation", WORD},
};
enum { N_RESOURCES = sizeof RESOURCES / sizeof *RESOURCES };

static itp_status put_duration(const char *name, const json_t *value, char out[64], itp_error *err)
{
    double seconds = json_number_value(value);
    const char *text = json_string_value(value);
    if ((text && itp_kit_seconds(text, &seconds) != ITP_OK) || !(seconds > 0 && seconds < 1e9))
        return itp_fail(err, ITP_EINVAL, "resources: %s: expected a duration such as 10 min", name);
    long long whole = (long long)ceil(seconds);
    snprintf(out, 64, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
    return ITP_OK;
}

static itp_status put_one(size_t i, const json_t *value, char out[64], itp_error *err)
{
    const char *name = RESOURCES[i].name, *text = json_string_value(value);
    switch (RESOURCES[i].kind) {
    case DURATION: return put_duration(name, value, out, err);
    case SIZE: {
        uint64_t bytes = command_size(value);
        if (bytes == 0)
            return itp_fail(err, ITP_EINVAL, "resources: %s: expected a size such as 2 GB", name);
        snprintf(out, 64, "%lluM", (unsigned long long)((bytes + 1048575) / 1048576));
        return ITP_OK;
    }
    case COUNT:
        if (!json_is_integer(value) || json_integer_value(value) < 1 ||
            json_integer_value(value) > 1000000)
            return itp_fail(err, ITP_EINVAL, "resources: %s: expected a whole number from 1 on",
                            name);
        snprintf(out, 64, "%lld", (long long)json_integer_value(value));
        return ITP_OK;
    case WORD:
        if (!text || !*text || strlen(text) > 60 || strpbrk(text, "\n\r"))
            return itp_fail(err, ITP_EINVAL, "resources: %s: expected a name", name);
        snprintf(out, 64, "%s", text);
        return ITP_OK;
    }
    return ITP_EINVAL;
}

itp_status resources_read(const json_t *value, char **out, itp_error *err)
{
    char all[TEXT_MAX] = "", text[64];
    size_t used = 0;
    const char *key;
    json_t *item;
    if (value && !json_is_object(value))
        return itp_fail(err, ITP_EINVAL,
                        "resources: expected a mapping, e.g. {time: 10 min, memory: 2 GB}");
    json_object_foreach((json_t *)value, key, item)
    {
        size_t i = 0;
        while (i < N_RESOURCES && strcmp(RESOURCES[i].name, key) != 0) i++;
        if (i == N_RESOURCES)
            return itp_fail(err, ITP_EINVAL,
                            "resources: %.60s is none of time, memory, memory_per_cpu, cpus, "
                            "tasks, nodes, gpus, partition, account, qos, constraint, reservation",
                            key);
        itp_status st = put_one(i, item, text, err);
        if (st != ITP_OK) return st;
        used +=
            (size_t)snprintf(all + used, sizeof all - used, "%s=%s\n", RESOURCES[i].option, text);
    }
    *out = strdup(all);
    return *out ? ITP_OK : itp_fail(err, ITP_ENOMEM, "resources");
}
