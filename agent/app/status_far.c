/* status_far.c - interphase status over TCP: what the agent says of itself.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "app.h"
#include "clock.h"
#include "remote.h"
#include "say.h"

static long long number(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static void print(const json_t *s)
{
    size_t i;
    const json_t *r;
    char at[ITP_CLOCK_TEXT];
    const char *reason = text(s, "reason");
    printf("campaign  %s: %s%s%s\n", text(s, "campaign"), text(s, "state"), *reason ? ", " : "",
           reason);
    printf("trials    %lld: %lld measured, %lld failed, %lld infeasible, %lld abandoned, %lld "
           "pending\n",
           number(s, "trials"), number(s, "measured"), number(s, "failed"), number(s, "infeasible"),
           number(s, "abandoned"), number(s, "pending"));
    printf("requests  %lld queued, %lld running, %lld held; workers %lld with %lld slots\n",
           number(s, "queued"), number(s, "running"), number(s, "held"), number(s, "workers"),
           number(s, "slots"));
    json_array_foreach(json_object_get(s, "open"), i, r)
    {
        const char *worker = text(r, "worker");
        printf("  request %lld  trial %lld  %-16s %s  %s%s since %s\n", number(r, "request"),
               number(r, "trial"), text(r, "task"), text(r, "state"), *worker ? "at " : "", worker,
               itp_clock_text(number(r, "since_ms"), at));
        if (*text(r, "why")) printf("      %s\n", text(r, "why"));
    }
}

int app_status_far(const char *place, int as_json)
{
    char *answer;
    itp_error err = {0};
    itp_status st = itp_say(place, NULL, "{\"verb\":\"status\"}", &answer, &err);
    if (st != ITP_OK) return app_fail(st, &err);
    json_t *account = json_loads(answer, 0, NULL);
    if (as_json)
        puts(answer);
    else
        print(account);
    json_decref(account);
    free(answer);
    return EXIT_FINISHED;
}
