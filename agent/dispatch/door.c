/* door.c - see door.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "door.h"

#include <string.h>
#include <zmq.h>

#include "private.h"

#define ZAP_ENDPOINT     "inproc://zeromq.zap.01"
#define MONITOR_ENDPOINT "inproc://door.monitor"
#define DOMAIN           "interphase"

enum { HANDSHAKE_MS = 10000, ZAP_FRAMES = 7, FRAME_MAX = 256 };

/* A ZAP request, frame by frame. */
typedef struct knock {
    char frames[ZAP_FRAMES][FRAME_MAX]; /* version, id, domain, address, routing id, mechanism, key
                                         */
    size_t sizes[ZAP_FRAMES];
    int n;
} knock;

enum { ZAP_VERSION, ZAP_ID, ZAP_DOMAIN, ZAP_ADDRESS, ZAP_ROUTE, ZAP_MECHANISM, ZAP_KEY };

static itp_status zmq_fail(const char *what, itp_error *err)
{
    return itp_fail(err, ITP_EIO, "%s: %s", what, zmq_strerror(zmq_errno()));
}

itp_status itp_door_open(itp_door *door, void *zmq, const char *folder, const itp_log_to *log,
                         itp_error *err)
{
    char place[ITP_DOOR_PATH - 16], path[ITP_DOOR_PATH];
    itp_error why;
    door->log = log;
    itp_status st = itp_keys_folder(place, sizeof place, folder, 0, err);
    if (st == ITP_EIO)
        return itp_fail(err, ITP_EREFUSED,
                        "listening on TCP needs keys, and there are none in %s: run `interphase "
                        "enrol NAME` for each worker",
                        place);
    if (st != ITP_OK) return st;
    snprintf(path, sizeof path, "%s/agent.key", place);
    snprintf(door->list, sizeof door->list, "%s/allowed", place);
    st = itp_keys_read(&door->keys, path, &why);
    if (st == ITP_ENOTFOUND)
        return itp_fail(err, ITP_EREFUSED,
                        "listening on TCP needs keys, and there is no %s: run `interphase enrol "
                        "NAME` for each worker",
                        path);
    if (st != ITP_OK) return itp_fail(err, st, "%s", why.text);
    if ((st = itp_allowed_refresh(&door->allowed, door->list, NULL, err)) != ITP_OK) return st;
    door->zap = zmq_socket(zmq, ZMQ_REP);
    if (!door->zap || zmq_bind(door->zap, ZAP_ENDPOINT) != 0)
        return zmq_fail("authentication", err);
    return ITP_OK;
}

void itp_door_close(itp_door *door)
{
    if (door->monitor) zmq_close(door->monitor);
    if (door->zap) zmq_close(door->zap);
    door->monitor = door->zap = NULL;
    itp_allowed_deinit(&door->allowed);
    itp_keys_wipe(&door->keys);
}

/* Were nobody listening for ZAP, libzmq would let everybody in: so open comes before and close
 * after every guarded socket, and a message without a User-Id of the allow-list is refused all the
 * same. */
itp_status itp_door_guard(const itp_door *door, void *socket, itp_error *err)
{
    const int one = 1, handshake_ms = HANDSHAKE_MS;
    int bad = zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &one, sizeof one) != 0 ||
              zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, door->keys.secret_key, ITP_Z85_TEXT) ||
              zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, DOMAIN, strlen(DOMAIN)) != 0 ||
              zmq_setsockopt(socket, ZMQ_HANDSHAKE_IVL, &handshake_ms, sizeof handshake_ms) != 0;
    return bad ? zmq_fail("CURVE", err) : ITP_OK;
}

itp_status itp_door_watch(itp_door *door, void *zmq, void *socket, itp_error *err)
{
    const int events = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;
    if (zmq_socket_monitor(socket, MONITOR_ENDPOINT, events) != 0) return zmq_fail("monitor", err);
    door->monitor = zmq_socket(zmq, ZMQ_PAIR);
    if (!door->monitor || zmq_connect(door->monitor, MONITOR_ENDPOINT) != 0)
        return zmq_fail("monitor", err);
    return ITP_OK;
}

void itp_door_refused(itp_door *door, const char *peer, const char *detail, const char *reason,
                      int64_t now_ms)
{
    unsigned unsaid;
    if (itp_refusals_say(&door->refusals, peer, reason, now_ms, &unsaid))
        itp_log(door->log, ITP_WARN, "refused", "peer=%s %s why=\"%s\" others_unsaid=%u", peer,
                detail, reason, unsaid);
}

/* --- Knocking ---------------------------------------------------------------------------------
 */

/* The next request, all of its frames; 0 when there is none. */
static int receive(void *zap, knock *k)
{
    zmq_msg_t frame;
    int more = 1;
    k->n = 0;
    while (more) {
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, zap, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&frame);
            return 0;
        }
        size_t size = zmq_msg_size(&frame);
        if (k->n < ZAP_FRAMES) {
            k->sizes[k->n] = size < FRAME_MAX ? size : FRAME_MAX - 1;
            memcpy(k->frames[k->n], zmq_msg_data(&frame), k->sizes[k->n]);
            k->frames[k->n][k->sizes[k->n]] = '\0';
        }
        k->n++;
        more = zmq_msg_more(&frame);
        zmq_msg_close(&frame);
    }
    return 1;
}

static void reply(void *zap, const knock *k, const itp_allowed_key *known)
{
    const char *user = known ? known->key : "";
    zmq_send(zap, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(zap, k->frames[ZAP_ID], k->sizes[ZAP_ID], ZMQ_SNDMORE);
    zmq_send(zap, known ? "200" : "400", 3, ZMQ_SNDMORE);
    zmq_send(zap, "", 0, ZMQ_SNDMORE); /* no reason: a stranger learns nothing */
    zmq_send(zap, user, strlen(user), ZMQ_SNDMORE);
    zmq_send(zap, "", 0, 0);
}

static void answer(itp_door *door, const knock *k, int64_t now_ms)
{
    char key[ITP_Z85_TEXT] = "";
    int sound = k->n == ZAP_FRAMES && strcmp(k->frames[ZAP_VERSION], "1.0") == 0 &&
                strcmp(k->frames[ZAP_DOMAIN], DOMAIN) == 0 &&
                strcmp(k->frames[ZAP_MECHANISM], "CURVE") == 0 &&
                k->sizes[ZAP_KEY] == ITP_Z85_BYTES &&
                zmq_z85_encode(key, (const uint8_t *)k->frames[ZAP_KEY], ITP_Z85_BYTES);
    const itp_allowed_key *known = sound ? itp_allowed_find(&door->allowed, key) : NULL;
    reply(door->zap, k, known);
    if (known) return;
    char from[FRAME_MAX + 8];
    snprintf(from, sizeof from, "from=%s", k->frames[ZAP_ADDRESS]);
    itp_door_refused(door, key[0] ? key : "nokey", from, "this key is not in the allow-list",
                     now_ms);
}

/* Handshakes that ended before there was a key to judge. */
static void note_failures(itp_door *door, int64_t now_ms)
{
    zmq_msg_t frame;
    for (;;) {
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, door->monitor, ZMQ_DONTWAIT) < 0) break;
        uint16_t kind = 0;
        if (zmq_msg_more(&frame) && zmq_msg_size(&frame) >= sizeof kind)
            memcpy(&kind, zmq_msg_data(&frame), sizeof kind);
        zmq_msg_close(&frame);
        if (kind)
            itp_door_refused(door, "nokey", "over TCP", "no CURVE handshake with our public key",
                             now_ms);
    }
    zmq_msg_close(&frame);
}

void itp_door_answer(itp_door *door, int64_t now_ms)
{
    knock k;
    if (door->zap) itp_door_refresh(door);
    while (door->zap && receive(door->zap, &k)) answer(door, &k, now_ms);
    if (door->monitor) note_failures(door, now_ms);
}

int itp_door_refresh(itp_door *door)
{
    int changed;
    itp_error err;
    if (!door->zap) return 0;
    if (itp_allowed_refresh(&door->allowed, door->list, &changed, &err) != ITP_OK)
        itp_log(door->log, ITP_ERROR, "allow_list", "why=\"%s\"", err.text);
    return changed;
}
