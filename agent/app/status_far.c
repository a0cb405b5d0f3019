/* status_far.c - interphase status over TCP: the agent has the same program look, on its side.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <stdlib.h>

#include "app.h"
#include "remote.h"
#include "say.h"

int app_status_far(const char *place, const app_status_wish *wish)
{
    char *answer = NULL;
    itp_error err = {0};
    json_t *words =
        json_pack("{s:s, s:I, s:I, s:b}", "verb", "status", "request", (json_int_t)wish->request,
                  "why", (json_int_t)wish->why, "json", wish->json);
    char *text = json_dumps(words, JSON_COMPACT);
    itp_status st = text ? itp_say(place, NULL, text, &answer, &err) : ITP_ENOMEM;
    json_t *said = answer ? json_loads(answer, 0, NULL) : NULL;
    const char *account = json_string_value(json_object_get(said, "text"));
    if (account) fputs(account, stdout);
    json_decref(said);
    free(answer);
    free(text);
    json_decref(words);
    return st == ITP_OK ? EXIT_FINISHED : app_fail(st, &err);
}
