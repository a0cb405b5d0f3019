/* render.c - see render.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "render.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

const char *render_number(double number, char out[RENDER_NUMBER])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, RENDER_NUMBER, "%.*g", digits, number);
        if (strtod(out, NULL) == number) break;
    }
    return out;
}

/* What {name} stands for, or NULL when it is no word of ours. */
static const char *look_up(const char *name, size_t size, const itp_request *req,
                           char number[RENDER_NUMBER])
{
    for (size_t i = 0; i < req->n_inputs; i++) {
        const itp_value *input = &req->inputs[i];
        if (strlen(input->name) == size && memcmp(input->name, name, size) == 0)
            return input->label ? input->label : render_number(input->number, number);
    }
    const struct {
        const char *name;
        uint64_t value;
    } facts[] = {{"request", req->request},
                 {"epoch", req->epoch},
                 {"trial", req->trial},
                 {"seed", req->seed},
                 {"index", req->index}};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (strlen(facts[i].name) == size && memcmp(facts[i].name, name, size) == 0) {
            snprintf(number, RENDER_NUMBER, "%" PRIu64, facts[i].value);
            return number;
        }
    return NULL;
}

/* One pass; with out NULL it only counts. */
static size_t expand(const char *text, const itp_request *req, char *out)
{
    size_t size = 0;
    char number[RENDER_NUMBER];
    while (*text) {
        const char *close = *text == '{' ? strchr(text, '}') : NULL;
        const char *value =
            close ? look_up(text + 1, (size_t)(close - text - 1), req, number) : NULL;
        size_t take = value ? strlen(value) : 1;
        if (out) memcpy(out + size, value ? value : text, take);
        size += take;
        text = value ? close + 1 : text + 1;
    }
    if (out) out[size] = '\0';
    return size;
}

char *render(const char *text, const itp_request *req)
{
    char *out = malloc(expand(text, req, NULL) + 1);
    if (out) expand(text, req, out);
    return out;
}

itp_status render_file(const char *folder, const char *name, const char *text, itp_error *err)
{
    char path[PATH_MAX];
    size_t size = strlen(text);
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return itp_fail(err, ITP_EINVAL, "%s: path is too long", name);
    FILE *file = fopen(path, "wbe");
    if (!file) return itp_fail(err, ITP_EIO, "%s: %s", path, strerror(errno));
    int failed = fwrite(text, 1, size, file) != size;
    if (fclose(file) != 0 || failed)
        return itp_fail(err, ITP_EIO, "%s: cannot be written: %s", path, strerror(errno));
    return ITP_OK;
}

itp_status render_read(const char *folder, const char *name, size_t most, char **out,
                       itp_error *err)
{
    char path[PATH_MAX];
    int absolute = name[0] == '/';
    if (snprintf(path, sizeof path, "%s%s%s", absolute ? "" : folder, absolute ? "" : "/", name) >=
        (int)sizeof path)
        return itp_fail(err, ITP_EINVAL, "%s: path is too long", name);
    FILE *file = fopen(path, "rbe");
    if (!file) return itp_fail(err, ITP_EIO, "%s: %s", path, strerror(errno));
    size_t size = 0, capacity = 4096, got;
    char *text = malloc(capacity);
    while (text && size <= most && (got = fread(text + size, 1, capacity - size - 1, file)) > 0) {
        size += got;
        if (size + 1 < capacity) continue;
        char *larger = realloc(text, capacity *= 2);
        if (!larger) free(text);
        text = larger;
    }
    int failed = ferror(file);
    fclose(file);
    itp_status st = !text         ? itp_fail(err, ITP_ENOMEM, "%s", path)
                    : failed      ? itp_fail(err, ITP_EIO, "%s: cannot be read", path)
                    : size > most ? itp_fail(err, ITP_ERANGE, "%s: more than %zu bytes", path, most)
                                  : ITP_OK;
    if (st != ITP_OK) {
        free(text);
        return st;
    }
    text[size] = '\0';
    *out = text;
    return ITP_OK;
}
