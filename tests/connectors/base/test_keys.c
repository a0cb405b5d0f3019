/* test_keys.c - key pairs, their files, and which of them goes to which agent.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys.h"
#include "private.h"
#include "suite.h"

typedef struct place {
    char folder[64], file[96];
} place;

static void set_up(place *p)
{
    strcpy(p->folder, "/tmp/itp_keys_XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p->folder)); /* mode 0700 */
    snprintf(p->file, sizeof p->file, "%s/lab.key", p->folder);
}

static void tear_down(place *p)
{
    unlink(p->file);
    CU_ASSERT_EQUAL(rmdir(p->folder), 0);
}

static void text(const char *path, const char *content, mode_t mode)
{
    FILE *file = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(content, file);
    fclose(file);
    CU_ASSERT_EQUAL(chmod(path, mode), 0);
}

/* The pair of ZeroMQ's own documentation (zmq_curve_keypair(3), zmq_curve(7)): same Z85, same
 * curve. */
static const char PUBLIC[] = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
static const char SECRET[] = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";

static void a_pair_of_libzmq_reads_as_a_pair(void)
{
    place p;
    char content[256];
    itp_keys keys;
    itp_error err = {0};
    set_up(&p);
    snprintf(content, sizeof content, "name lab\npublic %s\nsecret %s\n", PUBLIC, SECRET);
    text(p.file, content, 0600);
    CU_ASSERT_EQUAL(itp_keys_read(&keys, p.file, &err), ITP_OK);
    CU_ASSERT_STRING_EQUAL(keys.public_key, PUBLIC);
    content[strlen(content) - 2] ^= 1; /* one character of the secret */
    text(p.file, content, 0600);
    CU_ASSERT_EQUAL(itp_keys_read(&keys, p.file, &err), ITP_EPARSE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "not a pair"));
    tear_down(&p);
}

static void what_is_written_reads_the_same(void)
{
    place p;
    itp_keys made, read;
    struct stat info;
    set_up(&p);
    CU_ASSERT_EQUAL_FATAL(itp_keys_make(&made, "lab-pc", NULL), ITP_OK);
    made.n_agents = 1;
    strcpy(made.agents[0].endpoint, "tcp://head:5577");
    strcpy(made.agents[0].key, PUBLIC);
    CU_ASSERT_EQUAL(itp_keys_write(&made, p.file, NULL), ITP_OK);
    CU_ASSERT_EQUAL(stat(p.file, &info), 0);
    CU_ASSERT_EQUAL(info.st_mode & 0777, 0600);
    CU_ASSERT_EQUAL(itp_keys_read(&read, p.file, NULL), ITP_OK);
    CU_ASSERT_EQUAL(memcmp(&made, &read, sizeof made), 0);
    CU_ASSERT_EQUAL(itp_keys_write(&made, p.file, NULL), ITP_EEXISTS);
    itp_keys_wipe(&read);
    CU_ASSERT_EQUAL(read.secret_key[0], '\0');
    tear_down(&p);
}

static void a_key_that_others_may_read_is_refused_with_the_remedy(void)
{
    place p;
    itp_keys keys;
    itp_error err;
    char folder[256];
    set_up(&p);
    CU_ASSERT_EQUAL(itp_keys_make(&keys, "lab", NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_keys_write(&keys, p.file, NULL), ITP_OK);
    const mode_t open[] = {0640, 0604, 0660, 0601};
    for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
        CU_ASSERT_EQUAL(chmod(p.file, open[i]), 0);
        CU_ASSERT_EQUAL(itp_keys_read(&keys, p.file, &err), ITP_EREFUSED);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "chmod 600 "));
    }
    CU_ASSERT_EQUAL(chmod(p.folder, 0750), 0);
    CU_ASSERT_EQUAL(itp_keys_folder(folder, sizeof folder, p.folder, 0, &err), ITP_EREFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "chmod 700 "));
    char endpoint[128];
    snprintf(endpoint, sizeof endpoint, "ipc://%s/socket", p.folder);
    CU_ASSERT_EQUAL(itp_private_ipc(endpoint, &err), ITP_EREFUSED);
    CU_ASSERT_EQUAL(chmod(p.folder, 0700), 0);
    CU_ASSERT_EQUAL(itp_private_ipc(endpoint, &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_private_ipc("ipc://@abstract", &err), ITP_EREFUSED);
    tear_down(&p);
}

static void names_and_keys_are_checked(void)
{
    CU_ASSERT(itp_keys_is_name("lab-pc_2.b"));
    const char *const bad[] = {"", "agent", "local-1", "-x", ".x", "a b", "a/b", "a\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CU_ASSERT(!itp_keys_is_name(bad[i]));
    CU_ASSERT(itp_keys_is_public(PUBLIC));
    CU_ASSERT(!itp_keys_is_public("short"));
    /* 85^5 - 1 is more than 32 bits hold. */
    CU_ASSERT(!itp_keys_is_public("########################################"));
}

static void tcp_without_all_of_its_keys_says_which_command_makes_them(void)
{
    place p;
    itp_credentials c;
    itp_keys keys;
    itp_error err;
    set_up(&p);
    setenv("XDG_CONFIG_HOME", p.folder, 1);
    CU_ASSERT_EQUAL(itp_credentials_find(&c, "tcp://head:1", NULL, NULL, &err), ITP_EREFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "interphase enrol"));
    CU_ASSERT_EQUAL(itp_keys_make(&keys, "lab", NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_keys_write(&keys, p.file, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_credentials_find(&c, "tcp://head:1", p.file, NULL, &err), ITP_EREFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "--server-key"));
    CU_ASSERT_EQUAL(itp_credentials_find(&c, "tcp://head:1", p.file, PUBLIC, &err), ITP_OK);
    CU_ASSERT_STRING_EQUAL(c.server_key, PUBLIC);
    CU_ASSERT_EQUAL(itp_credentials_find(&c, "udp://head:1", p.file, PUBLIC, &err), ITP_ENOTSUP);
    unlink(p.file);
    keys.n_agents = 1;
    strcpy(keys.agents[0].endpoint, "tcp://head:5577");
    strcpy(keys.agents[0].key, PUBLIC);
    CU_ASSERT_EQUAL(itp_keys_write(&keys, p.file, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_credentials_find(&c, NULL, p.file, NULL, &err), ITP_OK);
    CU_ASSERT_STRING_EQUAL(c.endpoint, "tcp://head:5577");
    CU_ASSERT_EQUAL(itp_credentials_find(&c, "tcp://head:7", p.file, NULL, &err), ITP_OK);
    CU_ASSERT_STRING_EQUAL(c.server_key, PUBLIC); /* same host, same user, same key */
    CU_ASSERT_EQUAL(itp_credentials_find(&c, "tcp://other:7", p.file, NULL, &err), ITP_EREFUSED);
    unsetenv("XDG_CONFIG_HOME");
    tear_down(&p);
}

int main(void)
{
    CU_TestInfo tests[] = {{"a pair of libzmq reads as a pair", a_pair_of_libzmq_reads_as_a_pair},
                           {"what is written reads the same", what_is_written_reads_the_same},
                           {"a key that others may read is refused with the remedy",
                            a_key_that_others_may_read_is_refused_with_the_remedy},
                           {"names and keys are checked", names_and_keys_are_checked},
                           {"TCP without all of its keys says which command makes them",
                            tcp_without_all_of_its_keys_says_which_command_makes_them},
                           CU_TEST_INFO_NULL};
    return suite_run("connectors/base/keys", tests);
}
