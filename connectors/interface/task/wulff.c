/* wulff.c - half spaces, clipped polygons, areas.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "wulff.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vec.h"

enum { PLANES_MAX = 2048, CORNERS_MAX = 256 };
static const double FAR =
    100.0; /* of the largest energy: a face that reaches there is not closed */

typedef struct plane {
    double normal[3], distance;
    size_t facet;
} plane;

/* All symmetric copies of the facets' planes. */
static size_t collect(const itp_phase *p, size_t n, const itp_miller *facets,
                      const double *energies, plane *planes)
{
    double inverse[3][3];
    size_t count = 0;
    vec_invert((const double(*)[3])p->crystal->cell, inverse);
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < p->symmetry->n && count < PLANES_MAX; o++) {
            double h[3] = {0, 0, 0}, g[3];
            for (int j = 0; j < 3; j++)
                for (int k = 0; k < 3; k++)
                    h[j] += facets[i].h[k] * p->symmetry->operations[o].rotation[k][j];
            for (int k = 0; k < 3; k++) g[k] = vec_dot(inverse[k], h);
            double length = vec_norm(g);
            size_t at = 0;
            for (int k = 0; k < 3; k++) g[k] /= length;
            while (at < count && vec_dot(planes[at].normal, g) < 1 - 1e-9) at++;
            if (at < count) continue;
            memcpy(planes[count].normal, g, sizeof g);
            planes[count].distance = energies[i];
            planes[count++].facet = i;
        }
    return count;
}

typedef struct polygon {
    double at[CORNERS_MAX][3];
    size_t n;
} polygon;

static void clip(polygon *p, const plane *by, double tiny)
{
    polygon out = {.n = 0};
    for (size_t i = 0; i < p->n && out.n + 2 < CORNERS_MAX; i++) {
        const double *a = p->at[i], *b = p->at[(i + 1) % p->n];
        double da = vec_dot(a, by->normal) - by->distance,
               db = vec_dot(b, by->normal) - by->distance;
        if (da <= tiny) memcpy(out.at[out.n++], a, sizeof out.at[0]);
        if ((da > tiny) == (db > tiny)) continue;
        double t = da / (da - db);
        for (int k = 0; k < 3; k++) out.at[out.n][k] = a[k] + t * (b[k] - a[k]);
        out.n++;
    }
    *p = out;
}

static double area_of(const polygon *p)
{
    double sum[3] = {0, 0, 0};
    for (size_t i = 1; i + 1 < p->n; i++) {
        double u[3], v[3], cross[3];
        for (int k = 0; k < 3; k++) {
            u[k] = p->at[i][k] - p->at[0][k];
            v[k] = p->at[i + 1][k] - p->at[0][k];
        }
        vec_cross(u, v, cross);
        for (int k = 0; k < 3; k++) sum[k] += cross[k] / 2;
    }
    return vec_norm(sum);
}

/* The face of one plane; its corners also say whether the body is closed there. */
static double face(const plane *planes, size_t n, size_t which, double size, int *open)
{
    const plane *me = &planes[which];
    double u[3], v[3], seed[3] = {0, 0, 0};
    seed[fabs(me->normal[0]) < 0.6 ? 0 : 1] = 1;
    vec_cross(me->normal, seed, u);
    double length = vec_norm(u);
    for (int k = 0; k < 3; k++) u[k] /= length;
    vec_cross(me->normal, u, v);
    polygon p = {.n = 4};
    for (int c = 0; c < 4; c++)
        for (int k = 0; k < 3; k++)
            p.at[c][k] = me->normal[k] * me->distance +
                         size * ((c == 0 || c == 3 ? 1 : -1) * u[k] + (c < 2 ? 1 : -1) * v[k]);
    for (size_t o = 0; o < n && p.n; o++)
        if (o != which) clip(&p, &planes[o], 1e-12 * size);
    for (size_t i = 0; i < p.n; i++) *open |= vec_norm(p.at[i]) > 0.5 * size;
    return p.n >= 3 ? area_of(&p) : 0;
}

itp_status wulff_build(const itp_phase *phase, size_t n, const itp_miller *facets,
                       const double *energies, wulff_shape *out, itp_error *err)
{
    double greatest = 0, whole = 0, square = 0;
    int open = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(energies[i] > 0))
            return itp_fail(err, ITP_ESCIENTIFIC, "(%d%d%d) has a surface energy of %g: no body",
                            facets[i].h[0], facets[i].h[1], facets[i].h[2], energies[i]);
        greatest = fmax(greatest, energies[i]);
    }
    plane *planes = malloc(PLANES_MAX * sizeof *planes);
    wulff_shape s = {.n = n, .share = calloc(n + 1, sizeof(double))};
    if (!planes || !s.share) {
        free(planes);
        free(s.share);
        return itp_fail(err, ITP_ENOMEM, "a shape of %zu facets", n);
    }
    size_t count = collect(phase, n, facets, energies, planes);
    for (size_t i = 0; i < count; i++) {
        double a = face(planes, count, i, FAR * greatest, &open);
        s.share[planes[i].facet] += a;
        whole += a;
    }
    free(planes);
    if (open || !(whole > 0)) {
        free(s.share);
        return itp_fail(err, ITP_ESCIENTIFIC,
                        "these facets do not close a body; correction: raise miller");
    }
    for (size_t i = 0; i < n; i++) {
        s.share[i] /= whole;
        s.mean += s.share[i] * energies[i];
        square += s.share[i] * energies[i] * energies[i];
        s.largest = fmax(s.largest, s.share[i]);
    }
    s.anisotropy = sqrt(fmax(0, square - s.mean * s.mean)) / s.mean;
    *out = s;
    return ITP_OK;
}

itp_status wulff_write(const char *path, const wulff_shape *shape, const itp_miller *facets,
                       const double *energies)
{
    FILE *out = fopen(path, "w");
    if (!out) return ITP_EIO;
    fputs("h,k,l,surface_energy,share\n", out);
    for (size_t i = 0; i < shape->n; i++)
        fprintf(out, "%d,%d,%d,%.6g,%.6g\n", facets[i].h[0], facets[i].h[1], facets[i].h[2],
                energies[i], shape->share[i]);
    return fclose(out) == 0 ? ITP_OK : ITP_EIO;
}

void wulff_deinit(wulff_shape *shape)
{
    free(shape->share);
    shape->share = NULL;
}
