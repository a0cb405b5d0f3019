/* registry.c - the models by name.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "model.h"

static const itp_model_class *const MODELS[] = {
    &ITP_MODEL_EXACT, &ITP_MODEL_ROBUST, &ITP_MODEL_VECCHIA, &ITP_MODEL_BAYES, &ITP_MODEL_SAAS};

/* Rows above which a fit of the exact model was measured to take longer than Vecchia's by more than
 * its answers are worth (bench_surrogates 4). */
enum { EXACT_MOST = 3000 };

const itp_model_class *itp_model_find(const char *name)
{
    for (size_t i = 0; i < sizeof MODELS / sizeof *MODELS; i++)
        if (strcmp(MODELS[i]->name, name) == 0) return MODELS[i];
    return NULL;
}

const itp_model_class *itp_model_choose(const itp_surrogate *s)
{
    if (strcmp(s->model_name, "auto") != 0) return itp_model_find(s->model_name);
    if (s->rows.n <= s->options.averaged) return &ITP_MODEL_BAYES;
    return s->rows.n > EXACT_MOST ? &ITP_MODEL_VECCHIA : &ITP_MODEL_EXACT;
}
