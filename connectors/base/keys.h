/* keys.h - key pairs for CURVE, the files that hold them, and which one to use for an agent.
 *   A key is 32 bytes, written in Z85 (ZeroMQ RFC 32) as 40 characters. A key file is text, mode
 * 0600, one word a line and its value; enrolment writes it, people may read it:
 *     name lab-pc
 *     public rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7
 *     secret JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6
 *     agent tcp://head:5577 Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID
 * `agent` (none, one or more) says where an agent listens and which public key it answers with.
 *   The key folder is XDG_CONFIG_HOME/interphase/keys, or ~/.config/interphase/keys, mode 0700.
 * Threads     any          SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_KEYS_H
#define ITP_KEYS_H

#include <stddef.h>

#include "interphase/status.h"

#define ITP_Z85_BYTES     32
#define ITP_Z85_TEXT      41 /* Z85 and a NUL */
#define ITP_KEYS_NAME     61 /* a key's name and a NUL */
#define ITP_ENDPOINT_TEXT 256
#define ITP_KEYS_AGENTS   8
#define ITP_PORT          5577 /* where an agent listens unless told otherwise */

typedef struct itp_key_agent {
    char endpoint[ITP_ENDPOINT_TEXT];
    char key[ITP_Z85_TEXT]; /* its public key */
} itp_key_agent;

typedef struct itp_keys {
    char name[ITP_KEYS_NAME];
    char public_key[ITP_Z85_TEXT], secret_key[ITP_Z85_TEXT];
    itp_key_agent agents[ITP_KEYS_AGENTS];
    size_t n_agents;
} itp_keys;

/* 1 for 40 characters of Z85 that are 32 bytes; 1 for letters, digits, '.', '_' and '-', not
 * beginning with '.' or '-', and not one of the agent's own names (agent, local-...). */
int itp_keys_is_public(const char *text);
int itp_keys_is_name(const char *text);

/* Draws a new pair. */
itp_status itp_keys_make(itp_keys *out, const char *name, itp_error *err);
/* Overwrites the secret. */
void itp_keys_wipe(itp_keys *keys);

/* Reads a key file and checks that the pair is one. ITP_EREFUSED with the remedy when others may
 * read it; ITP_ENOTFOUND, ITP_EPARSE. */
itp_status itp_keys_read(itp_keys *out, const char *path, itp_error *err);
/* Writes a new file, mode 0600. ITP_EEXISTS: there is one already; it is left alone. */
itp_status itp_keys_write(const itp_keys *keys, const char *path, itp_error *err);

/* The key folder (given: instead of the usual one; may be NULL), made when `make` is 1. */
itp_status itp_keys_folder(char *out, size_t size, const char *given, int make, itp_error *err);

/* What it takes to speak to one agent. */
typedef struct itp_credentials {
    char endpoint[ITP_ENDPOINT_TEXT];
    itp_keys keys;                 /* unused over ipc */
    char server_key[ITP_Z85_TEXT]; /* "" over ipc */
} itp_credentials;

/* Puts together what a user has said and what key files know.
 *   endpoint    NULL: the one that the key file names
 *   key         path, or name of a file in the key folder; NULL: a key there that knows the agent
 *   server_key  Z85 text, or path of a file that holds it; NULL: what the key file says
 * ipc needs the folder to be private and nothing else; tcp needs all. ITP_EREFUSED and others say
 * what is missing and which command makes it. */
itp_status itp_credentials_find(itp_credentials *out, const char *endpoint, const char *key,
                                const char *server_key, itp_error *err);

#endif
