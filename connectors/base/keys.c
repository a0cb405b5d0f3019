/* keys.c - see keys.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "private.h"

/* --- Z85, github.com/zeromq/rfc, 32 -----------------------------------------------------------
 */

static const char Z85[] =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

static void z85_encode(const unsigned char bytes[ITP_Z85_BYTES], char out[ITP_Z85_TEXT])
{
    for (size_t i = 0; i < ITP_Z85_BYTES / 4; i++) {
        uint32_t word = 0;
        for (size_t k = 0; k < 4; k++) word = word << 8 | bytes[4 * i + k];
        for (size_t k = 5; k-- > 0; word /= 85) out[5 * i + k] = Z85[word % 85];
    }
    out[ITP_Z85_TEXT - 1] = '\0';
}

static int z85_decode(const char *text, unsigned char bytes[ITP_Z85_BYTES])
{
    if (strlen(text) != ITP_Z85_TEXT - 1) return 0;
    for (size_t i = 0; i < ITP_Z85_BYTES / 4; i++) {
        uint64_t word = 0;
        for (size_t k = 0; k < 5; k++) {
            const char *digit = strchr(Z85, text[5 * i + k]);
            if (!digit) return 0;
            word = word * 85 + (uint64_t)(digit - Z85);
        }
        if (word > UINT32_MAX) return 0;
        for (size_t k = 4; k-- > 0; word >>= 8) bytes[4 * i + k] = (unsigned char)word;
    }
    return 1;
}

/* --- Keys and names ---------------------------------------------------------------------------
 */

int itp_keys_is_public(const char *text)
{
    unsigned char bytes[ITP_Z85_BYTES];
    return z85_decode(text, bytes);
}

int itp_keys_is_name(const char *text)
{
    size_t n = strlen(text);
    if (n < 1 || n >= ITP_KEYS_NAME || *text == '.' || *text == '-') return 0;
    if (strcmp(text, "agent") == 0 || strncmp(text, "local-", 6) == 0) return 0;
    return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

itp_status itp_keys_make(itp_keys *out, const char *name, itp_error *err)
{
    unsigned char public_key[ITP_Z85_BYTES], secret_key[ITP_Z85_BYTES];
    if (sodium_init() < 0) return itp_fail(err, ITP_EIO, "no random numbers from the system");
    crypto_box_keypair(public_key, secret_key);
    *out = (itp_keys){0};
    snprintf(out->name, sizeof out->name, "%s", name);
    z85_encode(public_key, out->public_key);
    z85_encode(secret_key, out->secret_key);
    sodium_memzero(secret_key, sizeof secret_key);
    return ITP_OK;
}

void itp_keys_wipe(itp_keys *keys)
{
    sodium_memzero(keys->secret_key, sizeof keys->secret_key);
}

/* 1 when the public half belongs to the secret one. */
static int is_pair(const itp_keys *keys)
{
    unsigned char secret_key[ITP_Z85_BYTES], public_key[ITP_Z85_BYTES];
    char text[ITP_Z85_TEXT];
    if (!z85_decode(keys->secret_key, secret_key)) return 0;
    int same = crypto_scalarmult_base(public_key, secret_key) == 0;
    sodium_memzero(secret_key, sizeof secret_key);
    z85_encode(public_key, text);
    return same && strcmp(text, keys->public_key) == 0;
}

/* --- Files ------------------------------------------------------------------------------------
 */

/* One line into keys; 0 when it is none that we know. */
static int read_line(itp_keys *keys, char *line)
{
    char *rest, *word = strtok_r(line, " \t\n", &rest);
    if (!word || *word == '#') return 1;
    char *value = strtok_r(NULL, " \t\n", &rest), *more = strtok_r(NULL, " \t\n", &rest);
    if (!value) return 0;
    if (strcmp(word, "name") == 0 && strlen(value) < sizeof keys->name && !more) {
        strcpy(keys->name, value);
    } else if (strcmp(word, "public") == 0 && itp_keys_is_public(value) && !more) {
        strcpy(keys->public_key, value);
    } else if (strcmp(word, "secret") == 0 && itp_keys_is_public(value) && !more) {
        strcpy(keys->secret_key, value);
    } else if (strcmp(word, "agent") == 0 && more && itp_keys_is_public(more) &&
               strlen(value) < ITP_ENDPOINT_TEXT && keys->n_agents < ITP_KEYS_AGENTS) {
        itp_key_agent *agent = &keys->agents[keys->n_agents++];
        strcpy(agent->endpoint, value);
        strcpy(agent->key, more);
    } else {
        return 0;
    }
    return 1;
}

itp_status itp_keys_read(itp_keys *out, const char *path, itp_error *err)
{
    FILE *file;
    char line[512];
    itp_keys keys = {0};
    itp_status st = itp_private_open(path, 077, &file, err);
    if (st != ITP_OK) return st;
    for (int number = 1; st == ITP_OK && fgets(line, sizeof line, file); number++)
        if (!read_line(&keys, line))
            st = itp_fail(err, ITP_EPARSE, "key file %s:%d: expected name, public, secret or agent",
                          path, number);
    fclose(file);
    sodium_memzero(line, sizeof line);
    if (st == ITP_OK && !is_pair(&keys))
        st = itp_fail(err, ITP_EPARSE, "key file %s: public and secret key are not a pair", path);
    if (st == ITP_OK) *out = keys;
    itp_keys_wipe(&keys);
    return st;
}

itp_status itp_keys_write(const itp_keys *keys, const char *path, itp_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return itp_fail(err, errno == EEXIST ? ITP_EEXISTS : ITP_EIO, "key file %s: %s", path,
                        errno == EEXIST ? "exists already; remove it first" : strerror(errno));
    FILE *file = fdopen(fd, "w");
    if (!file) {
        close(fd);
        return itp_fail(err, ITP_ENOMEM, "key file %s", path);
    }
    fprintf(file, "# A key of interphase. Whoever has this file is %s: keep it at mode 0600.\n",
            keys->name);
    fprintf(file, "name %s\npublic %s\nsecret %s\n", keys->name, keys->public_key,
            keys->secret_key);
    for (size_t i = 0; i < keys->n_agents; i++)
        fprintf(file, "agent %s %s\n", keys->agents[i].endpoint, keys->agents[i].key);
    int bad = fflush(file) != 0 || fsync(fd) != 0;
    if (fclose(file) != 0 || bad) {
        unlink(path);
        return itp_fail(err, ITP_EIO, "key file %s: cannot be written", path);
    }
    return ITP_OK;
}

/* Makes a folder and those above it, for their owner only. */
static int make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int failed = mkdir(path, 0700) != 0 && errno != EEXIST;
        *slash = '/';
        if (failed) return 0;
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

itp_status itp_keys_folder(char *out, size_t size, const char *given, int make, itp_error *err)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int used;
    if (given)
        used = snprintf(out, size, "%s", given);
    else if (config && *config)
        used = snprintf(out, size, "%s/interphase/keys", config);
    else if (home && *home)
        used = snprintf(out, size, "%s/.config/interphase/keys", home);
    else
        return itp_fail(err, ITP_EINVAL, "no home folder for keys: set XDG_CONFIG_HOME");
    if (used < 1 || used >= (int)size)
        return itp_fail(err, ITP_EINVAL, "key folder: path is too long");
    if (make && !make_folders(out))
        return itp_fail(err, ITP_EIO, "key folder %s: %s", out, strerror(errno));
    return itp_private_folder("key folder", out, err);
}
