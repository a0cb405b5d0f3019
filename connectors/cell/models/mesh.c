/* mesh.c - weights by small linear systems: a cubic p(r) = sum a_k (r - r0)^k is asked to have the
 * given shell averages (r^2-weighted), and its a_0 or a_1 is read off as a combination of them.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "mesh.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Average of (r - origin)^k over the shell [a, b] with weight r^2, k = 0..3. */
static void moments(double a, double b, double origin, double m[4])
{
    /* Gauss-Legendre with four nodes is exact for (cubic)(r^2). */
    static const double X[4] = {-0.8611363115940526, -0.3399810435848563, 0.3399810435848563,
                                0.8611363115940526};
    static const double W[4] = {0.3478548451374538, 0.6521451548625461, 0.6521451548625461,
                                0.3478548451374538};
    double total = 0;
    memset(m, 0, 4 * sizeof *m);
    for (int q = 0; q < 4; q++) {
        double r = 0.5 * (a + b) + 0.5 * (b - a) * X[q], w = W[q] * r * r, power = 1;
        total += w;
        for (int k = 0; k < 4; k++, power *= r - origin) m[k] += w * power;
    }
    for (int k = 0; k < 4; k++) m[k] /= total;
}

/* Solves the transposed system, a' w = unit vector `row`: then w dot averages = coefficient a_row.
 * Gaussian elimination with pivoting on a scaled 4 x 4 matrix. */
static void weights(double a[4][4], int row, double w[4])
{
    double t[4][5];
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) t[i][j] = a[j][i];
        t[i][4] = i == row;
    }
    for (int k = 0; k < 4; k++) {
        int pivot = k;
        for (int i = k + 1; i < 4; i++)
            if (fabs(t[i][k]) > fabs(t[pivot][k])) pivot = i;
        for (int j = 0; j < 5; j++) {
            double swap = t[k][j];
            t[k][j] = t[pivot][j];
            t[pivot][j] = swap;
        }
        for (int i = 0; i < 4; i++) {
            if (i == k) continue;
            double factor = t[i][k] / t[k][k];
            for (int j = k; j < 5; j++) t[i][j] -= factor * t[k][j];
        }
    }
    for (int k = 0; k < 4; k++) w[k] = t[k][4] / t[k][k];
}

static void set_weights(itp_sphere *s, const double *r)
{
    double a[4][4], w[4];
    for (size_t i = 0; i + 1 < s->n; i++) {
        size_t first = i < 1 ? 0 : i - 1;
        if (first + 4 > s->n) first = s->n - 4;
        double scale = r[first + 4] - r[first]; /* keeps the small system well scaled */
        for (int k = 0; k < 4; k++)
            moments(r[first + (size_t)k] / scale, r[first + (size_t)k + 1] / scale,
                    r[i + 1] / scale, a[k]);
        weights(a, 1, w);
        s->first[i] = first;
        for (int k = 0; k < 4; k++) s->slope[i][k] = w[k] / scale;
    }
    double scale = 1 - r[s->n - 3];
    for (int k = 0; k < 3; k++)
        moments(r[s->n - 3 + (size_t)k] / scale, r[s->n - 2 + (size_t)k] / scale, 1 / scale, a[k]);
    a[3][0] = a[3][2] = a[3][3] = 0; /* the fourth condition: the slope at the surface */
    a[3][1] = 1;
    weights(a, 0, w);
    memcpy(s->surface, w, 3 * sizeof *w);
    s->surface_slope = w[3] * scale;
}

itp_status itp_sphere_init(itp_sphere *sphere, size_t n, double stretch)
{
    memset(sphere, 0, sizeof *sphere);
    double *r = malloc((n + 1) * sizeof *r);
    sphere->n = n;
    sphere->volume = malloc(n * sizeof *sphere->volume);
    sphere->area = malloc(n * sizeof *sphere->area);
    sphere->first = malloc(n * sizeof *sphere->first);
    sphere->slope = malloc(n * sizeof *sphere->slope);
    if (!r || !sphere->volume || !sphere->area || !sphere->first || !sphere->slope) {
        free(r);
        itp_sphere_deinit(sphere);
        return ITP_ENOMEM;
    }
    double width = 1, total = 0;
    r[0] = 0;
    for (size_t i = 0; i < n; i++, width /= stretch) r[i + 1] = total += width;
    for (size_t i = 1; i <= n; i++) r[i] /= total;
    r[n] = 1;
    for (size_t i = 0; i < n; i++) {
        sphere->volume[i] = (r[i + 1] * r[i + 1] * r[i + 1] - r[i] * r[i] * r[i]) / 3;
        sphere->area[i] = r[i + 1] * r[i + 1];
    }
    set_weights(sphere, r);
    free(r);
    return ITP_OK;
}

void itp_sphere_deinit(itp_sphere *sphere)
{
    free(sphere->volume);
    free(sphere->area);
    free(sphere->first);
    free(sphere->slope);
    memset(sphere, 0, sizeof *sphere);
}

void itp_slab_widths(size_t n, double length, double *width)
{
    for (size_t i = 0; i < n; i++) width[i] = length / (double)n;
}
