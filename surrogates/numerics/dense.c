/* dense.c - left-looking, panel by panel from the left, so that each result is summed in registers
 * over its whole length and may overwrite what no later panel needs.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "dense.h"

#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* panel[p] = column p of the rows of a (m x k, m <= ITP_PANEL): its transpose, padded by 0. */
static void pack_transposed(size_t m, size_t k, const double *a, size_t ld, double *panel)
{
    if (m < ITP_PANEL) memset(panel, 0, k * ITP_PANEL * sizeof *panel);
    for (size_t i = 0; i < m; i++)
        for (size_t p = 0; p < k; p++) panel[p * ITP_PANEL + i] = a[i * ld + p];
}

/* c -= a b' of the triangle on the diagonal: tiles write whole rows, so through a copy. */
static void update_triangle(const itp_tiles *tiles, size_t m, size_t k, double *l, size_t ld,
                            const double *panel, double *c)
{
    double t[ITP_PANEL * ITP_PANEL];
    tiles->add(m, k, l, ld, 1, panel, 0, 1, t, ITP_PANEL);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j <= i; j++) c[i * ld + j] -= t[i * ITP_PANEL + j];
}

itp_status itp_dense_factor(const itp_tiles *tiles, size_t n, double *l, size_t ld, double *panel)
{
    double inverse[ITP_PANEL] __attribute__((aligned(64)));
    for (size_t j = 0; j < n; j += ITP_PANEL) {
        size_t m = least(n - j, ITP_PANEL), below = j + m;
        double *row = l + j * ld;
        pack_transposed(m, j, row, ld, panel);
        if (j) update_triangle(tiles, m, j, row, ld, panel, row + j);
        if (!tiles->triangle(m, row + j, ld, panel + j * ITP_PANEL, inverse)) return ITP_ENOTPD;
        if (below < n)
            tiles->right(n - below, j, l + below * ld, ld, panel, inverse, l + below * ld + j, ld);
    }
    return ITP_OK;
}

/* Strip by strip over all panels: a strip of L then comes from the nearest cache but once. */
void itp_dense_solve(const itp_tiles *tiles, size_t n, const double *l, size_t ld, size_t panels,
                     double *b)
{
    for (size_t k = 0; k < n; k += ITP_STRIP)
        for (size_t p = 0; p < panels; p++)
            tiles->left(least(n - k, ITP_STRIP), k, l + k * ld, ld, b + p * n * ITP_PANEL);
}

/* The panel of L^-1 whose first column is j: rows j .. n-1; above them it is 0. */
static void invert_panel(const itp_tiles *tiles, size_t n, size_t j, const double *l, size_t ld,
                         double *panel)
{
    size_t m = least(n - j, ITP_PANEL);
    memset(panel, 0, (n - j) * ITP_PANEL * sizeof *panel);
    for (size_t c = 0; c < m; c++) panel[c * ITP_PANEL + c] = 1;
    tiles->left(n - j, 0, l + j * ld + j, ld, panel);
}

void itp_dense_inverse_diag(const itp_tiles *tiles, size_t n, const double *l, size_t ld,
                            double *panel, double *diag)
{
    for (size_t j = 0; j < n; j += ITP_PANEL) {
        double sum[ITP_PANEL] = {0};
        invert_panel(tiles, n, j, l, ld, panel);
        for (size_t i = 0; i < n - j; i++)
            for (size_t c = 0; c < ITP_PANEL; c++)
                sum[c] += panel[i * ITP_PANEL + c] * panel[i * ITP_PANEL + c];
        memcpy(diag + j, sum, least(n - j, ITP_PANEL) * sizeof *sum);
    }
}

void itp_dense_invert(const itp_tiles *tiles, size_t n, double *l, size_t ld, double *panel)
{
    for (size_t j = 0; j < n; j += ITP_PANEL) {
        size_t m = least(n - j, ITP_PANEL);
        double *corner = l + j * ld + j;
        invert_panel(tiles, n, j, l, ld, panel);
        for (size_t i = 0; i < n - j; i++)
            memcpy(corner + i * ld, panel + i * ITP_PANEL, least(i + 1, m) * sizeof *corner);
    }
}

static void pack_row(size_t m, const double *from, double *panel, size_t p)
{
    double *to = panel + p * ITP_PANEL;
    for (size_t c = m; c < ITP_PANEL; c++) to[c] = 0;
    if (m == ITP_PANEL)
        memcpy(to, from, ITP_PANEL * sizeof *to);
    else
        memcpy(to, from, m * sizeof *to);
}

void itp_dense_square(const itp_tiles *tiles, size_t n, double *x, size_t ld, double *panel)
{
    for (size_t j = 0; j < n; j += ITP_PANEL) {
        size_t m = least(n - j, ITP_PANEL), rows = n - j;
        double *corner = x + j * ld + j;
        for (size_t p = 0; p < rows; p++) pack_row(least(p + 1, m), corner + p * ld, panel, p);
        for (size_t i = 0; i < rows; i += ITP_STRIP) {
            /* The strip's own triangle first, without what stands above its diagonal. */
            double own[ITP_STRIP * ITP_STRIP], sum[ITP_STRIP * ITP_PANEL];
            size_t strip = least(rows - i, ITP_STRIP), more = rows - i - strip;
            const double *at = panel + i * ITP_PANEL;
            for (size_t p = 0; p < strip; p++)
                for (size_t r = 0; r < strip; r++)
                    own[p * ITP_STRIP + r] = r <= p ? corner[(i + p) * ld + i + r] : 0;
            tiles->add(strip, strip, own, 1, ITP_STRIP, at, 0, 1, sum, ITP_PANEL);
            if (more)
                tiles->add(strip, more, corner + (i + strip) * ld + i, 1, ld,
                           at + strip * ITP_PANEL, 1, 1, sum, ITP_PANEL);
            for (size_t r = 0; r < strip; r++)
                memcpy(corner + (i + r) * ld, sum + r * ITP_PANEL,
                       least(i + r + 1, m) * sizeof *sum);
        }
    }
}
