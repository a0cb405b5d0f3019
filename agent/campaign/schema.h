/* schema.h - reading the campaign's tree by tables: which keys a map may have, what each holds.
 *   Every reader reports what is wrong where it is and goes on, so that one run finds all errors.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SCHEMA_H
#define ITP_SCHEMA_H

#include "units.h"
#include "yaml.h"

/* What every reader works with. */
typedef struct schema {
    const char *file, *text; /* of the campaign file */
    itp_arena *arena;        /* of what is read */
    finding_list *findings;
    itp_units *units;
} schema;

/* One key of a map. */
typedef struct key_rule {
    const char *name;
    int required;
} key_rule;

/* A word with a meaning. */
typedef struct choice_rule {
    const char *name;
    int value;
} choice_rule;

typedef enum number_kind {
    NUMBER_ANY,
    NUMBER_POSITIVE,
    NUMBER_NOT_NEGATIVE,
    NUMBER_SHARE /* 0 .. 1; "95 %" is 0.95 */
} number_kind;

/* --- Findings -----------------------------------------------------------------------------------
 */
span schema_span(const schema *s, const yaml_node *node);
/* Bytes at .. at + length of a scalar's text, as near as the file allows. */
span schema_part(const schema *s, const yaml_node *node, size_t at, size_t length);
#ifdef __GNUC__
__attribute__((format(printf, 4, 5)))
#endif
void
schema_error(const schema *s, const yaml_node *node, const char *hint, const char *format, ...);
#ifdef __GNUC__
__attribute__((format(printf, 4, 5)))
#endif
void
schema_warning(const schema *s, const yaml_node *node, const char *hint, const char *format, ...);
/* "did you mean "X"?" in the arena, or NULL. */
const char *schema_hint(const schema *s, const char *word, size_t n, const char *const *words);

/* --- Maps and lists ------------------------------------------------------------------------------
 */
/* Sorts a map's values into `slots` by the rules (NULL where absent); reports a node that is no
 * map, unknown keys with the nearest spelling and all that is allowed, and required ones that are
 * missing. `what` names the map in messages ("parameter c1"). 0 when it is no map. */
int schema_map(const schema *s, const yaml_node *node, const char *what, size_t n,
               const key_rule *rules, const yaml_node **slots);
/* Reports a node of another kind; 1 when it is right. */
int schema_expect(const schema *s, const yaml_node *node, node_kind kind, const char *what);

/* --- Scalars: each reports and returns 0 when it is not what it should be; *out is then untouched
 */
int schema_text(const schema *s, const yaml_node *node, const char *what, const char **out);
/* A name of a campaign, parameter, task, ...: 1 to 64 bytes without control characters. */
int schema_name(const schema *s, const yaml_node *node, const char *what, const char **out);
int schema_number(const schema *s, const yaml_node *node, const char *what, number_kind kind,
                  double *out);
/* A whole number from `least` on. */
int schema_count(const schema *s, const yaml_node *node, const char *what, uint64_t least,
                 uint64_t *out);
int schema_choice(const schema *s, const yaml_node *node, const char *what, size_t n,
                  const choice_rule *rules, int *out);
int schema_flag(const schema *s, const yaml_node *node, const char *what, int *out);
/* A unit by itself. */
int schema_unit(const schema *s, const yaml_node *node, const char **out);
/* "NUMBER UNIT" converted to `unit`; a bare number only where unit is "1". */
int schema_quantity(const schema *s, const yaml_node *node, const char *what, const char *unit,
                    double *out);
/* The same for a part of a scalar's text. */
int schema_quantity_part(const schema *s, const yaml_node *node, size_t at, size_t length,
                         const char *what, const char *unit, double *out);
/* The same for a difference of two values: an offset between units does not enter. */
int schema_difference(const schema *s, const yaml_node *node, const char *what, const char *unit,
                      double *out);
/* "10 min" in seconds, > 0; or `none`, INFINITY, where that is allowed. */
int schema_duration(const schema *s, const yaml_node *node, const char *what, int none_allowed,
                    double *out);

/* 1 for a missing, empty or `null` value. */
int schema_is_null(const yaml_node *node);
int schema_is(const yaml_node *node, const char *word);
/* A decimal number with an optional sign at the start of text; its length, 0 when there is none. */
size_t schema_scan_number(const char *text, double *out);

#endif
