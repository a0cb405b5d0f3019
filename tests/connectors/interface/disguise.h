/* disguise.h - the same crystal written differently: another cell, origin, order and orientation.
 *   Used by tests to ask that results do not depend on how a crystal was written down.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_DISGUISE_H
#define ITP_DISGUISE_H

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crystal.h"
#include "vec.h"

/* splitmix64: enough for choosing test cases. */
static inline uint64_t disguise_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline double disguise_unit(uint64_t *state)
{
    return (double)(disguise_next(state) >> 11) * 0x1p-53;
}

/* A rotation from a random unit quaternion. */
static inline void disguise_rotation(uint64_t *state, double r[3][3])
{
    double q[4], n = 0;
    for (int i = 0; i < 4; i++) {
        q[i] = 2 * disguise_unit(state) - 1;
        n += q[i] * q[i];
    }
    for (int i = 0; i < 4; i++) q[i] /= sqrt(n);
    double w = q[0], x = q[1], y = q[2], z = q[3];
    double made[3][3] = {{1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)},
                         {2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)},
                         {2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)}};
    memcpy(r, made, sizeof made);
}

/* A random unimodular matrix, after which the cell may also be `repeat` times as large along one
 * vector: spglib must find the primitive cell again. */
static inline void disguise_basis(uint64_t *state, int repeat, long rows[3][3])
{
    long m[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    for (int step = 0; step < 4; step++) {
        int a = (int)(disguise_next(state) % 3), b = (a + 1 + (int)(disguise_next(state) % 2)) % 3;
        long by = disguise_next(state) % 2 ? 1 : -1;
        for (int j = 0; j < 3; j++) m[a][j] += by * m[b][j];
    }
    int which = (int)(disguise_next(state) % 3);
    for (int j = 0; j < 3; j++) m[which][j] *= repeat;
    memcpy(rows, m, sizeof m);
}

static inline itp_crystal *disguise(const itp_crystal *from, uint64_t *state, int repeat)
{
    long rows[3][3];
    double rotation[3][3], origin[3];
    itp_crystal *c = NULL;
    disguise_basis(state, repeat, rows);
    if (itp_crystal_transform(&c, from, (const long(*)[3])rows, NULL) != ITP_OK) return NULL;
    disguise_rotation(state, rotation);
    vec_multiply((const double(*)[3])c->cell, (const double(*)[3])rotation, c->cell);
    for (int i = 0; i < 3; i++) origin[i] = disguise_unit(state);
    for (size_t i = 0; i < c->n; i++)
        for (int j = 0; j < 3; j++) c->frac[i][j] += origin[j];
    itp_crystal_wrap(c);
    for (size_t i = c->n; i > 1; i--) {
        size_t k = disguise_next(state) % i;
        int z = c->z[i - 1];
        double f[3];
        memcpy(f, c->frac[i - 1], sizeof f);
        memcpy(c->frac[i - 1], c->frac[k], sizeof f);
        memcpy(c->frac[k], f, sizeof f);
        c->z[i - 1] = c->z[k];
        c->z[k] = z;
    }
    return c;
}

/* The structures of tests/connectors/interface/structures, in the order of their names. */
#define DISGUISE_FILES_MAX 40

static inline int disguise_wanted(const struct dirent *entry)
{
    return strstr(entry->d_name, ".vasp") != NULL;
}

static inline size_t disguise_gallery(const char *folder, char names[DISGUISE_FILES_MAX][32],
                                      itp_crystal *crystals[DISGUISE_FILES_MAX])
{
    struct dirent **list = NULL;
    size_t n = 0;
    int found = scandir(folder, &list, disguise_wanted, alphasort);
    for (int i = 0; i < found; i++) {
        char path[1024];
        itp_error err = {0};
        snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name);
        snprintf(names[n], 32, "%.*s", (int)(strlen(list[i]->d_name) - 5), list[i]->d_name);
        if (n < DISGUISE_FILES_MAX && itp_crystal_read(&crystals[n], path, &err) == ITP_OK)
            n++;
        else
            printf("\n  %s\n", err.text);
        free(list[i]);
    }
    free(list);
    return n;
}

#endif
