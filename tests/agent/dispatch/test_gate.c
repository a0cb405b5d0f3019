/* test_gate.c - the allow-list, what each role may say, under which name a key is known, and which
 * refusals are logged. SPDX-License-Identifier: GPL-3.0-or-later */
#include "suite.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec.h"
#include "gate.h"
#include "refusals.h"

static const char KEY_A[] = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
static const char KEY_B[] = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

static void write_list(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
    CU_ASSERT_EQUAL(chmod(path, mode), 0);
}

static void the_list_is_read_again_when_it_changes(void)
{
    char folder[] = "/tmp/itp_gate_XXXXXX", path[64], text[300];
    itp_allowed list = {0};
    itp_error err;
    int changed;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/allowed", folder);
    CU_ASSERT_EQUAL(itp_allowed_refresh(&list, path, &changed, &err), ITP_OK);
    CU_ASSERT_EQUAL(list.n, 0); /* no file, nobody */
    const itp_allowed_key a = {"lab", "", "from the lab", ITP_ROLE_COMPUTE | ITP_ROLE_OBSERVE};
    itp_allowed_key entry = a;
    strcpy(entry.key, KEY_A);
    CU_ASSERT_EQUAL(itp_allowed_put(path, &entry, &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_allowed_refresh(&list, path, &changed, &err), ITP_OK);
    CU_ASSERT(changed);
    CU_ASSERT_EQUAL(list.n, 1);
    CU_ASSERT_EQUAL(itp_allowed_find(&list, KEY_A)->roles, a.roles);
    CU_ASSERT_STRING_EQUAL(itp_allowed_find(&list, KEY_A)->remark, "from the lab");
    CU_ASSERT_PTR_NULL(itp_allowed_find(&list, KEY_B));
    CU_ASSERT_EQUAL(itp_allowed_refresh(&list, path, &changed, &err), ITP_OK);
    CU_ASSERT(!changed);
    /* A typing error leaves the list as it was, and says where. */
    snprintf(text, sizeof text, "# remark\nlab compute,observe %s\nother boss %s\n", KEY_A, KEY_B);
    write_list(path, text, 0600);
    CU_ASSERT_EQUAL(itp_allowed_refresh(&list, path, &changed, &err), ITP_EPARSE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "allowed:3"));
    CU_ASSERT_EQUAL(list.n, 1);
    /* A file that others may change admits nobody. */
    snprintf(text, sizeof text, "lab compute %s\n", KEY_A);
    write_list(path, text, 0620);
    CU_ASSERT_EQUAL(itp_allowed_refresh(&list, path, &changed, &err), ITP_EREFUSED);
    CU_ASSERT_EQUAL(list.n, 0);
    CU_ASSERT_EQUAL(chmod(path, 0600), 0);
    CU_ASSERT_EQUAL(itp_allowed_refresh(&list, path, &changed, &err), ITP_OK);
    CU_ASSERT_EQUAL(list.n, 1);
    CU_ASSERT_EQUAL(itp_allowed_remove(path, "lab", &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_allowed_remove(path, "lab", &err), ITP_ENOTFOUND);
    CU_ASSERT_EQUAL(itp_allowed_refresh(&list, path, &changed, &err), ITP_OK);
    CU_ASSERT_EQUAL(list.n, 0);
    itp_allowed_deinit(&list);
    unlink(path);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
}

/* A peer with key A under these roles. */
typedef struct bench {
    itp_allowed_key entry;
    itp_allowed list;
    itp_peer peer;
    itp_gate gate;
} bench;

static void set_up(bench *b, unsigned roles)
{
    *b = (bench){.entry = {.name = "lab", .roles = roles}};
    strcpy(b->entry.key, KEY_A);
    strcpy(b->peer.key, KEY_A);
    b->list = (itp_allowed){.items = &b->entry, .n = 1};
    b->gate = (itp_gate){NULL, "campaign@1", &b->list};
}

static itp_verdict register_as(bench *b, itp_class cls)
{
    const itp_roster roster = {.cls = cls};
    const char *why;
    itp_message m;
    itp_message_init(&m, ITP_VERB_REGISTER);
    m.worker = "w";
    m.roster = &roster;
    return itp_gate_frame(&b->gate, &b->peer, &m, &why);
}

static void roles_say_who_may_register_what(void)
{
    const struct {
        unsigned roles;
        itp_verdict repeatable, physical;
    } expected[] = {{ITP_ROLE_COMPUTE, ITP_PASS, ITP_DROP},
                    {ITP_ROLE_STATION, ITP_PASS, ITP_PASS},
                    {ITP_ROLE_OPERATE, ITP_DROP, ITP_DROP},
                    {ITP_ROLE_OBSERVE, ITP_DROP, ITP_DROP},
                    {ITP_ROLES_ALL, ITP_PASS, ITP_PASS}};
    bench b;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        set_up(&b, expected[i].roles);
        CU_ASSERT_EQUAL(register_as(&b, ITP_REPEATABLE), expected[i].repeatable);
        CU_ASSERT_EQUAL(register_as(&b, ITP_PHYSICAL), expected[i].physical);
    }
    set_up(&b, ITP_ROLES_ALL);
    strcpy(b.peer.key, KEY_B); /* admitted when it came, not any more */
    CU_ASSERT_EQUAL(register_as(&b, ITP_REPEATABLE), ITP_DROP);
    b.peer.key[0] = '\0'; /* ipc */
    CU_ASSERT_EQUAL(register_as(&b, ITP_PHYSICAL), ITP_PASS);
}

static void what_agents_say_breaks_the_protocol(void)
{
    static const itp_verb THEIRS[] = {ITP_VERB_WELCOME, ITP_VERB_REREGISTER, ITP_VERB_OFFER,
                                      ITP_VERB_START,   ITP_VERB_QUERY,      ITP_VERB_CANCEL,
                                      ITP_VERB_PAUSE,   ITP_VERB_RESUME,     ITP_VERB_RESULT_ACK};
    bench b;
    const char *why;
    itp_message m;
    set_up(&b, ITP_ROLES_ALL);
    for (size_t i = 0; i < sizeof THEIRS / sizeof *THEIRS; i++) {
        itp_message_init(&m, THEIRS[i]);
        CU_ASSERT_EQUAL(itp_gate_frame(&b.gate, &b.peer, &m, &why), ITP_DROP);
    }
}

static void people_need_a_role_for_their_verbs(void)
{
    static const char *const VERBS[] = {"pause", "resume",  "cancel", "retract",
                                        "ask",   "resolve", "tell",   ""};
    bench b;
    const char *why;
    for (size_t i = 0; i < sizeof VERBS / sizeof *VERBS; i++) {
        set_up(&b, ITP_ROLE_OPERATE);
        CU_ASSERT_EQUAL(itp_gate_word(&b.gate, KEY_A, VERBS[i], &why), ITP_PASS);
        CU_ASSERT_EQUAL(itp_gate_word(&b.gate, KEY_B, VERBS[i], &why), ITP_REFUSE);
        set_up(&b, ITP_ROLE_COMPUTE | ITP_ROLE_STATION | ITP_ROLE_OBSERVE);
        CU_ASSERT_EQUAL(itp_gate_word(&b.gate, KEY_A, VERBS[i], &why), ITP_REFUSE);
    }
    CU_ASSERT_EQUAL(itp_gate_word(&b.gate, KEY_A, "status", &why), ITP_PASS);
    set_up(&b, ITP_ROLE_COMPUTE | ITP_ROLE_STATION);
    CU_ASSERT_EQUAL(itp_gate_word(&b.gate, KEY_A, "status", &why), ITP_REFUSE);
}

static void a_key_is_known_by_its_own_name(void)
{
    bench b;
    char name[ITP_GATE_NAME];
    set_up(&b, ITP_ROLE_COMPUTE);
    CU_ASSERT_STRING_EQUAL(itp_gate_name(&b.gate, &b.peer, "lab", name), "lab");
    CU_ASSERT_STRING_EQUAL(itp_gate_name(&b.gate, &b.peer, "lab/2", name), "lab/2");
    CU_ASSERT_STRING_EQUAL(itp_gate_name(&b.gate, &b.peer, "lab-pc", name), "lab/lab-pc");
    CU_ASSERT_STRING_EQUAL(itp_gate_name(&b.gate, &b.peer, "local-1", name), "lab/local-1");
    b.peer.key[0] = '\0';
    CU_ASSERT_STRING_EQUAL(itp_gate_name(&b.gate, &b.peer, "local-1", name), "local-1");
}

static void a_refusal_is_logged_once_and_strangers_cannot_fill_the_disk(void)
{
    itp_refusals refusals = {0};
    unsigned unsaid, lines = 0;
    char peer[32];
    CU_ASSERT(itp_refusals_say(&refusals, "a", "key", 1000, &unsaid));
    for (int i = 0; i < 100; i++)
        CU_ASSERT(!itp_refusals_say(&refusals, "a", "key", 1001 + i, &unsaid));
    CU_ASSERT(itp_refusals_say(&refusals, "a", "role", 2000, &unsaid));
    CU_ASSERT_EQUAL(unsaid, 100);
    CU_ASSERT(itp_refusals_say(&refusals, "a", "key", 1001 + ITP_REFUSALS_AGAIN, &unsaid));
    refusals = (itp_refusals){0};
    for (int i = 0; i < 10000; i++) { /* as many strangers, in one minute */
        snprintf(peer, sizeof peer, "stranger %d", i);
        lines += (unsigned)itp_refusals_say(&refusals, peer, "key", 100000 + i, &unsaid);
    }
    CU_ASSERT_EQUAL(lines, ITP_REFUSALS_MINUTE);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"the list is read again when it changes", the_list_is_read_again_when_it_changes},
        {"roles say who may register what", roles_say_who_may_register_what},
        {"what agents say breaks the protocol", what_agents_say_breaks_the_protocol},
        {"people need a role for their verbs", people_need_a_role_for_their_verbs},
        {"a key is known by its own name", a_key_is_known_by_its_own_name},
        {"a refusal is logged once, and strangers cannot fill the disk",
         a_refusal_is_logged_once_and_strangers_cannot_fill_the_disk},
        CU_TEST_INFO_NULL};
    return suite_run("agent/dispatch/gate", tests);
}
