/* codes.c - what the codes share: files, species, frames.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "codes.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "vec.h"

enum { PATH_ROOM = 1152 };

itp_status itp_code_open(FILE **out, const char *folder, const char *name, itp_error *err)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    *out = fopen(path, "wb");
    return *out ? ITP_OK : itp_fail(err, ITP_EIO, "file %s: %s", path, strerror(errno));
}

itp_status itp_code_close(FILE *file, const char *folder, const char *name, itp_error *err)
{
    int failed = ferror(file);
    failed |= fclose(file) != 0;
    return failed ? itp_fail(err, ITP_EIO, "file %s/%s: %s", folder, name, strerror(errno))
                  : ITP_OK;
}

int itp_code_is_plain(const char *text)
{
    static const char PLAIN[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+";
    return *text && text[strspn(text, PLAIN)] == 0;
}

size_t itp_code_species(const itp_crystal *crystal, int z[128])
{
    size_t n = 0;
    for (int e = 1; e < 128; e++)
        for (size_t i = 0; i < crystal->n; i++)
            if (crystal->z[i] == e) {
                z[n++] = e;
                break;
            }
    return n;
}

void itp_code_upright(const double cell[3][3], double out[3][3])
{
    double a = vec_norm(cell[0]), ab = vec_dot(cell[0], cell[1]) / a,
           ac = vec_dot(cell[0], cell[2]) / a;
    double b = sqrt(vec_dot(cell[1], cell[1]) - ab * ab),
           bc = (vec_dot(cell[1], cell[2]) - ab * ac) / b;
    double made[3][3] = {
        {a, 0, 0}, {ab, b, 0}, {ac, bc, sqrt(vec_dot(cell[2], cell[2]) - ac * ac - bc * bc)}};
    for (int i = 1; i < 3; i++)
        for (int j = 0; j < i; j++)
            if (fabs(made[i][j]) < 1e-12 * vec_norm(made[i])) made[i][j] = 0;
    memcpy(out, made, sizeof made);
}
